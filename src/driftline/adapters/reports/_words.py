"""Numbers and texts of data as people read them, and as a page can hold them."""

import re
from collections.abc import Sequence
from functools import cache

from markupsafe import Markup

from driftline.core.drift import all_names, named
from driftline.core.finding import Finding, Outcome, Topic

LONGEST = 500
"""Characters of one text; the ledger has the rest."""

NAME = 80
"""Characters of a name in a heading or a cell."""

# Controls, halves of surrogate pairs, and marks that turn the direction of writing.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(value: object) -> object:
    r"""A text without what hides or reorders other text, cut to a length that is read.

    >>> print(plain("a\u202eb"), len(plain("x" * 10_000)))
    a\u202eb 501
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    short = value if len(value) <= LONGEST else f"{value[:LONGEST]}…"
    return _UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", short)


def brief(name: str) -> str:
    """A name cut to what fits a heading or a cell.

    >>> brief("x" * 100)[-3:], len(brief("x" * 100))
    ('xx…', 81)
    """
    return name if len(name) <= NAME else f"{name[:NAME]}…"


def number(value: float | None) -> str:
    """Four significant digits, thousands grouped; a dash where there is none.

    >>> number(1234567.8), number(0.00012345), number(None)
    ('1,234,568', '0.0001234', '–')
    """
    if value is None:
        return "–"
    whole = float(value).is_integer() and abs(value) < 1e15
    if whole or 1000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def aligned(value: float | None) -> str:
    """Four significant digits, zeros kept, so that numbers in a column end together.

    >>> aligned(0.618), aligned(1234.0), aligned(None)
    ('0.6180', '1,234', '–')
    """
    if value is None or abs(value) >= 1000:
        return number(value)
    return f"{value:#.4g}"


def share(value: float | None) -> str:
    """A share in percent.

    >>> share(0.1712), share(0.00012), share(0.0), share(1.0)
    ('17.1%', '0.012%', '0%', '100%')
    """
    return "–" if value is None else f"{100 * value:.{3 if abs(value) >= 0.1 else 2}g}%"


def tenths(value: float) -> str:
    """A share in percent with one decimal, for columns of numbers.

    >>> tenths(0.1), tenths(0.0004)
    ('10.0%', '0.0%')
    """
    return f"{100 * value:.1f}%"


def measured(finding: Finding) -> str:
    """A finding's value in the unit that it has."""
    return _spelled(finding, finding.value)


def allowed(finding: Finding) -> str:
    """A finding's bounds in the unit of its value; empty where it has none."""
    lower, upper = finding.bounds.lower, finding.bounds.upper
    if lower is not None and upper is not None:
        low, high = _spelled(finding, lower), _spelled(finding, upper)
        return low if lower == upper else f"{low} – {high}"
    if upper is not None:
        return f"≤ {_spelled(finding, upper)}"
    return "" if lower is None else f"≥ {_spelled(finding, lower)}"


def check(finding: Finding) -> str:
    """What was checked, in words.

    >>> from driftline.core.finding import Severity
    >>> check(Finding(Topic.VALIDATION, "a", "expect_column_values_to_be_unique",
    ...               Outcome.OK, Severity.INFO, ""))
    'values to be unique'
    """
    said = {"spend": "spent this month", "forecast": "forecast for the month"}
    name = finding.statistic.removeprefix("expect_").removeprefix("column_")
    return said.get(name, name.replace("_", " "))


def summary(findings: Sequence[Finding]) -> str:
    """How many were checked and what came of it, for a heading.

    >>> from driftline.core.finding import Severity
    >>> one = Finding(Topic.COST, "a", "spend", Outcome.UNKNOWN, Severity.INFO, "")
    >>> summary([one])
    '1 unknown'
    """
    out = sum(finding.matters for finding in findings)
    unknown = sum(finding.outcome is Outcome.UNKNOWN for finding in findings)
    known = len(findings) - unknown
    outside = f"{out} of {known} outside" if out else f"{known} checked, none outside"
    parts = [outside if known else "", f"{unknown} unknown" if unknown else ""]
    return ", ".join(filter(None, parts))


def fill(finding: Finding) -> float | None:
    """How much of its upper bound a value takes, in percent, at most 100."""
    upper = finding.bounds.upper
    if finding.value is None or not upper or upper < 0:
        return None
    return round(min(max(100 * finding.value / upper, 0.0), 100.0), 1)


def _spelled(finding: Finding, value: float | None) -> str:
    if value is None:
        return "–"
    evidence = finding.evidence
    if finding.topic is Topic.COST:
        return f"{value:,.2f} {evidence.get('currency', '')}".strip()
    if finding.topic is Topic.HEALTH:
        return f"{number(value)}{_spaced(str(evidence.get('unit', '')))}"
    if "judged_rows" in evidence or finding.statistic in _shares():
        return share(value)
    return number(value)


def _spaced(unit: str) -> str:
    return f" {unit}" if unit[:1].isalpha() else unit


@cache
def _shares() -> frozenset[str]:
    """Statistics that are shares of rows."""
    percent = {name for name in all_names() if named(name).facts.percent}
    return frozenset({"coverage", "infinities", *percent})
