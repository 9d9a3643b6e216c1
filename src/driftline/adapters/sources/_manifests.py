"""What a manifest says of a window's files, held against the files that are there.

Whoever delivers files writes it last, as JSON:

    {"complete": true, "files": [
        {"path": "part-0.parquet", "size": 1234, "rows": 100, "sha256": "9f86…"}]}

A path is read from the manifest's own folder, or is whole (`s3://bucket/…`). It is looked
up among the files of the source and never opened, so it leads nowhere else. Of `size`
(bytes), `rows`, `sha256`, `md5` and `etag` (of S3) each file has one at least. What else
stands there is left to others.
"""

import hashlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from driftline.adapters.sources._files import Files, Found
from driftline.adapters.sources._leaving_out import LeavingOut
from driftline.core.window import Window, window_at, windows_between
from driftline.errors import (
    SliceCorrupt,
    SliceMissing,
    SliceTooLarge,
    SliceUnavailable,
)

LARGEST = 16 << 20
"""Bytes of a manifest: a hundred thousand files."""

DAY = re.compile(r"\{day(?::([^{}]+))?\}")

SHOWN = 12
"""Digits of a checksum in a message."""

AGAIN = "It is cut, or not the file that was meant: write it and its manifest again."


class Stated(BaseModel):
    """What is said of one file."""

    model_config = ConfigDict(frozen=True)

    path: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    size: int | None = Field(None, ge=0)
    rows: int | None = Field(None, ge=0)
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{64}$")] | None = None
    md5: Annotated[str, StringConstraints(pattern="^[0-9a-fA-F]{32}$")] | None = None
    etag: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Stated":
        figures = (self.size, self.rows, self.sha256, self.md5, self.etag)
        if all(figure is None for figure in figures):
            raise ValueError("give size, rows, sha256, md5 or etag")
        return self


class Manifest(BaseModel):
    """The files of a window; more will come where it is not `complete`."""

    files: list[Stated]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """A manifest that was read: its name, and by their places the files that it names."""

    name: str
    complete: bool
    files: dict[str, Stated]


def filled(template: str, window: Window) -> str:
    """With the local date on which the window starts in place of `{day}`.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> filled("in/{day}/m.json", day_window(date(2026, 1, 5)))
    'in/2026-01-05/m.json'
    >>> filled("in/{day:%Y/%m}/{day:%d}.json", day_window(date(2026, 1, 5)))
    'in/2026/01/05.json'
    """
    start = window.local_start
    return DAY.sub(lambda found: start.strftime(found[1] or "%Y-%m-%d"), template)


def check_template(template: str) -> str:
    """The template, where `filled` leaves no brace; else `ValueError`."""
    if set("{}") & set(DAY.sub("", template)):
        raise ValueError("only {day} and such as {day:%Y%m%d} are filled in")
    return template


@dataclass(frozen=True, slots=True)
class Look:
    """How a source looks at one of its files: where its bytes are, and its rows."""

    path: Callable[[Found], Path]
    rows: Callable[[Found], int]


