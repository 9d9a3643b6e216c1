"""A day's numbers beside what their rows' other columns lead to expect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from driftline.core.bounds.threshold import Spread
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.given.regression import Regression
from driftline.core.given.rows import Array, read
from driftline.core.given.spread import (
    FACTS,
    FEWEST,
    GivenSpread,
    above_given,
    given_others,
)
from driftline.core.values.thinned import thinned

SHOWN = 2
"""Columns that are named as those which a number goes with."""

ALIKE = 0.75
"""The part of the farthest number's deviations from which on another may be what moved."""


@dataclass(frozen=True, slots=True)
class _Day:
    """The mean residual of every number and the rows that it is of."""

    shifts: Array
    rows: Array


def judge_given(spread: GivenSpread, table: pl.DataFrame, rate: float) -> list[Finding]:
    """One finding per judged number: a warning for one that moved while others did not.

    `rate` is the chance that one of them may breach on a day like all others. Where one
    column moved, what is expected of the others moves too: the one that strays farthest
    is told, its shift is taken back, and the others are looked at again.
    """
    given = spread.regression
    if given is None:
        return []
    rows = read(thinned(table), given.numbers, given.categories)
    day = _seen(given.residuals(rows))
    rest, moved = _parted(given, spread.spreads, day, rate)
    return [
        _finding(spread, name, moved.get(name, rest), rate)
        for name in spread.judged
        if day.rows[given.numbers.index(name)] >= FEWEST
    ]


def beside(partners: Sequence[str]) -> str:
    """What a number is held against, in words; many may say a little each.

    >>> beside(["air", "site", "wind"]), beside([])
    ('given air and site', 'given the other columns')
    """
    return f"given {' and '.join(partners[:SHOWN]) or 'the other columns'}"


def _seen(residuals: Array) -> _Day:
    known = ~np.isnan(residuals)
    rows = known.sum(axis=0)
    sums = np.where(known, residuals, 0.0).sum(axis=0)
    return _Day(sums / np.maximum(rows, 1), rows)


def _parted(
    given: Regression, spreads: Mapping[str, Spread], day: _Day, rate: float
) -> tuple[_Day, dict[str, _Day]]:
    """The day without what moved, and each number that did on the day without the former.

    The farthest first: its partners stray by as much as they go with it, and no farther.
    One that strays about as far may be the one that moved, and counts as well.
    """
    left = [name for name in spreads if day.rows[given.numbers.index(name)] >= FEWEST]
    moved: dict[str, _Day] = {}
    while out := [n for n in left if not _is_inside(given, spreads[n], n, day, rate)]:
        far = {n: abs(_deviations(spreads[n], *_of(given, n, day))) for n in out}
        worst = max(out, key=lambda name: far[name])
        alike = [name for name in out if far[name] >= ALIKE * far[worst]]
        moved |= dict.fromkeys(alike, day)
        left = [name for name in left if name not in alike]
        place = given.numbers.index(worst)
        undone = day.shifts + given.weights[:, place] * day.shifts[place]
        day = replace(day, shifts=undone)
    return day, moved


def _is_inside(
    given: Regression, spread: Spread, name: str, day: _Day, rate: float
) -> bool:
    value, rows = _of(given, name, day)
    return spread.sound.bounds(rows, rate).contain(value)


def _of(given: Regression, name: str, day: _Day) -> tuple[float, int]:
    """The statistic of a number, and the rows that it is of."""
    place = given.numbers.index(name)
    return above_given(float(day.shifts[place])), int(day.rows[place])


def _deviations(spread: Spread, value: float, rows: int) -> float:
    return float(spread.deviations(np.array([value]), np.array([rows]), [None])[0])


def _finding(spread: GivenSpread, name: str, day: _Day, rate: float) -> Finding:
    assert spread.regression is not None
    value, rows = _of(spread.regression, name, day)
    own = spread.spreads[name]
    bounds = own.sound.bounds(rows, rate)
    inside = bounds.contain(value)
    partners = spread.regression.partners(name)
    said = FACTS.said(name, value, bounds.lower, bounds.upper)
    return Finding(
        Topic.DRIFT,
        name,
        given_others.__name__,
        Outcome.OK if inside else Outcome.BREACHED,
        Severity.INFO if inside else Severity.WARNING,
        f"{beside(partners)}, {said}",
        value=value,
        bounds=bounds,
        evidence={
            "role": "pair",
            "soft": True,
            "description": FACTS.description,
            "partners": partners,
            "usual": own.usual,
            "usual_range": list(own.typical),
            "reference_days": len(own.values),
            "rows": rows,
        },
    )
