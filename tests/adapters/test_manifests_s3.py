"""A manifest in a bucket, held against the objects that it names."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from driftline.errors import (
    SliceCorrupt,
    SliceMissing,
    SliceUnavailable,
)
from driftline.ports import SliceSource
from tests.adapters.test_manifests import DAY, WRONG, entry, height, note, rows, source
from tests.servers.s3 import S3, s3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    folder = tmp_path_factory.mktemp("s3")
    place = folder / "bucket" / "in" / "2026-01-05"
    place.mkdir(parents=True)
    (folder / "bucket" / "in" / "2026-01-06").mkdir()
    rows().write_parquet(place / "zü 1+2.parquet")
    with s3(folder) as running:
        yield running


@pytest.fixture
def bucket(server: S3) -> Callable[..., SliceSource]:
    """The source, as soon as the day's manifest says something of its file."""
    place = server.folder / "bucket" / "in" / "2026-01-05"

    def made(**changes: Any) -> SliceSource:
        file = place / "zü 1+2.parquet"
        etag = f'"{hashlib.md5(file.read_bytes()).hexdigest()}"'
        note(place, entry(file, etag=etag) | changes)
        access = {
            "endpoint": server.endpoint,
            "access_key": server.access_key,
            "secret_key": server.secret_key,
        }
        manifest = "s3://bucket/in/{day}/files.json"
        return source(Path(), path="s3://bucket/in/", manifest=manifest, s3=access)

    return made


@pytest.mark.real("s3")
@pytest.mark.parametrize(
    "path", ["zü 1+2.parquet", "s3://bucket/in/2026-01-05/zü 1+2.parquet"]
)
def test_an_object_that_is_as_its_manifest_says_is_read(bucket, path) -> None:
    """By its name beside the manifest or by its whole address; the ETag is S3's."""
    assert height(bucket(path=path).read(DAY)) == 3


@pytest.mark.real("s3")
@pytest.mark.parametrize("figure", [*WRONG, "etag"])
def test_an_object_of_which_a_figure_is_another_is_corrupt(bucket, figure) -> None:
    """As on disk."""
    said = WRONG[figure][0] if figure in WRONG else "0" * 32
    words = "ETag" if figure == "etag" else WRONG[figure][1]
    with pytest.raises(SliceCorrupt, match=words):
        bucket(**{figure: said}).read(DAY)


@pytest.mark.real("s3")
def test_a_manifest_or_an_object_that_is_not_there_is_waited_for(bucket) -> None:
    """The next day has none; and another bucket's object is none of this source."""
    with pytest.raises(SliceMissing, match="no manifest s3://bucket/in/2026-01-06/"):
        bucket().read(DAY.following)
    with pytest.raises(SliceUnavailable, match=r"'b\.csv', which the manifest"):
        bucket(path="b.csv").read(DAY)
    for outside in ("s3://other/in/b.csv", "../../b.csv"):
        with pytest.raises(SliceCorrupt, match="not in the source's folder"):
            bucket(path=outside).read(DAY)
