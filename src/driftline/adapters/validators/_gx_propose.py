"""A first suite, read off the reference's days, for a person to edit.

Every bound is one that each reference day keeps, with a stated slack. What the model
cannot do without is critical; what the world may change is a warning.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from driftline.adapters.validators import _gx_types as types
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task

SLACK = 0.01
"""Share of rows that may fail on top of the worst reference day's."""

RANGE_SLACK = 0.1
"""How far ranges reach beyond the reference's, as a share of its width."""

ROWS_SLACK = 0.25
"""How far row counts reach beyond the reference's; twice that for few days."""

FEW_DAYS = 7
LISTABLE = 50
"""Columns with more categories than this get no set: nobody would keep it up."""

CRITICAL, WARNING = "critical", "warning"


@dataclass(frozen=True, slots=True)
class Column:
    """A column over the reference's days, oldest first."""

    name: str
    plan: ColumnPlan
    days: dict[str, ColumnProfile]
    total: ColumnProfile
    vital: bool


def propose(reference: Reference, roles: Roles, name: str) -> dict[str, Any]:
    """The suite as JSON: the table first, then columns by name."""
    expectations = [_row_count(reference), *_unique(roles)]
    columns = {column.name: column for column in _columns(reference, roles)}
    for column_name in sorted({*columns, *_needed(roles)}):
        column = columns.get(column_name)
        expectations += (
            _about(column, reference, roles) if column else _bare(column_name)
        )
    about = f"Proposed from the reference: {_span(reference)}. Edit freely."
    return {"name": name, "meta": {"notes": about}, "expectations": expectations}


def _needed(roles: Roles) -> set[str]:
    """The columns without which a day cannot be judged; labels may come later."""
    return {roles.timestamp, roles.prediction, *roles.key} | (
        {roles.score} if roles.score else set()
    )


def _columns(reference: Reference, roles: Roles) -> Iterator[Column]:
    total, skipped = reference.total, {roles.label, *roles.ignore}
    for name, plan in reference.plan.columns.items():
        days = {
            label: day.columns[name]
            for label, day in reference.days.items()
            if day.columns[name].present and day.columns[name].rows
        }
        if days and name not in skipped:
            vital = name in _needed(roles)
            yield Column(name, plan, days, total.columns[name], vital)


def _entry(
    kind: str, kwargs: dict[str, Any], severity: str, notes: str
) -> dict[str, Any]:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "meta": {"notes": notes},
    }


def _span(reference: Reference) -> str:
    labels = list(reference.days)
    return f"{len(labels)} days from {labels[0]} to {labels[-1]}"


def _row_count(reference: Reference) -> dict[str, Any]:
    counts = [day.rows for day in reference.days.values()]
    few = len(counts) < FEW_DAYS
    slack = 2 * ROWS_SLACK if few else ROWS_SLACK
    lower = max(1, math.floor(min(counts) * (1 - slack)))
    upper = math.ceil(max(counts) * (1 + slack))
    notes = (
        f"Reference days have {min(counts):,} to {max(counts):,} rows "
        f"({_span(reference)}); {slack:.0%} is allowed beyond."
    )
    bounds = {"min_value": lower, "max_value": upper}
    return _entry("expect_table_row_count_to_be_between", bounds, CRITICAL, notes)


def _unique(roles: Roles) -> list[dict[str, Any]]:
    if not roles.key:
        return []
    notes = (
        "Declared as the key in the monitor file: one row each. Duplicates were not "
        "counted in the reference; 0.1% is allowed."
    )
    kind = "expect_column_values_to_be_unique"
    kwargs: dict[str, Any] = {"column": roles.key[0]}
    if len(roles.key) > 1:
        kind = "expect_compound_columns_to_be_unique"
        kwargs = {"column_list": list(roles.key)}
    return [_entry(kind, {**kwargs, "mostly": 0.999}, CRITICAL, notes)]


def _bare(name: str) -> Iterator[dict[str, Any]]:
    """What is asked of a column that the monitor needs and the reference lacks."""
    notes = "The monitor file names this column; the reference has no counts of it."
    yield _entry("expect_column_to_exist", {"column": name}, CRITICAL, notes)
    kind = "expect_column_values_to_not_be_null"
    yield _entry(kind, {"column": name}, CRITICAL, notes)


def _about(
    column: Column, reference: Reference, roles: Roles
) -> Iterator[dict[str, Any]]:
    everywhere = len(column.days) == len(reference.days)
    yield _entry(
        "expect_column_to_exist",
        {"column": column.name},
        CRITICAL if everywhere else WARNING,
        f"Present on {len(column.days)} of {len(reference.days)} reference days.",
    )
    yield from _type(column)
    yield from _nulls(column)
    if _is_probability(column, roles):
        yield _probability(column)
    elif column.plan.kind is Kind.NUMERIC:
        yield from _range(column)
    elif column.plan.kind is Kind.CATEGORICAL:
        yield from _set(column)


def _type(column: Column) -> Iterator[dict[str, Any]]:
    seen = [day.dtype or column.plan.dtype for day in column.days.values()]
    found = types.families(seen) - {"null"}
    word = "number" if found <= set(types.NUMBERS) else " ".join(sorted(found))
    if word not in types.KNOWN:
        return
    kwargs = {"column": column.name, "type_": word}
    notes = f"Holds {', '.join(sorted({*seen}))} in the reference."
    yield _entry("expect_column_values_to_be_of_type", kwargs, CRITICAL, notes)


