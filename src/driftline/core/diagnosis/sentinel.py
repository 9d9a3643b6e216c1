"""One impossible value that stands for "unknown": -1, 999, 0 where nothing is 0."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._spike import find_spike
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS}),
        description="one impossible value that stands for a missing one",
        order=20,
    )
)
def sentinel(day: Day, name: str) -> Diagnosis | None:
    """Some or all rows hold the same value, outside anything the reference holds.

    It stands among values of the column: where there are only strange ones, several of
    them, something was done to all.
    """
    spike = find_spike(day, name)
    if spike is None or spike.known:
        return None
    column = day.numbers(name)
    if column.foreign.all() and len(np.unique(column.today)) > 2:
        return None
    return Diagnosis(
        "sentinel",
        spike.share,
        spike.explains,
        f"{percent(spike.share)} of {name} are exactly {spike.value:.10g}, which stands "
        "for a missing value",
        f"read {spike.value:.10g} as missing",
        {"value": spike.value},
    )
