"""How far values reach beyond the reference's least and greatest."""

import math

from driftline.core.drift import Facts, Noise, statistic
from driftline.core.drift._cells import body, sd
from driftline.core.plan import ColumnPlan, Kind
from driftline.core.profile import ColumnProfile


@statistic(
    Facts(
        kinds=frozenset({Kind.NUMERIC}),
        description=(
            "reach beyond the reference's extremes, as a share of their distance from "
            "the median; negative is inside"
        ),
        sentence="{subject} reaches {value} farther out than the reference",
        noise=Noise.NONE,
        lowest=-1.0,
        percent=True,
        tail=6.0,
        trifle=0.1,
        convention=0.5,
        critical=lambda value, usual, bound: value >= max(5 * bound, 1.0),
    )
)
def range(reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan) -> float:
    """Distance of the farther extreme from the reference's median, over the reference's own.

    Up is farther out; -1 and up, where 0 is as far as the reference's own extreme, 1 is
    twice as far, and less than 0 is inside: days that stay inside say how near the edge
    a usual day comes, which days outside are too rare to say. Each side has its own
    distance; one that is 0 (a column whose median is its minimum) counts in reference
    standard deviations. A plain ratio of distances; no source.

    >>> plan = ColumnPlan(Kind.NUMERIC, "Float64", edges=(0.0, 5.0, 9.0))
    >>> old = ColumnProfile(40, minimum=-1.0, maximum=11.0, bins=(10, 10, 10, 10))
    >>> new = ColumnProfile(40, minimum=0.0, maximum=17.0, bins=(9, 10, 10, 11))
    >>> range(old, new, plan)
    1.0
    """
    if None in (reference.minimum, reference.maximum, current.minimum, current.maximum):
        return math.nan
    assert reference.minimum is not None
    assert reference.maximum is not None
    assert current.minimum is not None
    assert current.maximum is not None
    middle = _median(reference, plan)
    below = middle - reference.minimum
    above = reference.maximum - middle
    unit = sd(reference, plan)
    reach = max(
        (middle - current.minimum) / (below or unit),
        (current.maximum - middle) / (above or unit),
        0.0,
    )
    if not below and not above:
        return reach
    return reach - 1


def _median(reference: ColumnProfile, plan: ColumnPlan) -> float:
    """The edge nearest the median, kept within the reference's extremes."""
    assert reference.minimum is not None
    assert reference.maximum is not None
    if not plan.edges:
        return (reference.minimum + reference.maximum) / 2
    counts = body(reference, plan)
    half = int((counts.cumsum() >= counts.sum() / 2).argmax())
    edge = plan.edges[min(half, len(plan.edges) - 1)]
    return min(max(edge, reference.minimum), reference.maximum)
