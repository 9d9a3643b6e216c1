"""Answers as findings: a sentence with the number, the bound and some rows' keys."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from driftline.adapters.validators import _gx_words as words
from driftline.adapters.validators._gx_run import Judged
from driftline.adapters.validators._gx_slice import Settled, Table, errored
from driftline.adapters.validators._gx_suite import Expectation
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic

_ROW_COUNT = "expect_table_row_count"


@dataclass(frozen=True, slots=True)
class Showing:
    """What a finding may show. `suite` is the file; `key` names rows to people."""

    suite: str
    key: tuple[str, ...]
    examples: int
    values: bool


def no_rows(total: int, showing: Showing) -> Finding:
    """The one finding on a slice without rows: it never passes."""
    held = "the slice has no rows" if not total else f"none of {total:,} rows was given"
    return Finding(
        topic=Topic.VALIDATION,
        subject="rows",
        statistic="suite",
        outcome=Outcome.ERRORED,
        severity=Severity.CRITICAL,
        message=f"rows: {showing.suite} could not be evaluated: {held}",
        value=float(total),
        evidence={"suite": showing.suite, "total_rows": total},
    )


def from_settled(
    expectation: Expectation, settled: Settled, rows: Table, showing: Showing
) -> Finding:
    """The finding on an expectation that was settled without looking at values."""
    counts = expectation.type.startswith(_ROW_COUNT)
    found = _finding(expectation, settled.outcome, settled.reason)
    judged_on = f"all {rows.total:,} rows" if settled.exact else ""
    return replace(
        found,
        value=settled.value,
        bounds=_limits(expectation, showing) if counts else Bounds(),
        evidence=_evidence(expectation, rows, showing, judged_on),
    )


def from_judged(
    expectation: Expectation, judged: Judged, rows: Table, showing: Showing
) -> Finding:
    """The finding on what Great Expectations measured."""
    if judged.raised:
        reason = words.why_raised(expectation, judged.raised, rows)
        return from_settled(expectation, errored(expectation, reason), rows, showing)
    if judged.considered == 0:
        none = Settled(Outcome.UNKNOWN, "has no row to judge")
        return from_settled(expectation, none, rows, showing)
    if judged.considered is None:
        said = words.as_a_whole(expectation, judged)
        bounds = _limits(expectation, showing)
    else:
        said = words.row_by_row(expectation, judged)
        bounds = _allowed(expectation, showing)
    failing = _failing(expectation, judged, showing)
    keys = words.in_words(failing.get("failing_keys", ()))
    outcome = Outcome.OK if judged.success else Outcome.BREACHED
    found = _finding(expectation, outcome, f"{said}{words.sample_note(rows)}{keys}")
    return replace(
        found,
        value=_value(judged),
        bounds=bounds,
        evidence=_evidence(expectation, rows, showing, words.judged_on(rows)) | failing,
    )


def _finding(expectation: Expectation, outcome: Outcome, said: str) -> Finding:
    return Finding(
        topic=Topic.VALIDATION,
        subject=expectation.subject,
        statistic=expectation.name,
        outcome=outcome,
        severity=expectation.severity,
        message=f"{expectation.subject}: {said}",
        segment=expectation.segment,
    )


def _value(judged: Judged) -> float | None:
    if judged.considered is not None:
        return (judged.unexpected or 0) / judged.considered
    observed = judged.observed
    try:
        value = float(observed)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and not isinstance(observed, str) else None


def _allowed(expectation: Expectation, showing: Showing) -> Bounds:
    return Bounds(upper=round(1 - expectation.mostly, 9), origin=showing.suite)


def _limits(expectation: Expectation, showing: Showing) -> Bounds:
    kwargs = expectation.kwargs
    exact = kwargs.get("value")
    return Bounds(
        lower=_float(kwargs.get("min_value", exact)),
        upper=_float(kwargs.get("max_value", exact)),
        origin=showing.suite,
    )


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _failing(
    expectation: Expectation, judged: Judged, showing: Showing
) -> dict[str, Any]:
    """How many rows fail and, of those that break the suite, which."""
    if judged.considered is None:
        return {}
    found: dict[str, Any] = {
        "judged_rows": judged.considered,
        "failing_rows": judged.unexpected,
    }
    if not judged.success:
        found["failing_keys"] = _rows(judged, showing.key)
    if not judged.success and showing.values:
        found["failing_values"] = _rows(judged, expectation.subjects)
    return found


def _rows(judged: Judged, columns: Sequence[str]) -> list[dict[str, Any]]:
    """These columns of the failing rows; none where the rows have none of them."""
    rows = [
        {name: _plain(row[name]) for name in columns if name in row}
        for row in judged.failing
    ]
    return [row for row in rows if row]


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _evidence(
    expectation: Expectation, rows: Table, showing: Showing, judged_on: str
) -> dict[str, Any]:
    """`judged_on` says how exact the answer is; empty where there is no answer."""
    said: dict[str, Any] = {
        "suite": showing.suite,
        "expectation": expectation.type,
        "rows": rows.height,
        "total_rows": rows.total,
    }
    said |= {"judged_on": judged_on} if judged_on else {}
    return said | ({"note": expectation.note} if expectation.note else {})
