"""A day's strange values against the reference's: one finding per column."""

from collections.abc import Iterator

import polars as pl

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.values.spread import ValueCheck, ValuesSpread, in_time
from driftline.core.values.thinned import thinned


def judge_values(
    spread: ValuesSpread, table: pl.DataFrame, rate: float
) -> list[Finding]:
    """A warning for every column with more strange values than the reference's days had.

    `rate` is the chance that one check may breach on a day like all others. Of several
    checks of a column the clearest is told, and the others are named with it.
    """
    rows = thinned(in_time(table, spread.timestamp))
    by_column: dict[str, list[tuple[ValueCheck, float, Bounds]]] = {}
    for check, value, bounds in _breached(spread, rows, rate):
        by_column.setdefault(check.column, []).append((check, value, bounds))
    return [_finding(found) for found in by_column.values()]


def _breached(
    spread: ValuesSpread, rows: pl.DataFrame, rate: float
) -> Iterator[tuple[ValueCheck, float, Bounds]]:
    for check in spread.checks:
        found = check.value(rows)
        if found is None:
            continue
        bounds = check.spread.bounds(found[1], rate)
        if not bounds.contain(found[0]):
            yield check, found[0], bounds


def _finding(found: list[tuple[ValueCheck, float, Bounds]]) -> Finding:
    check, value, bounds = max(found, key=lambda one: one[1] / (one[2].upper or 1.0))
    facts = check.spread.statistic.facts
    return Finding(
        Topic.DRIFT,
        check.column,
        check.statistic,
        Outcome.BREACHED,
        Severity.WARNING,
        facts.said(check.column, value, None, bounds.upper),
        value=value,
        bounds=bounds,
        evidence={
            "role": "feature",
            "soft": False,
            "description": facts.description,
            "also": [one.statistic for one, _, _ in found if one is not check],
            "usual": check.spread.usual,
            "usual_range": list(check.spread.typical),
            "reference_days": len(check.spread.values),
        },
    )