def _nulls(column: Column) -> Iterator[dict[str, Any]]:
    worst, label = _worst(
        column, {k: d.missing / d.rows for k, d in column.days.items()}
    )
    kwargs: dict[str, Any] = {"column": column.name}
    if worst == 0:
        notes = "Never missing in the reference."
        if not column.vital:
            kwargs["mostly"] = 1 - SLACK / 10
            notes += " 0.1% is allowed."
    else:
        kwargs["mostly"] = _mostly(worst)
        notes = (
            f"At most {worst:.2%} missing on a reference day ({label}); "
            f"{1 - kwargs['mostly']:.1%} is allowed."
        )
    if kwargs.get("mostly", 1) > 0:
        severity = CRITICAL if column.vital else WARNING
        yield _entry("expect_column_values_to_not_be_null", kwargs, severity, notes)


def _worst(column: Column, shares: dict[str, float]) -> tuple[float, str]:
    label = max(shares, key=lambda name: shares[name])
    return shares[label], label


def _mostly(worst: float) -> float:
    """The share that must hold: the worst day's, less half as much again, or `SLACK`.

    >>> _mostly(0.002), _mostly(0.2), _mostly(0.9)
    (0.988, 0.7, 0.0)
    """
    allowed = worst + max(SLACK, worst / 2)
    return max(0.0, math.floor(1000 * (1 - allowed) + 1e-9) / 1000)


def _is_probability(column: Column, roles: Roles) -> bool:
    inside = column.total.minimum is not None and column.total.maximum is not None
    if not inside or column.plan.kind is not Kind.NUMERIC:
        return False
    binary = roles.task is Task.BINARY and roles.score is None
    named = roles.prediction if binary else roles.score
    low, high = column.total.minimum or 0.0, column.total.maximum or 0.0
    return column.name == named and low >= 0 and high <= 1


def _probability(column: Column) -> dict[str, Any]:
    kwargs = {"column": column.name, "min_value": 0, "max_value": 1}
    notes = "A probability."
    return _entry("expect_column_values_to_be_between", kwargs, CRITICAL, notes)


def _range(column: Column) -> Iterator[dict[str, Any]]:
    low, high = column.total.minimum, column.total.maximum
    if low is None or high is None or not math.isfinite(low) or not math.isfinite(high):
        return
    lower, upper = widened(low, high)
    kwargs = {
        "column": column.name,
        "min_value": lower,
        "max_value": upper,
        "mostly": 1 - SLACK,
    }
    notes = (
        f"The reference holds {low:g} to {high:g}; a tenth of that width is allowed "
        f"beyond, and {SLACK:.0%} of rows."
    )
    severity = CRITICAL if column.vital else WARNING
    yield _entry("expect_column_values_to_be_between", kwargs, severity, notes)


def widened(low: float, high: float) -> tuple[float, float]:
    """A range a little wider, on round numbers, that does not pass zero to get there.

    >>> widened(0, 1301), widened(-43, 1301), widened(5.0, 5.0)
    ((0, 1440), (-180, 1440), (4.5, 5.5))
    """
    width = _width(low, high)
    step = 10.0 ** math.floor(math.log10(width / 20))
    lower = math.floor(round((low - RANGE_SLACK * width) / step, 6)) * step
    upper = math.ceil(round((high + RANGE_SLACK * width) / step, 6)) * step
    lower = 0.0 if low >= 0 > lower else lower
    upper = 0.0 if high <= 0 < upper else upper
    return min(_tidy(lower), low), max(_tidy(upper), high)


def _width(low: float, high: float) -> float:
    """The range's own, or for (almost) one value its distance from zero."""
    size = max(abs(low), abs(high))
    if high - low > size / 1e6:
        return max(high - low, 1e-100)
    return size if size > 1e-100 else 1.0


def _tidy(value: float) -> float:
    plain = float(f"{value:.9g}")
    return int(plain) if plain.is_integer() else plain


def _set(column: Column) -> Iterator[dict[str, Any]]:
    values = _members(column)
    known = {k: d.rows - d.missing for k, d in column.days.items()}
    unseen = {k: column.days[k].unseen / n for k, n in known.items() if n}
    if not values or len(values) > LISTABLE or not unseen:
        return
    worst, _ = _worst(column, unseen)
    mostly = 1 - SLACK if worst == 0 else _mostly(worst)
    if mostly <= 0:
        return
    kwargs = {"column": column.name, "value_set": values, "mostly": mostly}
    notes = (
        f"The {len(values)} values of the reference; {1 - mostly:.1%} of rows may hold "
        "others."
    )
    severity = CRITICAL if column.vital else WARNING
    yield _entry("expect_column_values_to_be_in_set", kwargs, severity, notes)


def _members(column: Column) -> list[Any]:
    """The plan's categories, as values of the column's own type; none for true/false."""
    found = types.family(column.plan.dtype)
    convert = {"text": str, "integer": int, "number": float}.get(found)
    if convert is None:
        return []
    try:
        return sorted(convert(value) for value in column.plan.categories)
    except ValueError:
        return []
