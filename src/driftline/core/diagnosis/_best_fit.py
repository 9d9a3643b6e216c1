"""Whether undoing a change explains a column of numbers.

*Grid*: values that the column could not hold become values that it holds, which
neighbouring changes of the same kind do not achieve. *Reach*: values lie where the
reference has never been, the undone ones are spread like the reference's, and the rest of
the day is as usual. *Whole*: every row moved, farther than any day strays, undoing it
leaves a usual day, and a relation to another column is broken until then. *Company*:
values that the column never took become values that it takes, and those of their day.

Constants without another source are judgements: half or twice of each leaves every bug and
every usual day of the tests told as it is, but that half of `APART` loses one of them.
"""

from collections.abc import Sequence

from driftline.core.diagnosis._by_company import by_company
from driftline.core.diagnosis._by_grid import by_grid
from driftline.core.diagnosis._by_reach import by_reach
from driftline.core.diagnosis._by_whole import by_whole
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._transform import Fit, Transform


def best_fit(day: Day, name: str, transforms: Sequence[Transform]) -> Fit | None:
    """The transform that explains a column of numbers, if one does."""
    column = day.numbers(name)
    if not column.usable or not transforms:
        return None
    for test in (by_grid, by_reach, by_whole, by_company):
        found = [fit for fit in test(day, name, transforms) if fit is not None]
        if found:
            return min(found, key=lambda fit: (round(-fit.explains, 1), fit.misfit))
    return None
