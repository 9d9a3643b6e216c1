"""The sentences of findings, without any value from the rows except their keys."""

from collections.abc import Sequence
from typing import Any

from driftline.adapters.validators._gx_run import Judged
from driftline.adapters.validators._gx_slice import Table, between, number
from driftline.adapters.validators._gx_suite import Expectation
from driftline.core.wording import percent

_LISTED = 6
_MEASURED = ("expect_column_", "_to_be_between")
_FAULTS = {
    "expect_column_values_to_not_be_null": "are missing",
    "expect_column_values_to_be_null": "are not missing",
    "expect_column_values_to_be_between": "are {outside}",
    "expect_column_values_to_be_in_set": "are not among {listed}",
    "expect_column_values_to_not_be_in_set": "are among {listed}",
    "expect_column_values_to_be_unique": "occur more than once",
    "expect_compound_columns_to_be_unique": "occur more than once together",
    "expect_column_values_to_match_regex": "do not match {regex}",
    "expect_column_value_lengths_to_be_between": "have a length {outside}",
}


def row_by_row(expectation: Expectation, judged: Judged) -> str:
    """How many rows fail, in which way, and how many may."""
    considered, unexpected = judged.considered or 0, judged.unexpected or 0
    failed = (
        f"{unexpected:,} of {considered:,} values ({percent(unexpected / considered)})"
    )
    allowed = percent(1 - expectation.mostly)
    return f"{failed} {_fault(expectation)}; the suite allows {allowed}"


def as_a_whole(expectation: Expectation, judged: Judged) -> str:
    """The column's number and its bounds."""
    start, end = _MEASURED
    kind, kwargs = expectation.type, expectation.kwargs
    if not (kind.startswith(start) and kind.endswith(end)):
        verb = "meets" if judged.success else "does not meet"
        return f"{verb} {kind}"
    name = kind.removeprefix(start).removesuffix(end).replace("_", " ")
    allowed = between(kwargs.get("min_value"), kwargs.get("max_value"))
    return f"{name} is {number(_scalar(judged.observed))}; the suite allows {allowed}"


def _fault(expectation: Expectation) -> str:
    """What is wrong with a failing row, in words."""
    kwargs = expectation.kwargs
    phrase = _FAULTS.get(expectation.type, f"do not meet {expectation.type}")
    return phrase.format(
        outside=_outside(kwargs.get("min_value"), kwargs.get("max_value")),
        listed=_list(kwargs.get("value_set") or []),
        regex=kwargs.get("regex"),
    )


def _outside(lower: object, upper: object) -> str:
    """Where failing values lie.

    >>> _outside(0, 24), _outside(0, None)
    ('outside 0 to 24', 'not at least 0')
    """
    two_sided = None not in (lower, upper) and lower != upper
    return f"{'outside' if two_sided else 'not'} {between(lower, upper)}"


def _list(values: Sequence[Any]) -> str:
    shown = ", ".join(map(str, values[:_LISTED]))
    more = len(values) - _LISTED
    return f"{shown} and {more} more" if more > 0 else shown


def why_raised(expectation: Expectation, raised: str, rows: Table) -> str:
    """Vendors put values into the text of exceptions: only the name goes on."""
    columns = expectation.columns
    held = ", ".join(f"{name!r} holds {rows.dtype(name)}" for name in columns)
    return f"Great Expectations raised {raised} (column {held}); check type and kwargs"


def sample_note(rows: Table) -> str:
    """What a reader has to know when not every row was looked at."""
    return f" (judged on {judged_on(rows)})" if rows.sampled else ""


def judged_on(rows: Table) -> str:
    """Whether an answer is exact or a sample's."""
    if not rows.sampled:
        return f"all {rows.total:,} rows"
    return f"a seeded sample of {rows.height:,} of {rows.total:,} rows"


def in_words(keys: Sequence[dict[str, Any]]) -> str:
    """Some failing rows by their keys, to be found again."""
    if not keys:
        return ""
    named = (", ".join(f"{k} {v}" for k, v in row.items()) for row in keys)
    return f". Failing rows: {'; '.join(named)}"


def _scalar(observed: Any) -> object:
    """A number to show; anything else could be somebody's value."""
    if hasattr(observed, "item"):
        observed = observed.item()
    return observed if isinstance(observed, int | float) else "outside its bounds"
