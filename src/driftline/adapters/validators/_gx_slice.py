"""What can be said of an expectation before Great Expectations is asked.

It passes empty columns, cannot tell a missing column from a failing one, knows types
by their pandas names and counts the rows of a sample as if they were all.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from driftline.adapters.validators import _gx_types as types
from driftline.adapters.validators._gx_suite import Expectation
from driftline.core import wording
from driftline.core.finding import Outcome

_EXISTS = "expect_column_to_exist"
_TYPED = (
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
    "expect_column_type_to_be",
)
_TRUE_WITHOUT_VALUES = (
    "expect_column_values_to_be_null",
    "expect_column_values_to_not_be_null",
    "expect_column_proportion_of_non_null_values_to_be_between",
)
_NEEDS_EVERY_ROW = (
    "expect_column_sum_to_be_between",
    "expect_column_unique_value_count_to_be_between",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
    "expect_column_values_to_be_increasing",
    "expect_column_values_to_be_decreasing",
)
_TEXT = ("regex", "like_pattern", "strftime", "dateutil", "json", "value_lengths")
_NUMBERS = (
    "_mean_",
    "_median_",
    "_stdev_",
    "_sum_",
    "_quantile_",
    "z_scores",
    "outliers",
)


@dataclass(frozen=True, slots=True)
class Settled:
    """An answer with its reason, in words that follow the subject's name.

    `exact` where the whole slice gives it, whatever rows are at hand: its number of rows,
    its columns and their types.
    """

    outcome: Outcome
    reason: str
    value: float | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The rows to judge: `height` out of `total` rows of the slice.

    `missing` counts null and NaN by column.
    """

    schema: Mapping[str, pl.DataType]
    height: int
    total: int
    missing: dict[str, int]

    @property
    def sampled(self) -> bool:
        """Whether some rows of the slice are not here."""
        return self.height < self.total

    def dtype(self, column: str) -> str:
        """The column's Polars type."""
        return str(self.schema[column])


def table(rows: pl.DataFrame, total: int) -> Table:
    """The rows with their missing values counted: null, or NaN."""
    counts = {
        name: rows[name].null_count()
        + (int(rows[name].is_nan().sum() or 0) if rows.schema[name].is_float() else 0)
        for name in rows.columns
    }
    return Table(rows.schema, rows.height, total, counts)


def settle(expectation: Expectation, rows: Table) -> Settled | None:
    """The answer, or None when Great Expectations has to be asked."""
    if expectation.type.startswith("expect_table_row_count"):
        return _row_count(expectation, rows.total)
    absent = [name for name in expectation.columns if name not in rows.schema]
    if absent:
        return _absent(expectation, absent[0], rows)
    if expectation.type == _EXISTS:
        return Settled(Outcome.OK, "is in the slice", exact=True)
    if expectation.type in _TYPED:
        return _typed(expectation, rows)
    if expectation.type not in _TRUE_WITHOUT_VALUES:
        for name in expectation.subjects:
            if rows.missing[name] == rows.height:
                held = f"{rows.height:,}{' sampled' if rows.sampled else ''}"
                reason = f"has no value to judge: all {held} are missing"
                return Settled(Outcome.UNKNOWN, reason)
    return _impossible(expectation, rows)


