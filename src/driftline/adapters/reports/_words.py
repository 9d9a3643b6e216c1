"""Numbers and texts of data as people read them, and as a page can hold them."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from driftline.core import measure
from driftline.core.finding import Finding, Outcome
from driftline.core.wording import number

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


def aligned(value: float | None) -> str:
    """Four significant digits, zeros kept, so that numbers in a column end together.

    >>> aligned(0.618), aligned(1234.0), aligned(None)
    ('0.6180', '1,234', '–')
    """
    if value is None or abs(value) >= 1000:
        return number(value)
    return f"{value:#.4g}"


def tenths(value: float) -> str:
    """A share in percent with one decimal, for columns of numbers.

    >>> tenths(0.1), tenths(0.0004)
    ('10.0%', '0.0%')
    """
    return f"{100 * value:.1f}%"


def measured(finding: Finding) -> str:
    """A finding's value in the unit that it has."""
    return measure.reached(finding)


def summary(findings: Sequence[Finding]) -> str:
    """How many were checked and what came of it, for a heading.

    >>> from driftline.core.finding import Severity, Topic
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
