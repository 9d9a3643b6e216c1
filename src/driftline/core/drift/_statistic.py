"""What is declared about a drift statistic, and how one is found by its name."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import cycle

import numpy as np

from driftline.core import registry
from driftline.core.drift._cells import Array
from driftline.core.drift._days import Days
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile
from driftline.core.wording import LONGEST, digits_apart, percent
from driftline.errors import SettingsError

Function = Callable[[ColumnProfile, ColumnProfile, ColumnPlan], float]

OfDays = Callable[[Days, Days], Array]
"""The same statistic of many days at once; one reference may serve all of them."""

Critical = Callable[[float, float, float], bool]

MOST_PERCENT = 100_000
"""More is written as a multiple."""

EVERY_KIND = frozenset(Kind)
"""For statistics that ask nothing of a column's values."""


class Noise(StrEnum):
    """How a statistic shrinks with the number of rows when nothing has changed."""

    LINEAR = "1/n"
    ROOT = "1/sqrt(n)"
    NONE = "none"


class About(StrEnum):
    """What a statistic speaks of, as far as it is judged otherwise for that.

    VALUES: a column that says one thing a day says another on some day, and that is
    watched. MISSING: of labels, it says only how late these are. ROWS: judged however few
    there are. REPEATS: judged where repeated rows were counted.
    """

    SHAPE = "how values are spread"
    VALUES = "which values there are"
    MISSING = "missing values"
    ROWS = "how many rows there are"
    REPEATS = "repeated rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is true of a statistic, for bounds, reports and the contract tests.

    A statistic without `kinds` is one of the whole slice. `level` is False for a
    distance, which is 0 when nothing has changed, and True for a number that has a
    usual value of its own. `trifle` is the smallest difference worth reporting: bounds
    are never tighter. `convention` is the bound where only two profiles and no days are
    known; None shows the number unjudged. `tail` is how many degrees of freedom a
    Student variable with its tail has at most: few for what jumps on rare days.
    `critical` tells from (value, usual value, bound) whether a breach is one to act on;
    a statistic that has it is a hard data-quality signal. `applies` is False for columns
    about which the statistic says nothing, and they have no check of it. `about` is what
    it speaks of. `rows_behind` says how many rows of a day at most its value is owed to,
    and `may_come` whether it would be no surprise however large; either has it watched
    and page nobody. `sentence` is filled with `subject` and `value`, and `called` names
    the measure in a table.
    """

    kinds: frozenset[Kind]
    description: str
    sentence: str
    trifle: float
    convention: float | None
    noise: Noise = Noise.ROOT
    tail: float = 30.0
    lowest: float = 0.0
    highest: float = math.inf
    level: bool = False
    two_sided: bool = False
    symmetric: bool = False
    percent: bool = False
    critical: Critical | None = None
    applies: Callable[[ColumnPlan], bool] = lambda plan: True
    about: About = About.SHAPE
    rows_behind: Callable[[ColumnProfile, ColumnPlan], float] = lambda day, plan: (
        math.inf
    )
    may_come: Callable[[ColumnProfile, ColumnPlan], bool] = lambda day, plan: False
    called: str = ""

    @property
    def hard(self) -> bool:
        """Whether it speaks of broken data, and so draws on the budget of pages."""
        return self.critical is not None

    def spelled(self, value: float, more: int = 0) -> str:
        """A value of the statistic as people read it, with `more` digits than usual.

        >>> from driftline.core.drift.null_rate import null_rate
        >>> null_rate.facts.spelled(0.0721)
        '7.2%'
        >>> from driftline.core.drift.range import range
        >>> range.facts.spelled(24.0), range.facts.spelled(1e90)
        ('2,400%', '1e+90 times')
        """
        if self.percent and abs(value) < MOST_PERCENT / 100:
            return percent(value, more)
        if self.trifle >= 1 and abs(value) < LONGEST:
            return f"{value:,.{more}f}"
        return f"{value:.{3 + more}g}{' times' if self.percent else ''}"

    def said(
        self,
        subject: str,
        value: float,
        lower: float | None = None,
        upper: float | None = None,
    ) -> str:
        """The value in a sentence about a column, and its bounds, told apart.

        >>> from driftline.core.drift.null_rate import null_rate
        >>> null_rate.facts.said("age", 0.1003, None, 0.1)
        '10.03% of the values of age are missing (bound 10%)'
        """
        more = digits_apart(self.spelled, value, (lower, upper))
        said = self.sentence.format(subject=subject, value=self.spelled(value, more))
        if value <= 0 and not self.level:
            said = f"{subject} stays within the reference"
        return said + self._within(lower, upper, more)

    def _within(self, lower: float | None, upper: float | None, more: int) -> str:
        low = "" if lower is None else self.spelled(lower, more)
        high = "" if upper is None else self.spelled(upper, more)
        if low and high:
            return f" (bounds {low} to {high})"
        if low:
            return f" (at least {low})"
        return f" (bound {high})" if high else ""


@dataclass(frozen=True)
class Statistic:
    """A pure function of two columns and a plan, with its facts.

    It gives NaN when either column has no row, or no value where it needs one. `of_days`
    gives the same numbers faster where a reference's days are measured, if there is one.
    """

    function: Function
    facts: Facts
    of_days: OfDays | None = None

    def __post_init__(self) -> None:
        """Pass for the function itself, so that doctest and help find its text."""
        wrapped = self.function
        vars(self).update(
            __doc__=wrapped.__doc__, __module__=wrapped.__module__, __wrapped__=wrapped
        )

    def __call__(
        self, reference: ColumnProfile, current: ColumnProfile, plan: ColumnPlan
    ) -> float:
        """The number."""
        return self.function(reference, current, plan)

    def each(self, references: Days, days: Days) -> Array:
        """The numbers of many days; each has a reference of its own, or all the same."""
        if self.of_days is not None:
            with np.errstate(all="ignore"):
                return self.of_days(references, days)
        pairs = zip(cycle(references.columns()), days.columns(), strict=False)
        found = [self.function(old, new, days.plan) for old, new in pairs]
        return np.array(found, dtype=np.float64)

    @property
    def name(self) -> str:
        """The name in a monitor file."""
        return self.function.__name__


def statistic(
    facts: Facts, of_days: OfDays | None = None
) -> Callable[[Function], Statistic]:
    """Mark a function as a statistic of which these facts hold."""
    return lambda function: Statistic(function, facts, of_days)


def far_above(value: float, usual: float, bound: float) -> bool:
    """Whether a share is 5 points over the usual and twice as far from it as the bound.

    Halfway from the bound to 1 is far enough in any case.

    >>> far_above(0.20, usual=0.0, bound=0.05), far_above(0.07, usual=0.0, bound=0.05)
    (True, False)
    """
    twice = usual + max(0.05, 2 * (bound - usual))
    return value >= min(twice, (1 + bound) / 2)


hard_share = partial(
    Facts,
    highest=1.0,
    level=True,
    percent=True,
    tail=6.0,
    trifle=0.005,
    convention=0.02,
    critical=far_above,
)
"""The facts of a share of rows or values that speaks of broken data."""


def all_names() -> list[str]:
    """Every statistic that has a file here, sorted."""
    return registry.names("driftline.core.drift")


def named(name: str) -> Statistic:
    """The statistic of a file here, or of `package.module:function` elsewhere.

    >>> named("psi").facts.noise.value
    '1/n'
    """
    if ":" in name:
        found = registry.load_attribute(name)
    else:
        found = getattr(registry.load("driftline.core.drift", name), name)
    if not isinstance(found, Statistic):
        raise SettingsError(
            f"{name!r} is no drift statistic; mark the function with "
            "`@driftline.core.drift.statistic(Facts(...))`"
        )
    return found
