"""What a finding measured, as people read it."""

from functools import cache, partial

from driftline.core.drift import all_names, named
from driftline.core.finding import DIAGNOSIS, ESTIMATED, Finding, Topic
from driftline.core.wording import digits_apart, number, percent

MEASURES = {
    # performance
    "cusum": "accumulated shortfall",
    "coverage": "share of labels that are in",
    "contrast": "gap to other rows, in deviations",
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
    "given_others": "rows above a like row",
    "infinities": "infinite values",
    "missing_alone": "missing where others are there",
    "missing_where_sure": "missing where it hardly ever is",
    "off_clock": "hours that are not the time stamp's",
    "out_of_order": "rows out of order with another column",
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

SUMS = frozenset({"contrast"})
"""Statistics that are added up over days, besides those whose name says so."""

SHARES = frozenset(
    {
        "association",
        "classifier",
        "combinations",
        "commonest",
        "coverage",
        DIAGNOSIS,
        "given_others",
        "infinities",
        "missing_alone",
        "missing_where_sure",
        "off_clock",
        "out_of_order",
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
    return called(name) + lasting


def called(name: str) -> str:
    """What a statistic measures, in words.

    >>> called("null_rate"), called("contrast")
    ('missing values', 'gap to other rows, in deviations')
    """
    bare = name.removeprefix("expect_").removeprefix("column_").replace("_", " ")
    if name in all_names():
        bare = named(name).facts.called or bare
    return MEASURES.get(name, bare)


def measured(finding: Finding, value: float | None) -> str:
    """A value of the finding's statistic in the unit that it has; a dash for none.

    With as many digits as tell the finding's value from its bounds.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> close = Finding(Topic.DRIFT, "a", "psi", Outcome.BREACHED, Severity.INFO, "",
    ...                 0.200004, Bounds(upper=0.2))
    >>> measured(close, close.value), measured(close, close.bounds.upper)
    ('0.200004', '0.2')
    """
    return "–" if value is None else _shown(finding, value, _more(finding))


def reached(finding: Finding) -> str:
    """The finding's own value; a sum that is held at its limit is that at least.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> full = Finding(Topic.DRIFT, "a", "psi_lasting", Outcome.BREACHED,
    ...                Severity.WARNING, "", 2.19, Bounds(upper=2.19))
    >>> reached(full), allowed(full)
    ('≥ 2.19', '< 2.19')
    """
    said = measured(finding, finding.value)
    adds_up = finding.statistic in SUMS or finding.statistic.endswith(LASTING)
    held = adds_up and finding.matters and finding.value == finding.bounds.upper
    return f"≥ {said}" if held else said


def limits(finding: Finding) -> tuple[str, str]:
    """The signs of its lower and its upper bound: what adds up to a limit is out at it.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> full = Finding(Topic.DRIFT, "a", "psi_lasting", Outcome.BREACHED,
    ...                Severity.WARNING, "", 2.19, Bounds(upper=2.19))
    >>> limits(full)
    ('≥', '<')
    """
    bounds, out = finding.bounds, finding.matters and finding.value is not None
    low = ">" if out and finding.value == bounds.lower else "≥"
    high = "<" if out and finding.value == bounds.upper else "≤"
    return low, high


def allowed(finding: Finding) -> str:
    """A finding's bounds in the unit of its value; empty where it has none.

    >>> from driftline.core.finding import Bounds, Outcome, Severity
    >>> half = Bounds(0.1, 0.5)
    >>> allowed(Finding(Topic.DRIFT, "a", "psi", Outcome.OK, Severity.INFO, "", 0.2, half))
    '0.1 – 0.5'
    """
    lower, upper = finding.bounds.lower, finding.bounds.upper
    low, high = measured(finding, lower), measured(finding, upper)
    if lower is not None and upper is not None:
        return low if lower == upper else f"{low} – {high}"
    above, below = limits(finding)
    if upper is not None:
        return f"{below} {high}"
    return "" if lower is None else f"{above} {low}"


def _more(finding: Finding) -> int:
    """How many more digits than usual tell a finding's value from its bounds."""
    if finding.value is None:
        return 0
    ends = (finding.bounds.lower, finding.bounds.upper)
    return digits_apart(partial(_shown, finding), finding.value, ends)


def _shown(finding: Finding, value: float, more: int) -> str:
    if finding.topic is Topic.COST:
        return f"{value:,.{2 + more}f} {finding.evidence.get('currency', '')}".strip()
    if finding.topic is Topic.HEALTH:
        unit = _spaced(str(finding.evidence.get("unit", "")))
        return f"{number(value, more)}{unit}"
    if "judged_rows" in finding.evidence or finding.statistic in _shares():
        return percent(value, more)
    return number(value, more)


def _spaced(unit: str) -> str:
    return f" {unit}" if unit[:1].isalpha() else unit


@cache
def _shares() -> frozenset[str]:
    """Every statistic that is a share of rows."""
    return SHARES.union(name for name in all_names() if named(name).facts.percent)