class Manifests:
    """The manifests of a source's windows. `near` finds them, `files` what they name."""

    def __init__(self, template: str, near: Files, files: Files, look: Look) -> None:
        self._template = template
        self._near = near
        self._files = files
        self._look = look
        self._sound: set[tuple[Found, Stated]] = set()

    def of(self, window: Window) -> list[Known]:
        """The window's manifest; of an interval of several, those that are there.

        To be read before files are looked for, since it is written after them. Raises
        `SliceMissing` without any, `SliceCorrupt` and `SliceTooLarge`.
        """
        known = [self._read(each) for each in _spanned(window)]
        there = [each for each in known if each is not None]
        if not there:
            raise SliceMissing(
                f"there is no manifest {filled(self._template, window)} yet, so the files "
                f"of {window.label} are not complete; the window is judged once it is "
                "written"
            )
        return there

    def check(
        self, known: Iterable[Known], found: Iterable[Found], leaving: LeavingOut
    ) -> set[Found]:
        """The files that the manifests name: all there, and as these say or left out.

        Raises `SliceUnavailable` while files are wanting, and `SliceCorrupt`.
        """
        here = {posixpath.normpath(file.place): file for file in found}
        named = set()
        for each in known:
            wanting = [said.path for at, said in each.files.items() if at not in here]
            if wanting or not each.complete:
                raise SliceUnavailable(_unfinished(each.name, wanting), retryable=False)
            for place, said in each.files.items():
                named.add(here[place])
                with leaving.of(here[place]):
                    self._hold(here[place], said)
        return named

    def check_others(
        self, window: Window, files: Iterable[Found], leaving: LeavingOut
    ) -> None:
        """Files that hold rows of the window beside its own are in a manifest nearby.

        One of the next day may hold the last hour of this one. Raises `SliceCorrupt`.
        """
        others = {posixpath.normpath(file.place): file for file in files}
        for nearby in windows_between(window.previous, window.following):
            known = self._read(nearby) if others else None
            for place, said in known.files.items() if known else ():
                if file := others.pop(place, None):
                    with leaving.of(file):
                        self._hold(file, said)
        for file in others.values():
            with leaving.of(file):
                raise SliceCorrupt(self._unnamed(file, window))

    def _unnamed(self, file: Found, window: Window) -> str:
        first, *others = _spanned(window)
        name = filled(self._template, first)
        if others:
            last = filled(self._template, others[-1])
            return (
                f"{file.name} is in none of the manifests {name} to {last} and holds rows "
                "of their windows: name it in one, or move it away"
            )
        return (
            f"{file.name} holds rows of {window.label} and is not in the manifest {name}: "
            "name it there, or move it away"
        )

    def _read(self, window: Window) -> Known | None:
        """The window's manifest; None where there is none."""
        name = filled(self._template, window)
        file = self._near.one(name)
        if file is None:
            return None
        if file.size > LARGEST:
            raise SliceTooLarge(
                f"the manifest {name} has {file.size:,} bytes, more than the {LARGEST:,} "
                "that are read; let it name fewer files"
            )
        try:
            text = self._near.path(file).read_bytes()
            manifest = Manifest.model_validate_json(text)
        except ValidationError as error:
            raise SliceCorrupt(_misread(name, error)) from None
        return Known(name, manifest.complete, dict(self._placed(manifest, file, name)))

    def _placed(
        self, manifest: Manifest, near: Found, name: str
    ) -> Iterator[tuple[str, Stated]]:
        """Each entry under its file's place, once."""
        seen: set[str] = set()
        for said in manifest.files:
            place = self._files.place_of(said.path, near.place)
            if place is None or place in seen:
                reason = "twice" if place else "which is not in the source's folder"
                raise SliceCorrupt(f"the manifest {name} names {said.path!r}, {reason}")
            seen.add(place)
            yield place, said

    def _hold(self, file: Found, said: Stated) -> None:
        """The file against what is said of it: what costs little first."""
        if (file, said) in self._sound:
            return
        _same(file, "bytes", said.size, file.size)
        if said.etag:
            self._hold_tag(file, said)
        for name in ("sha256", "md5"):
            if wanted := getattr(said, name):
                _same(file, name, wanted.lower(), self._sum(file, name))
        if said.rows is not None:
            _same(file, "rows", said.rows, self._look.rows(file))
        self._sound.add((file, said))

    def _hold_tag(self, file: Found, said: Stated) -> None:
        """A file that is not in S3 has no ETag, so that one alone says nothing of it."""
        if self._files.has_etags:
            _same(file, "ETag", str(said.etag).strip('"'), file.tag)
        elif set(said.model_dump(exclude_none=True)) == {"path", "etag"}:
            raise SliceCorrupt(
                f"of {file.name} its manifest says an ETag alone, which a file outside S3 "
                "does not have: give its size, rows or sha256 too"
            )

    def _sum(self, file: Found, name: str) -> str:
        def empty() -> Any:
            return hashlib.new(name, usedforsecurity=False)

        with self._look.path(file).open("rb") as opened:
            return hashlib.file_digest(opened, empty).hexdigest()


def _spanned(window: Window) -> list[Window]:
    """The window, or all windows in an interval of several, oldest first."""
    ends = (window.start, window.end - timedelta(microseconds=1))
    first, last = (window_at(end, window.every, window.zone) for end in ends)
    return list(windows_between(first, last))


def _same(file: Found, what: str, said: int | str | None, found: int | str) -> None:
    if said is None or said == found:
        return
    shown = [f"{n:,}" if isinstance(n, int) else n[:SHOWN] for n in (found, said)]
    raise SliceCorrupt(
        f"{file.name} ({file.size:,} bytes): {what} {shown[0]}, and its manifest says "
        f"{shown[1]}. {AGAIN}"
    )


def _unfinished(name: str, wanting: list[str]) -> str:
    if not wanting:
        return f"the manifest {name} says that more files will come"
    more = f" and {len(wanting) - 1} more" if len(wanting) > 1 else ""
    are = "are" if more else "is"
    return (
        f"{wanting[0]!r}{more}, which the manifest {name} names, {are} not among the files "
        f"of the source; the window is judged once {'they' if more else 'it'} {are}"
    )


def _misread(name: str, error: ValidationError) -> str:
    """Where it goes wrong, without what stands there."""
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return (
        f"the manifest {name} cannot be read: {where or 'file'}: {first['msg']}. Expected "
        '{"files": [{"path": …, "size": …}]}; write it again.'
    )
