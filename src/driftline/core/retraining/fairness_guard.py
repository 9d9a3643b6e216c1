"""Whether a challenger widens the gap between the groups of a sensitive column."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from driftline.core.performance._metric import Metric, load_metric
from driftline.core.reference import Measured
from driftline.core.retraining.contest import Contest, Pair, compare

SURE = 1.96


@dataclass(frozen=True, slots=True)
class Widened:
    """A gap in the deciding metric between two groups, before and after.

    The two groups are those farthest apart under the challenger; `error` is the standard
    error of how much farther.
    """

    column: str
    groups: tuple[str, str]
    before: float
    after: float
    error: float

    @property
    def sentence(self) -> str:
        """What gets worse, in numbers."""
        return (
            f"the gap between {self.groups[0]} and {self.groups[1]} grows from "
            f"{self.before:.4g} to {self.after:.4g}"
        )


def widened_gaps(
    pairs: Mapping[str, Pair],
    columns: Sequence[str],
    metric: str,
    tolerance: float,
    rng: np.random.Generator,
) -> list[Widened]:
    """The columns whose gap surely grows, by more than the tolerance.

    `pairs` has the rows of each group under `column=value`. Sure is 97.5 %: the gains of
    the two groups are of different rows, so their errors add up as squares.
    """
    measure = load_metric(metric)
    found = []
    for column in columns:
        groups = [name for name in pairs if name.startswith(f"{column}=")]
        gap = _gap(pairs, groups, column, measure)
        if gap is None or gap.after - gap.before <= tolerance:
            continue
        error = _error([compare(pairs[name], metric, rng) for name in gap.groups])
        if gap.after - gap.before > SURE * error:
            found.append(Widened(column, gap.groups, gap.before, gap.after, error))
    return found


def _gap(
    pairs: Mapping[str, Pair], groups: Sequence[str], column: str, measure: Metric
) -> Widened | None:
    old = {
        g: m.value
        for g in groups
        if isinstance(m := measure(pairs[g].champion), Measured)
    }
    new = {
        g: m.value
        for g in groups
        if isinstance(m := measure(pairs[g].challenger), Measured)
    }
    both = [group for group in groups if group in old and group in new]
    if len(both) < 2:
        return None
    low, *_, high = sorted(both, key=lambda group: new[group])
    before = max(old[g] for g in both) - min(old[g] for g in both)
    return Widened(column, (low, high), before, new[high] - new[low], 0.0)


def _error(contests: Sequence[object]) -> float:
    """Of the difference of two gains; infinite where one cannot be told."""
    known = [c for c in contests if isinstance(c, Contest)]
    if len(known) < len(contests):
        return math.inf
    return math.hypot(*((c.upper - c.lower) / (2 * SURE) for c in known))
