"""Until its verdict is due, a window with too few rows is one whose rows are to come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from driftline.app.job import Job
from driftline.core.bounds.checks import ROWS
from driftline.core.finding import Finding, Severity, Topic
from driftline.core.late import deadline_of
from driftline.core.verdict import Word
from driftline.core.window import Window


def due_of(job: Job, window: Window) -> datetime | None:
    """When the window's verdict is due; None where no hour is stated."""
    return deadline_of(window, job.verdict_by) if job.verdict_by else None


def is_early(job: Job, window: Window) -> bool:
    """Whether the verdict is not due yet."""
    due = due_of(job, window)
    return due is not None and due > job.clock()


def is_pending(job: Job, window: Window, word: Word) -> bool:
    """Whether the window could not be judged yet, while more of its rows may come."""
    return word is Word.CANNOT_TELL and is_early(job, window)


def as_pending(job: Job, window: Window, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, none critical for how few rows there are while more may come.

    Only of a window that is too small to be judged: a part of a day that can be judged
    is broken data, whatever comes later.
    """
    few = any(f.statistic == "too_few_rows" for f in findings)
    if not few or not is_early(job, window):
        return list(findings)
    return [
        replace(f, severity=Severity.WARNING) if _is_of_size(f) else f for f in findings
    ]


def _is_of_size(finding: Finding) -> bool:
    whole = finding.topic is Topic.SLICE and finding.subject == ROWS
    return whole and finding.matters and finding.severity is Severity.CRITICAL
