"""The one finding that says why a window's rows, or their reference, were not seen."""

from itertools import takewhile

from driftline.app.job import Job
from driftline.core.comparison import at_rest
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.outage import PLACE
from driftline.core.late import LONGEST
from driftline.core.reference import Reference
from driftline.core.window import Window
from driftline.errors import (
    DriftlineError,
    ReferenceCorrupt,
    RegistryUnavailable,
    SchemaMismatch,
    SliceCorrupt,
    SliceMissing,
    SliceTooLarge,
    SliceUnavailable,
)


def absent(
    error: SliceUnavailable, window: Window, reference: Reference, empty: int
) -> Finding:
    """That nothing arrived, nor in so many windows before: as usual, or not to be judged."""
    rest = None
    if isinstance(error, SliceMissing):
        rest = at_rest(window.label, reference, empty)
    return rest or unreadable(error)


def empty_before(job: Job, window: Window) -> int:
    """How many windows right before this one had no rows, of those that were judged."""
    known = job.history(window, LONGEST.days)
    held = takewhile(lambda entry: not entry.record["rows"], reversed(known))
    return sum(1 for _ in held)


def unreadable(error: DriftlineError) -> Finding:
    """That the rows, or what they are compared with, could not be had, and why."""
    names: dict[type[DriftlineError], str] = {
        SliceCorrupt: "slice_corrupt",
        SliceTooLarge: "slice_too_large",
        SliceUnavailable: "slice_unavailable",
        SchemaMismatch: "schema_mismatch",
        RegistryUnavailable: "registry_unavailable",
        ReferenceCorrupt: "reference_corrupt",
    }
    of_registry = isinstance(error, RegistryUnavailable | ReferenceCorrupt)
    return Finding(
        topic=Topic.REGISTRY if of_registry else Topic.SLICE,
        subject="reference" if of_registry else "slice",
        statistic=next(n for kind, n in names.items() if isinstance(error, kind)),
        outcome=Outcome.UNKNOWN,
        severity=Severity.CRITICAL,
        message=str(error),
        evidence={PLACE: error.place} if error.place else {},
    )