def _absent(expectation: Expectation, name: str, rows: Table) -> Settled:
    near = difflib.get_close_matches(name, list(rows.schema), n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    reason = f"column {name!r} is not in the slice{hint}"
    if expectation.type == _EXISTS:
        said = f"is expected to exist, but {reason}"
        return Settled(Outcome.BREACHED, said, exact=True)
    return errored(expectation, reason)


def errored(expectation: Expectation, reason: str) -> Settled:
    """Not a failure of the data: nobody knows whether the rows are right."""
    return Settled(
        Outcome.ERRORED, f"{expectation.type} could not be evaluated: {reason}"
    )


def _row_count(expectation: Expectation, total: int) -> Settled:
    exact = expectation.kwargs.get("value")
    lower = expectation.kwargs.get("min_value", exact)
    upper = expectation.kwargs.get("max_value", exact)
    low = -math.inf if lower is None else lower + _strict(expectation, "strict_min")
    high = math.inf if upper is None else upper - _strict(expectation, "strict_max")
    held = low <= total <= high
    allowed = between(lower, upper)
    return Settled(
        Outcome.OK if held else Outcome.BREACHED,
        f"the slice has {total:,}; the suite allows {allowed}",
        float(total),
        exact=True,
    )


def _strict(expectation: Expectation, name: str) -> int:
    return 1 if expectation.kwargs.get(name) else 0


def between(lower: object, upper: object) -> str:
    """Bounds in words.

    >>> between(0, None), between(None, 2500), between(1, 3.5)
    ('at least 0', 'at most 2,500', '1 to 3.5')
    """
    if lower is None and upper is None:
        return "any number"
    if upper is None:
        return f"at least {number(lower)}"
    if lower is None:
        return f"at most {number(upper)}"
    if lower == upper:
        return f"exactly {number(lower)}"
    return f"{number(lower)} to {number(upper)}"


def number(value: object) -> str:
    """A bound or a measured number as people write it; from 1,000 on with a decimal.

    >>> number(1234567), number(0.123456), number(-3.0), number("2013-01-01")
    ('1,234,567', '0.1235', '-3', '2013-01-01')
    >>> number(1234.56), number(1e90), number(10**90)
    ('1,234.6', '1e+90', '1e+90')
    """
    if not isinstance(value, int | float):
        return str(value)
    more = 1 if 1000 <= abs(value) < wording.LONGEST else 0
    return wording.number(value or 0, more)  # not -0


def _typed(expectation: Expectation, rows: Table) -> Settled:
    name = expectation.subjects[0]
    found = rows.dtype(name)
    kwargs = expectation.kwargs
    allowed = kwargs.get("type_list") or [kwargs.get("type_")]
    words = " or ".join(allowed)
    if types.family(found) == "null":
        reason = f"has no value whose type could be told ({words} is expected)"
        return Settled(Outcome.UNKNOWN, reason)
    if any(types.accepts(word, found) for word in allowed):
        said = f"holds {found}, as the suite expects ({words})"
        return Settled(Outcome.OK, said, exact=True)
    said = f"holds {found}; the suite expects {words}"
    return Settled(Outcome.BREACHED, said, exact=True)


def _impossible(expectation: Expectation, rows: Table) -> Settled | None:
    """Questions whose answer would be noise, with the reason."""
    if rows.sampled and expectation.type in _NEEDS_EVERY_ROW:
        reason = (
            f"{expectation.type} was not judged: it needs all {rows.total:,} rows, and "
            f"{rows.height:,} were sampled; raise sample_rows to judge it"
        )
        return Settled(Outcome.UNKNOWN, reason)
    for name in expectation.subjects:
        need = _need(expectation, types.family(rows.dtype(name)))
        if need:
            reason = f"it needs {need}, and column {name!r} holds {rows.dtype(name)}"
            return errored(expectation, reason)
    return None


def _need(expectation: Expectation, family: str) -> str:
    """What the column would have to hold, or nothing when it does."""
    kind = expectation.type
    if any(word in kind for word in _TEXT) and family not in ("text", "mixed"):
        return "text"
    if any(word in kind for word in _NUMBERS) and family not in (
        *types.NUMBERS,
        "boolean",
        "mixed",
    ):
        return "numbers"
    bounds = [expectation.kwargs.get(name) for name in ("min_value", "max_value")]
    numeric = any(isinstance(bound, int | float) for bound in bounds)
    if "values_to_be_between" in kind and numeric and family in ("text", *types.TIMES):
        return "numbers, as its bounds are numbers"
    listed = expectation.kwargs.get("value_set") or []
    if family in types.NUMBERS and listed and all(isinstance(v, str) for v in listed):
        return "text, as its value_set has only text"
    if family == "text" and listed and not any(isinstance(v, str) for v in listed):
        return "numbers, as its value_set has no text"
    return ""
