"""A sensor or a join that gives the same number for every row."""

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._spike import find_spike
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

NEARLY_ALL = 0.9


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="the same possible number in nearly every row",
        order=21,
    )
)
def stuck_value(day: Day, name: str) -> Diagnosis | None:
    """Nearly all rows hold one value, which no reference day comes near."""
    spike = find_spike(day, name)
    if spike is None or spike.share < NEARLY_ALL or not spike.known:
        return None
    return Diagnosis(
        "stuck_value",
        spike.share,
        spike.explains,
        f"{percent(spike.share)} of {name} are stuck at {spike.value:.10g}, usually "
        f"{percent(spike.usual)}",
        f"read {spike.value:.10g} as missing",
        {"value": spike.value},
    )
