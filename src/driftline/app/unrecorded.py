"""People hear of a day that the ledger does not take: from memory, while it is known.

Messages wait in the ledger, so one that is full or read-only would keep them too.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from driftline.app.job import Job
from driftline.core.action import Message
from driftline.core.incidents.briefing import Occasion, unrecorded
from driftline.core.verdict import Verdict
from driftline.core.window import Window
from driftline.errors import DriftlineError, LedgerRefused, LedgerUnavailable

CLOSED = (LedgerUnavailable, LedgerRefused)
"""What a ledger raises that takes nothing."""


@contextmanager
def told_from_memory(job: Job, window: Window) -> Iterator[None]:
    """A ledger that a person has to mend is told of, and what it raised goes on.

    Nobody hears of what the next try may mend. A notifier that can look for what
    arrived tells once; another one tells at each run, rather than never.
    """
    try:
        yield
    except CLOSED as error:
        if not error.retryable:
            _tell(job, _message(job, window, error), error)
        raise


@contextmanager
def verdict_kept(verdict: Verdict) -> Iterator[None]:
    """What the ledger raises says which verdict it did not take."""
    try:
        yield
    except CLOSED as error:
        error.add_note(f"The verdict is {verdict.headline}")
        raise


def _message(job: Job, window: Window, error: DriftlineError) -> Message:
    said = " ".join(getattr(error, "__notes__", []))
    occasion = Occasion(job.monitor, window, job.links)
    return unrecorded(occasion, str(error), said or "It was not judged.")


def _tell(job: Job, message: Message, error: DriftlineError) -> None:
    """Every notifier was tried; the error says which of them did not take it."""
    for name, notifier in job.notifiers.items():
        try:
            if notifier.find(message) is None:
                notifier.send(message)
        except Exception as failure:  # a notifier of the user's own may raise anything
            kind = type(failure).__name__
            error.add_note(f"Nobody was told by {name}, which raised {kind}")
