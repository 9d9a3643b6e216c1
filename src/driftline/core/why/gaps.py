"""Today's gaps between groups against those of the reference's own rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.reference import WINDOW
from driftline.core.roles import Roles
from driftline.core.tails import student_quantile
from driftline.core.why.encoding import Array
from driftline.core.why.fairness import LEAST_ROWS, Gap, gaps

LEAST_BLOCKS = 5
"""Parts of the reference from which on their gaps bound today's."""

FEWEST_BLOCKS = 8

MOST_BLOCKS = 20
"""Into how many parts the reference's rows are cut, for small and for large slices."""

RATE = 0.002
"""How rarely an unchanged gap leaves its bound, shared over a monitor's gaps."""

Usual = dict[str, list[float]]
"""The gaps of the reference's parts, by the subject of their findings."""


def usual_gaps(reference: pl.DataFrame, roles: Roles, rows: int) -> Usual:
    """Every gap in parts of the reference of about so many rows, of whole windows."""
    least, most = reference.height // MOST_BLOCKS, reference.height // FEWEST_BLOCKS
    parts = _parts(reference, max(min(rows, most), least, 1))
    usual: Usual = {}
    for column in roles.sensitive:
        found = gaps(reference, roles, column, parts).values()
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
    bounds = _bounds(usual, rate)
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


def _parts(reference: pl.DataFrame, size: int) -> Array:
    """The part of each row: windows in a row, until they have so many rows."""
    if WINDOW not in reference.columns:
        return np.floor(np.arange(reference.height) / size)
    windows = reference.group_by(WINDOW, maintain_order=True).len()
    before = windows["len"].cum_sum() - windows["len"]
    parts = windows.select(WINDOW, part=(before // size).cast(pl.Int64))
    joined = reference.select(WINDOW).join(parts, on=WINDOW, maintain_order="left")
    return joined["part"].to_numpy().astype(float)


def _bounds(usual: Sequence[float], rate: float) -> Bounds:
    """A Student prediction bound, never below what the reference showed."""
    values = np.asarray(usual)
    reach = student_quantile(rate, len(values) - 1) * math.sqrt(1 + 1 / len(values))
    upper = max(float(values.mean() + reach * values.std(ddof=1)), float(values.max()))
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
