"""What a finding measured, and its numbers, as people read them."""

from functools import cache

from driftline.core.drift import all_names, named
from driftline.core.finding import DIAGNOSIS, ESTIMATED, Finding, Topic

MEASURES = {
    # performance
    "cusum": "accumulated shortfall",
    "coverage": "share of labels that are in",
    "contrast": "gap to other rows",
    "worst_segment": "loss of the worst segment",
    "gap": "gap between groups",
    ESTIMATED: "estimate",
    # drift
    DIAGNOSIS: "named cause",
    "attribution": "likeness of what the model leans on",
    "association": "rows that pair up otherwise",
    "classifier": "pairs of rows that a classifier tells apart",
    "commonest": "the most frequent value",
    "combinations": "values never seen together",
    "infinities": "infinite values",
    "missing_alone": "missing where others are there",
    "off_clock": "hours that are not the time stamp's",
    "placeholders": "placeholders",
    "strays": "values far from their neighbours",
    "unknown_values": "values never seen before",
    # cost
    "spend": "spent this month",
    "forecast": "forecast for the month",
}
"""What is measured besides the statistics of `core/drift`, which have their own words."""

LASTING = "_lasting"
"""How the name of a statistic ends that is added up over days."""

SHARES = frozenset(
    {
        "association",
        "classifier",
        "combinations",
        "commonest",
        "coverage",
        DIAGNOSIS,
        "infinities",
        "missing_alone",
        "off_clock",
        "placeholders",
        "strays",
        "unknown_values",
    }
)
"""Statistics that are shares of rows, besides those of `core/drift` that say so."""


def measure(finding: Finding) -> str:
    """What was measured, in words; a name that is not known is read as it is written.

    >>> from driftline.core.finding import Outcome, Severity
    >>> measure(Finding(Topic.DRIFT, "a", "rank_shift_lasting", Outcome.OK, Severity.INFO, ""))
    'rows above a usual row, added up over days'
    >>> measure(Finding(Topic.VALIDATION, "a", "expect_column_values_to_be_unique",
    ...                 Outcome.OK, Severity.INFO, ""))
    'values to be unique'
    """
    name = finding.statistic.removesuffix(LASTING)
    lasting = ", added up over days" if name != finding.statistic else ""
    bare = name.removeprefix("expect_").removeprefix("column_").replace("_", " ")
    if name in all_names():
        bare = named(name).facts.called or bare
    return MEASURES.get(name, bare) + lasting


def measured(finding: Finding, value: float | None) -> str:
    """A value of the finding's statistic in the unit that it has; a dash for none."""
    if value is None:
        return "–"
    if finding.topic is Topic.COST:
        return f"{value:,.2f} {finding.evidence.get('currency', '')}".strip()
    if finding.topic is Topic.HEALTH:
        return f"{number(value)}{_spaced(str(finding.evidence.get('unit', '')))}"
    if "judged_rows" in finding.evidence or finding.statistic in _shares():
        return share(value)
    return number(value)


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


def share(value: float | None) -> str:
    """A share in percent.

    >>> share(0.1712), share(0.00012), share(0.0), share(1.0)
    ('17.1%', '0.012%', '0%', '100%')
    """
    return "–" if value is None else f"{100 * value:.{3 if abs(value) >= 0.1 else 2}g}%"


def _spaced(unit: str) -> str:
    return f" {unit}" if unit[:1].isalpha() else unit


@cache
def _shares() -> frozenset[str]:
    """Every statistic that is a share of rows."""
    return SHARES.union(name for name in all_names() if named(name).facts.percent)
