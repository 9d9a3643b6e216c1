"""The files that a path names, here or in S3: together, so that both are held to one rule.

Over 300 lines because what S3 may answer is told in one place.
"""

import fnmatch
import os
import posixpath
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.adapters.sources._decode import SUFFIXES
from driftline.beside import beside
from driftline.errors import SliceMissing, SliceUnavailable

HIDDEN = (".", "_")
S3 = "s3://"
GLOB = "*?["
DENIED = {"403", "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
DENIED |= {"401", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
ABSENT = {"404", "NoSuchBucket", "NoSuchKey"}

ANSWER_S = 6
"""How long S3 may say nothing at all."""

STALLED_S = 60
"""How long a page of a list or 256 KiB of an object may take."""

PARALLEL_BYTES = 64 << 20
"""Larger objects are fetched in parts at once, by threads that a process waits for."""


class S3Settings(BaseModel):
    """Where and as whom to read `s3://`; what is not set, boto3 finds as usual."""

    model_config = ConfigDict(extra="forbid")

    endpoint: str | None = Field(None, description="address of another server than AWS")
    region: str | None = Field(None, description="region of the bucket")
    access_key: str | None = Field(None, description="access key id")
    secret_key: SecretStr | None = Field(None, description="secret key; use env:NAME")


@dataclass(frozen=True, slots=True)
class Found:
    """One file. `name` is relative to the path's folder; `tag` changes with the bytes."""

    name: str
    size: int
    tag: str
    place: str


class Files(ABC):
    """What a path names. With `has_etags` the tags are those of S3."""

    has_etags = False

    @abstractmethod
    def found(self) -> list[Found]:
        """Every data file, by name, at least one.

        Raises `SliceMissing` where a folder that is there has none, which may fill, and
        `SliceUnavailable` where the folder or the one file that is named is not there.
        """

    @abstractmethod
    def path(self, file: Found) -> Path:
        """The file's bytes on this machine."""

    @abstractmethod
    def one(self, path: str) -> Found | None:
        """The one file of that path, whatever its name ends in; None where it is not."""

    @abstractmethod
    def place_of(self, path: str, near: str) -> str | None:
        """The `place` of a file that is named beside another; None where it lies outside.

        `path` is relative to the folder of the place `near`, or whole. Nothing is looked
        for: outside is what the folder or pattern cannot hold.
        """


def files_at(path: str, root: str, s3: S3Settings) -> Files:
    """The files of a local path (relative to `root`) or of `s3://bucket/prefix`."""
    return S3Files(path, s3) if path.startswith(S3) else LocalFiles(path, root)


def _inside(place: str, folder: str) -> str | None:
    """The place without detours, where it lies in the folder.

    >>> _inside("in/a/../b.csv", "in"), _inside("in/../b.csv", "in")
    ('in/b.csv', None)
    """
    plain = posixpath.normpath(place)
    folder = posixpath.normpath(folder)
    holds = folder in (".", plain) or plain.startswith(f"{folder}/")
    return plain if holds and not plain.startswith("../") else None


class LocalFiles(Files):
    """A file, a folder (searched to the bottom), or a glob pattern."""

    def __init__(self, path: str, root: str) -> None:
        self._root = root
        self._path = self._placed(path)

    def _placed(self, path: str) -> str:
        return str(Path(self._root, Path(path).expanduser()).absolute())

    def found(self) -> list[Found]:
        """Files by name; hidden ones and those that start with `_` are left out."""
        if Path(self._path).is_dir():
            entries = list(_below(self._path))
        else:
            base, paths = self._paths()
            entries = [
                Found(str(PurePosixPath(p.relative_to(base))), *_stamp(p), str(p))
                for p in paths
            ]
        place = "" if entries else self._missing_in()
        return _some(sorted(entries, key=lambda e: e.name), self._path, place)

    def _missing_in(self) -> str:
        """The nearest folder that is there, where that of the files is not; or empty.

        What is not mounted, or was moved away, is missing to all that read below it.
        """
        path, _ = self._paths()
        folder = path.parent if path.suffix.lower() in SUFFIXES else path
        there = next((f for f in (folder, *folder.parents) if f.is_dir()), folder)
        return "" if there in (folder, Path(folder.anchor)) else str(there)

    def path(self, file: Found) -> Path:
        """Where it is."""
        return Path(file.place)

    def one(self, path: str) -> Found | None:
        """The file, if it is one."""
        place = Path(self._placed(path))
        return (
            Found(place.name, *_stamp(place), str(place)) if place.is_file() else None
        )

    def place_of(self, path: str, near: str) -> str | None:
        """By names alone: links are not followed."""
        if "://" in path:
            return None
        folder = self._path if Path(self._path).exists() else str(self._split()[0])
        return _inside(posixpath.join(posixpath.dirname(near), path), folder)

    def _paths(self) -> tuple[Path, list[Path]]:
        path = Path(self._path)
        if path.is_file():
            return path.parent, [path]
        base, pattern = self._split()
        found = base.glob(pattern) if pattern else ()
        return base, list(_data_files(base, found))

    def _split(self) -> tuple[Path, str]:
        """The folder in front of the first part that is a pattern, and the rest."""
        parts = Path(self._path).parts
        first = next((i for i, p in enumerate(parts) if set(p) & set(GLOB)), len(parts))
        return Path(*parts[:first]), "/".join(parts[first:])


def _below(folder: str, inside: str = "") -> Iterator[Found]:
    """The data files of a folder and of those in it; a year has hundreds, read every day.

    Links to folders are not followed, and what may not be listed is passed over.
    """
    try:
        entries = list(os.scandir(folder))
    except PermissionError:
        return
    for entry in entries:
        name = f"{inside}{entry.name}"
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(HIDDEN):
            yield from _below(entry.path, f"{name}/")
        elif _is_data(entry.name) and entry.is_file():
            status = entry.stat()
            yield Found(name, status.st_size, str(status.st_mtime_ns), entry.path)


def _stamp(path: Path) -> tuple[int, str]:
    status = path.stat()
    return status.st_size, str(status.st_mtime_ns)


def _data_files(base: Path, paths: Iterable[Path]) -> Iterator[Path]:
    return (p for p in paths if _is_data(str(p.relative_to(base))) and p.is_file())


def _is_data(name: str) -> bool:
    parts = PurePosixPath(name)
    hidden = any(part.startswith(HIDDEN) for part in parts.parts)
    return parts.suffix.lower() in SUFFIXES and not hidden


def _some(found: list[Found], path: str, place: str = "") -> list[Found]:
    if found:
        return found
    said = (
        f"no data file at {path}; expected a file, a folder or a pattern with "
        f"{', '.join(SUFFIXES)} files"
    )
    if place or _is_one_file(path):
        raise SliceUnavailable(said, retryable=False, place=place)
    raise SliceMissing(said)


def _is_one_file(path: str) -> bool:
    """Whether the path names a file, not a folder or a pattern.

    >>> _is_one_file("in/rows.parquet"), _is_one_file("in/*.parquet"), _is_one_file("in")
    (True, False, False)
    """
    return not set(path) & set(GLOB) and PurePosixPath(path).suffix.lower() in SUFFIXES


def _object(item: dict[str, Any], base: str) -> Found:
    """An entry of a list, called by what its key has below `base`."""
    key = item["Key"]
    name = key.removeprefix(base).lstrip("/") or PurePosixPath(key).name
    return Found(name, item["Size"], item["ETag"].strip('"'), key)


@cache
def _copies() -> "tempfile.TemporaryDirectory[str]":
    """Slices outlive their source, so copies live as long as the process."""
    return tempfile.TemporaryDirectory(prefix="driftline-s3-")


class S3Files(Files):
    """Objects of a bucket; each is fetched whole, once, when its rows are needed."""

    has_etags = True

    def __init__(self, path: str, settings: S3Settings) -> None:
        self._path = path
        self._settings = settings
        self._bucket, _, self._key = path.removeprefix(S3).partition("/")
        self._known_client: Any = None
        self._progress = 0

    def found(self) -> list[Found]:
        """Objects by name. `SliceUnavailable` says whether trying again can help."""
        base, matches = self._pattern()
        listed = self._asked(lambda: list(self._listed(base)))
        entries = [
            _object(item, base)
            for item in listed
            if fnmatch.fnmatchcase(item["Key"], matches) or item["Key"] == self._key
        ]
        kept = [e for e in entries if e.place == self._key or _is_data(e.name)]
        return _some(sorted(kept, key=lambda e: e.name), self._path)

    def path(self, file: Found) -> Path:
        """A copy in a temporary folder that goes with this process."""
        origin = f"{self._settings.endpoint}|{self._bucket}|{file.place}|{file.tag}"
        name = blake2b(origin.encode(), digest_size=12).hexdigest()
        copy = Path(_copies().name, name)
        if not copy.exists():
            with tempfile.NamedTemporaryFile(dir=copy.parent, delete=False) as part:
                self._asked(lambda: self._fetch(file, part))
            Path(part.name).replace(copy)
        return copy

    def one(self, path: str) -> Found | None:
        """The object of that key, in this bucket."""
        key = path.removeprefix(f"{S3}{self._bucket}/")

        def look() -> dict[str, Any] | None:
            return next((i for i in self._listed(key) if i["Key"] == key), None)

        item = self._asked(look)
        return _object(item, posixpath.dirname(key)) if item else None

    def place_of(self, path: str, near: str) -> str | None:
        """The key."""
        whole = f"{S3}{self._bucket}/"
        if path.startswith(S3) and not path.startswith(whole):
            return None
        beside = posixpath.join(posixpath.dirname(near), path)
        key = path.removeprefix(whole) if path.startswith(whole) else beside
        return _inside(key, self._pattern()[0])

    def _fetch(self, file: Found, into: Any) -> None:
        from boto3.s3.transfer import TransferConfig

        self._client().download_fileobj(
            self._bucket,
            file.place,
            into,
            Callback=self._came,
            Config=TransferConfig(use_threads=file.size > PARALLEL_BYTES),
        )

    def _came(self, _bytes: int) -> None:
        self._progress += 1

    def _pattern(self) -> tuple[str, str]:
        """The literal folder and the pattern that whole keys must match."""
        if not set(self._key) & set(GLOB):
            folder = self._key.rstrip("/")
            return folder, f"{folder}/*" if folder else "*"
        literal = self._key[: min(self._key.find(c) for c in GLOB if c in self._key)]
        return literal.rpartition("/")[0], self._key

    def _listed(self, base: str) -> Iterator[dict[str, Any]]:
        pages = self._client().get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=base):
            self._progress += 1
            if "IsTruncated" not in page:  # botocore takes any page for an empty list
                raise self._unavailable(
                    "something that is not S3 answered; check the endpoint and the proxy",
                    retryable=True,
                )
            yield from page.get("Contents", [])

    def _client(self) -> Any:
        """Two attempts of a few seconds each, then an answer."""
        if self._known_client is None:
            import boto3
            from botocore.config import Config

            given, secret = self._settings, self._settings.secret_key
            session = boto3.Session(
                aws_access_key_id=given.access_key,
                aws_secret_access_key=secret.get_secret_value() if secret else None,
                region_name=given.region,
            )
            self._known_client = session.client(
                "s3",
                endpoint_url=given.endpoint,
                region_name=session.region_name or "us-east-1",
                config=Config(
                    connect_timeout=3,
                    read_timeout=ANSWER_S,
                    retries={"mode": "standard", "total_max_attempts": 2},
                ),
            )
        return self._known_client

    def _asked(self, ask: Any) -> Any:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            NoCredentialsError,
            PartialCredentialsError,
        )

        try:
            return self._watched(ask)
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise self._unavailable(
                "no credentials; set access_key and secret_key, or AWS_* in the "
                "environment",
                retryable=False,
            ) from error
        except ClientError as error:
            raise self._refused(str(error.response["Error"]["Code"])) from None
        except (BotoCoreError, OSError) as error:
            raise self._unavailable(
                f"no answer ({type(error).__name__}); is the server up and reachable?",
                retryable=True,
            ) from None  # the answer's own text would stand in the traceback

    def _watched(self, ask: Callable[[], Any]) -> Any:
        """The answer, as long as more of it comes: botocore waits for one byte at a time."""
        answer = beside(ask)
        before: int | None = None
        while before != self._progress:
            before = self._progress
            if wait([answer], timeout=STALLED_S).done:
                return answer.result()
        raise TimeoutError

    def _refused(self, code: str) -> SliceUnavailable:
        if code in DENIED:
            key = self._settings.access_key or ""
            shown = f" for access key {key[:4]}…" if key else ""
            reason = f"access denied ({code}){shown}; check the key and its permissions"
            return self._unavailable(reason, retryable=False)
        if code in ABSENT:
            return self._unavailable(
                f"no such bucket or object ({code})", retryable=False
            )
        return self._unavailable(f"the server answered {code}", retryable=True)

    def _unavailable(self, reason: str, *, retryable: bool) -> SliceUnavailable:
        where = f" at {self._settings.endpoint}" if self._settings.endpoint else ""
        return SliceUnavailable(
            f"{self._path}{where}: {reason}",
            retryable=retryable,
            place=self._place(whole=retryable),
        )

    def _place(self, *, whole: bool) -> str:
        """The server where the `whole` of it gives no answer, or else the bucket."""
        scheme, slashes, server = (self._settings.endpoint or "").rpartition("://")
        endpoint = f"{scheme}{slashes}{server.rpartition('@')[2]}"
        bucket = f"{endpoint} s3://{self._bucket}".strip()
        return endpoint if whole and endpoint else bucket
