"""The windows that are still to be judged, for whoever judges or misses them."""

from driftline.app.job import Job
from driftline.core.late import LONGEST
from driftline.core.window import Window, window_at, windows_between
from driftline.ports import LedgerEntry

AWAITS_REGISTRY = "awaits_registry"
"""Where a window's record says that it is judged once the registry can be asked."""


def is_unjudged(entry: LedgerEntry | None) -> bool:
    """Whether a window, as the ledger has it, has no verdict or awaits the registry."""
    return entry is None or bool(entry.record.get(AWAITS_REGISTRY))


def waiting(job: Job, first: Window, last: Window) -> list[Window]:
    """The windows from `first` to `last` that await the registry, oldest first."""
    known = job.history(last.following, (last.end - first.start).days + 1)
    windows = [entry.key.window for entry in known if is_unjudged(entry)]
    return [window for window in windows if first <= window]


def unjudged(job: Job, last: Window, begin: Window) -> list[Window]:
    """The windows up to `last` that follow the newest verdict, oldest first.

    They start at `begin` where nothing was ever judged, and never more than `LONGEST`
    before `last`: what is older is left to a backfill. A window that could not be
    judged has a verdict.
    """
    newest = job.ledger.history(job.monitor, limit=1, topics=())
    first = newest[0].key.window.following if newest else begin
    oldest = window_at(last.start - LONGEST, job.every, job.zone)
    return list(windows_between(max(first, oldest), last))
