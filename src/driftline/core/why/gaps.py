"""Today's gaps between groups against those of the reference's own rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from driftline.core.bounds.tails import normal_quantile, student_quantile
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.reference import WINDOW
from driftline.core.roles import Roles
from driftline.core.why.fairness import LEAST_ROWS, Gap, gaps

LEAST_BLOCKS = 5
"""Parts of the reference from which on their gaps bound today's."""

FEWEST_BLOCKS = 8

MOST_BLOCKS = 20
"""Parts that are compared, for large and for small slices."""

PART, ROW = "__part__", "__row__"

RATE = 0.002
"""How rarely an unchanged gap leaves its bound, shared over a monitor's gaps."""

Usual = dict[str, list[float]]
"""The gaps of the reference's parts, by the subject of their findings."""


def usual_gaps(reference: pl.DataFrame, roles: Roles, rows: int) -> Usual:
    """Every gap in parts of the reference of about so many rows, and no more.

    Parts are of neighbouring windows. They hold fewer rows where the reference would not
    give `FEWEST_BLOCKS` otherwise.
    """
    size = max(min(rows, reference.height // FEWEST_BLOCKS), 1)
    some = _in_parts(reference, size)
    usual: Usual = {}
    for column in roles.sensitive:
        found = gaps(some, roles, column, some[PART].to_numpy()).values()
        for gap in (gap for part in found for gap in part if gap.value is not None):
            usual.setdefault(_subject(gap, column), []).append(gap.value or 0.0)
    return usual


def judge_gaps(
    current: pl.DataFrame, roles: Roles, usual: Mapping[str, Sequence[float]]
) -> list[Finding]:
    """One finding per sensitive column and metric.

    Unknown where a group or the reference is too small to tell.
    """
    found = [
        (gap, column)
        for column in roles.sensitive
        for gap in gaps(current, roles, column).get(0, [])
    ]
    share = RATE / max(len(found), 1)
    return [
        _judge(gap, column, usual.get(_subject(gap, column), []), share)
        for gap, column in found
    ]


def _subject(gap: Gap, column: str) -> str:
    return f"{gap.metric} by {column}"


def _judge(gap: Gap, column: str, usual: Sequence[float], rate: float) -> Finding:
    if gap.value is None:
        return _unknown(
            gap,
            column,
            f"a second group needs {gap.needed} more rows to have {LEAST_ROWS}",
        )
    if len(usual) < LEAST_BLOCKS:
        return _unknown(
            gap,
            column,
            f"the reference's rows allow {len(usual)} comparisons, and {LEAST_BLOCKS} "
            "are needed; build a reference of more rows",
        )
    bounds = _bounds(usual, rate, gap.chance)
    inside = bounds.contain(gap.value)
    lower, upper = gap.interval
    centre = float(np.median(usual))
    return Finding(
        Topic.PERFORMANCE,
        _subject(gap, column),
        "gap",
        Outcome.OK if inside else Outcome.BREACHED,
        Severity.WARNING,
        _said(gap, column, centre),
        value=gap.value,
        bounds=bounds,
        evidence={
            "column": column,
            "metric": gap.metric,
            "lower": lower,
            "upper": upper,
            "usual": centre,
            "groups": [_plain(group) for group in gap.groups],
        },
    )


def _in_parts(reference: pl.DataFrame, size: int) -> pl.DataFrame:
    """Some rows, with the number of their part in the column `PART`.

    A part takes windows in a row until it has `size` rows, and keeps so many of them.
    """
    days = pl.col(WINDOW if WINDOW in reference.columns else ROW)
    numbered = reference.with_row_index(ROW)
    parts = numbered.with_columns((pl.col(ROW).min().over(days) // size).alias(PART))
    held = pl.int_range(pl.len()).over(PART)
    even = (held * size) // pl.len().over(PART)
    kept = parts.filter((even != even.shift(1).over(PART)).fill_null(True))
    numbers = kept[PART].unique(maintain_order=True)
    chosen = np.linspace(0, len(numbers) - 1, min(len(numbers), MOST_BLOCKS)).astype(
        int
    )
    return kept.filter(pl.col(PART).is_in(numbers.gather(np.unique(chosen)).implode()))


def _bounds(usual: Sequence[float], rate: float, chance: float) -> Bounds:
    """A Student prediction bound, never below what the reference showed.

    Nor below what groups of today's size differ by chance, `chance` being one deviation.
    """
    values = np.asarray(usual)
    reach = student_quantile(rate, len(values) - 1) * math.sqrt(1 + 1 / len(values))
    likely = float(values.mean() + reach * values.std(ddof=1))
    by_chance = float(np.median(values)) + normal_quantile(rate / 2) * chance
    upper = max(likely, by_chance, float(values.max()))
    return Bounds(upper=upper, origin=f"{len(values)} parts of the reference's rows")


def _said(gap: Gap, column: str, usual: float) -> str:
    low, high = gap.compared[0], gap.compared[-1]
    lower, upper = gap.interval
    return (
        f"{gap.metric} is {high.value:.3g} where {column} = {high.name} and "
        f"{low.value:.3g} where {column} = {low.name}: a gap of {high.value - low.value:.3g} "
        f"({lower:.3g} to {upper:.3g}), usually {usual:.3g}"
    )


def _plain(group: Any) -> dict[str, Any]:
    return {"name": group.name, "value": group.value, "rows": group.rows}


def _unknown(gap: Gap, column: str, reason: str) -> Finding:
    return Finding(
        Topic.PERFORMANCE,
        _subject(gap, column),
        "gap",
        Outcome.UNKNOWN,
        Severity.INFO,
        f"the gap of {gap.metric} between groups of {column} cannot be told: {reason}",
        evidence={
            "column": column,
            "metric": gap.metric,
            "needed": gap.needed,
            "groups": [_plain(group) for group in gap.groups],
        },
    )
