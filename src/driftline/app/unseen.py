"""The one finding that says why a window's rows, or their reference, were not seen."""

from driftline.core.bounds.weekday import is_rest_day
from driftline.core.comparison import at_rest
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.outage import PLACE
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


def absent(error: SliceUnavailable, window: Window, reference: Reference) -> Finding:
    """That nothing arrived: as expected on a day of rest, and else not to be judged."""
    rests = is_rest_day(window.label, reference.days)
    return at_rest() if isinstance(error, SliceMissing) and rests else unreadable(error)


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
