"""What nobody wants to hear of for a while, who said so and why."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from driftline.errors import SettingsError

NOTE = "silence"
"""The kind of note that holds a silence."""

LIFTED = "silence-lifted"
"""The kind of note that ends the silence of the same key before its time."""

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

LONGEST = timedelta(days=366)
"""A silence that never ends is a monitor that nobody has."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Until then nobody is told of `subject`; of nothing at all where that is empty."""

    key: str
    monitor: str
    until: datetime
    author: str
    because: str
    subject: str = ""

    def covers(self, subject: str, now: datetime) -> bool:
        """Whether a subject is kept quiet now; its segments are covered with it.

        A segment may be named alone, as in `carrier=UA`: then all of it is quiet.
        """
        whole, _, rest = subject.partition(" [")
        names = {"", subject, whole, rest.removesuffix("]")}
        return self.subject in names and now < self.until

    @property
    def said(self) -> str:
        """Until when, by whom and why."""
        until = self.until.isoformat(sep=" ", timespec="minutes")
        return f"{until} by {self.author}: {self.because}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for a note."""
        return {
            "subject": self.subject,
            "until": self.until.isoformat(),
            "author": self.author,
            "because": self.because,
        }

    @classmethod
    def from_note(cls, monitor: str, note: dict[str, Any]) -> Self:
        """What a note of the ledger holds."""
        body = note["body"]
        until = datetime.fromisoformat(body["until"])
        return cls(
            note["key"],
            monitor,
            until,
            body["author"],
            body["because"],
            body["subject"],
        )


def in_force(
    silences: Iterable[Silence], lifted: Collection[str], now: datetime
) -> list[Silence]:
    """Those that have neither run out nor been lifted."""
    return [s for s in silences if s.key not in lifted and now < s.until]


def silencer(
    subjects: Sequence[str], silences: Sequence[Silence], now: datetime
) -> Silence | None:
    """The silence that lasts longest, when every subject is under one; else None."""
    found = [s for s in silences if any(s.covers(subject, now) for subject in subjects)]
    if not subjects or not all(
        any(s.covers(subject, now) for s in found) for subject in subjects
    ):
        return None
    return max(found, key=lambda silence: silence.until)


def duration(text: str) -> timedelta:
    """A length of time as people write it: 90m, 12h, 7d or 2w.

    >>> duration("7d")
    datetime.timedelta(days=7)
    """
    found = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    length = timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta()
    if not timedelta() < length <= LONGEST:
        raise SettingsError(
            f"{text!r} is no length of time; write 90m, 12h, 7d or 2w, at most a year"
        )
    return length
