"""The parts that users test with behave as the real ones do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from driftline.core.model import ModelVersion
from driftline.core.profiles.plan import Plan
from driftline.core.reference import Reference
from driftline.core.window import day_window
from driftline.errors import ModelMissing, ReferenceMissing, SchemaMismatch
from driftline.ports import Trained
from driftline.testing import MemoryRegistry, MemorySource

ZONE = "America/New_York"


def source(*times: datetime) -> MemorySource:
    rows = pl.DataFrame({"at": times, "n": range(len(times))})
    return MemorySource(rows, "at", ZONE)


def test_a_source_gives_the_half_open_window():
    """The first instant is in, the last is out, whether or not times carry a zone."""
    window = day_window(date(2013, 3, 10), ZONE)
    aware = [window.start, window.end - timedelta(microseconds=1), window.end]
    naive = [t.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) for t in aware]
    for times in (aware, naive):
        taken = source(*times).read(window)
        assert taken.data.collect()["n"].to_list() == [0, 1]
        assert source(*times).extent() == (window.start, window.end)


def test_a_manifest_is_the_same_for_the_same_rows():
    """And another one when a row is added."""
    window = day_window(date(2026, 1, 1), ZONE)
    first = source(window.start).read(window)
    assert source(window.start).read(window).manifest == first.manifest
    more = source(window.start, window.start).read(window)
    assert more.manifest != first.manifest


def test_a_source_without_rows_has_no_extent():
    """And a window outside is a slice without rows."""
    empty = pl.DataFrame(schema={"at": pl.Datetime("us", "UTC")})
    assert MemorySource(empty, "at").extent() is None
    outside = source(datetime(2026, 1, 1, tzinfo=UTC)).read(
        day_window(date(2025, 1, 1))
    )
    assert outside.data.collect().is_empty()


@pytest.mark.parametrize("column", ["n", "absent"])
def test_a_time_stamp_must_be_one(column: str):
    """The message names the column and what it is."""
    with pytest.raises(SchemaMismatch, match=f"'{column}' is"):
        MemorySource(pl.DataFrame({"n": [1]}), column)


def test_a_registry_keeps_versions_aliases_and_references():
    """Versions count up; what is missing raises what a real registry raises."""
    registry = MemoryRegistry()
    with pytest.raises(ModelMissing, match="no alias 'champion'"):
        registry.resolve("late", "champion")
    with pytest.raises(ModelMissing, match="no version '1'"):
        registry.move_alias("late", "champion", "1")
    trained = Trained(model=None, predict=lambda rows: rows)
    registry.register("late", trained, {"why": "first"})
    second = registry.register("late", trained, {})
    registry.move_alias("late", "champion", second.version)
    champion = registry.resolve("late", "champion")
    assert champion == ModelVersion("late", "2", "champion")
    with pytest.raises(ReferenceMissing, match="driftline reference build"):
        registry.load_reference(champion)
    reference = Reference(Plan({}), {})
    registry.save_reference(champion, reference)
    assert registry.load_reference(champion) == reference
