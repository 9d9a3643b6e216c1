"""The windows that no verdict has reached yet, for whoever judges or misses them."""

from driftline.app.job import Job
from driftline.core.late import LONGEST
from driftline.core.window import Window, window_at, windows_between


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
