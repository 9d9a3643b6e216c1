"""The windows that are still to be judged, for whoever judges or misses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from driftline.core.late import LONGEST
from driftline.core.verdict import Word
from driftline.core.window import Window, window_at, windows_between

if TYPE_CHECKING:
    from driftline.app.job import Job
    from driftline.ports import LedgerEntry

AWAITS_REGISTRY = "awaits_registry"
"""Where a window's record says that it is judged when the registry can be asked."""


def is_unjudged(entry: LedgerEntry | None) -> bool:
    """Whether a window, as the ledger has it, has no verdict or awaits the registry."""
    return entry is None or bool(entry.record.get(AWAITS_REGISTRY))


def still_waits(entry: LedgerEntry) -> bool:
    """Whether a window, as the ledger has it, could not be judged, or not for good."""
    return entry.verdict == Word.CANNOT_TELL or is_unjudged(entry)


def waiting(job: Job, first: Window, last: Window) -> list[Window]:
    """The windows from `first` to `last` that await the registry, oldest first."""
    known = job.history(last.following, (last.end - first.start).days + 1)
    windows = [entry.key.window for entry in known if is_unjudged(entry)]
    return [window for window in windows if first <= window]


def unjudged(job: Job, last: Window, begin: Window) -> list[Window]:
    """The windows up to `last` without a verdict, oldest first.

    They follow the newest one that was not judged by hand, or else the newest: a day that
    somebody named hides none before it. They start at `begin` where nothing was ever
    judged, and never more than `LONGEST` before `last`: what is older is left to a
    backfill. A window that could not be judged has a verdict.
    """
    oldest = window_at(last.start - LONGEST, job.every, job.zone)
    newest = job.ledger.history(job.monitor, limit=1, topics=())
    if not newest:
        return list(windows_between(max(begin, oldest), last))
    until = max(last, newest[0].key.window).following
    known = job.history(until, LONGEST.days + 1)
    due = [entry for entry in known if not entry.record.get("by_hand")] or newest
    first = max(due[-1].key.window.following, oldest)
    judged = {entry.key.window for entry in known}
    return [window for window in windows_between(first, last) if window not in judged]
