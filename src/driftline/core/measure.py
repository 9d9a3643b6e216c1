"""What a finding measured, and its numbers, as people read them."""

from datetime import timedelta
from functools import cache

from driftline.core.drift import all_names, named
from driftline.core.finding import DIAGNOSIS, ESTIMATED, Finding, Topic

MEASURES = {
    # performance
    "cusum": "accumulated shortfall",
    "coverage": "share of labels that are in",
    "contrast": "how unusual the gap to other rows is",
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
    "out_of_order": "rows out of order with another column",
    "placeholders": "placeholders",
    "strays": "values far from their neighbours",
    "unknown_values": "values never seen before",
    # cost
    "spend": "spent this month",
    "forecast": "forecast for the month",
}
"""What is measured besides the statistics of `core/drift`, which have their own words."""

MOST_MORE = 12
"""Digits beyond the usual ones: more than these are the noise of a float."""

LONGEST = 1e15
"""Larger numbers are written as powers of ten."""

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
    ('missing values', 'how unusual the gap to other rows is')
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


def number(value: float | None, more: int = 0) -> str:
    """Four significant digits, or `more`, thousands grouped; a dash where there is none.

    >>> number(1234567.8), number(0.00012345), number(None), number(1234.56, more=1)
    ('1,234,568', '0.0001234', '–', '1,234.6')
    """
    if value is None:
        return "–"
    whole = float(value).is_integer() and abs(value) < LONGEST
    if whole or 1000 <= abs(value) < LONGEST:
        return f"{value:,.{0 if whole else max(more, 0)}f}"
    return f"{value:,.{4 + more}g}"


def rounded(value: float, digits: int) -> str:
    """So many significant digits, without an exponent for what is large.

    >>> rounded(1234.5, 2), rounded(-312.4, 2), rounded(0.01234, 2)
    ('1,200', '-310', '0.012')
    """
    near = float(f"{value:.{digits}g}")
    return f"{near:,.0f}" if 100 <= abs(near) < LONGEST else f"{near:.{digits}g}"


def how_many(count: int, thing: str) -> str:
    """How many of a thing.

    >>> how_many(1, "window"), how_many(1200, "row")
    ('1 window', '1,200 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def ago(age: timedelta) -> str:
    """How long something has been so, in whole hours, from two days on in days.

    >>> [ago(timedelta(hours=hours)) for hours in (0.4, 1, 47, 71)]
    ['less than an hour ago', '1 hour ago', '47 hours ago', '2 days ago']
    """
    hours = age // timedelta(hours=1)
    if hours < 1:
        return "less than an hour ago"
    many = how_many(hours, "hour") if hours < 48 else how_many(age.days, "day")
    return f"{many} ago"


def share(value: float | None, more: int = 0) -> str:
    """A share in percent, with two or three digits, or `more`.

    >>> share(0.1712), share(0.00012), share(0.0), share(1.0)
    ('17.1%', '0.012%', '0%', '100%')
    """
    if value is None:
        return "–"
    return f"{100 * value:.{(3 if abs(value) >= 0.1 else 2) + more}g}%"


def apart(one: float, other: float, percent: bool = False) -> tuple[str, str]:
    """Two numbers, with three digits or as many as tell them apart, where any do.

    >>> apart(0.2, 0.20001), apart(0.4, 0.6, percent=True), apart(1 / 3, 1 / 3)
    (('0.2', '0.20001'), ('40%', '60%'), ('0.333', '0.333'))
    """
    told = [
        (share(one, more), share(other, more))
        if percent
        else (number(one, more - 1), number(other, more - 1))
        for more in range(MOST_MORE)
    ]
    return next((both for both in told if both[0] != both[1]), told[0])


def _more(finding: Finding) -> int:
    """How many more digits than usual tell a finding's value from its bounds."""
    value, bounds = finding.value, finding.bounds
    if value is None:
        return 0
    known = (end for end in (bounds.lower, bounds.upper) if end is not None)
    ends = [end for end in known if end != value]
    for more in range(MOST_MORE):
        told = _shown(finding, value, more)
        if all(_shown(finding, end, more) != told for end in ends):
            return more
    return 0


def _shown(finding: Finding, value: float, more: int) -> str:
    if finding.topic is Topic.COST:
        return f"{value:,.{2 + more}f} {finding.evidence.get('currency', '')}".strip()
    if finding.topic is Topic.HEALTH:
        unit = _spaced(str(finding.evidence.get("unit", "")))
        return f"{number(value, more)}{unit}"
    if "judged_rows" in finding.evidence or finding.statistic in _shares():
        return share(value, more)
    return number(value, more)


def _spaced(unit: str) -> str:
    return f" {unit}" if unit[:1].isalpha() else unit


@cache
def _shares() -> frozenset[str]:
    """Every statistic that is a share of rows."""
    return SHARES.union(name for name in all_names() if named(name).facts.percent)
