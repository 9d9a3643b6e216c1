"""Missing numbers that were filled with one default or with a mean."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._spike import find_spike
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.diagnosis.stuck_value import NEARLY_ALL
from driftline.core.wording import percent


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="one default or mean where values should differ or be missing",
        order=22,
    )
)
def null_fill(day: Day, name: str) -> Diagnosis | None:
    """A part of the rows holds one possible value, as if it had been filled in."""
    spike = find_spike(day, name)
    if spike is None or spike.share >= NEARLY_ALL or not spike.known:
        return None
    known = day.numbers(name).known
    inner = float(np.subtract(*np.quantile(known, (0.9, 0.1))))
    is_mean = abs(spike.value - known.mean()) < inner / 50
    word = "the mean" if is_mean else "a default"
    return Diagnosis(
        "null_fill",
        spike.share - spike.usual,
        spike.explains,
        f"{percent(spike.share)} of {name} are exactly {spike.value:.7g}, usually "
        f"{percent(spike.usual)}, as if filled with {word}",
        f"read {spike.value:.10g} as missing",
        {"value": spike.value, "usual_share": spike.usual},
    )
