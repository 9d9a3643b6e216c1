"""A page on the first day needs days enough, and one on the second day does not."""

import numpy as np
import pytest

from driftline.core.bounds.checks import Check
from driftline.core.bounds.reference_days import measure_spread
from driftline.core.bounds.weight import Rates, least_at_once, weigh
from driftline.core.comparison import (
    AlarmBudget,
    DriftPolicy,
    Moment,
    judge_drift,
)
from driftline.core.drift import named
from driftline.core.finding import Severity
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.roles import Roles, Task
from tests.core.columns import day, reference, with_column

ROLES = Roles(Task.BINARY, timestamp="at", prediction="p", label="late", key=("id",))
FIFTH = 0.2


def with_nulls(share: float, rows: int = 900) -> Profile:
    """A quiet day of which a share of the temperatures is missing."""
    quiet = day(700, rows)
    temp = quiet.columns["temp"]
    lost = round(share * rows)
    return with_column(quiet, "temp", bins=_less(temp.bins, lost), nulls=lost)


def _less(bins: tuple[int, ...], lost: int) -> tuple[int, ...]:
    left = list(bins)
    for _ in range(lost):
        left[max(range(len(left)), key=left.__getitem__)] -= 1
    return tuple(left)


def severity(
    days: int,
    share: float,
    before: float | None = None,
    policy: DriftPolicy | None = None,
) -> Severity | None:
    """Of a share of missing values, after a reference of so many days that lack none."""
    known = {} if before is None else {"drift/temp/null_rate": before}
    current = with_nulls(share)
    found = judge_drift(
        reference(days),
        current,
        ROLES,
        policy or DriftPolicy(),
        None,
        Moment(before=known),
    )
    told = [f for f in found if f.statistic == "null_rate" and f.matters]
    return told[0].severity if told else None


@pytest.mark.parametrize("days", [15, 30, 45])
def test_a_first_day_is_watched_where_few_days_are_known(days: int) -> None:
    """A fifth of the values missing may be a day that comes once a month."""
    assert severity(days, FIFTH) is Severity.WARNING


@pytest.mark.parametrize("days", [15, 30, 90])
def test_a_second_day_pages(days: int) -> None:
    """Two such days in a row are none that comes once a month."""
    assert severity(days, FIFTH, before=FIFTH) is Severity.CRITICAL


def test_a_handful_of_days_pages_for_half_of_the_rows_alone() -> None:
    """How far a day may stray, five days do not tell, however often it comes."""
    assert severity(5, FIFTH, before=FIFTH) is Severity.WARNING
    assert severity(5, 0.6) is Severity.CRITICAL


def test_a_first_day_pages_after_a_quarter() -> None:
    """Ninety days without one tell that it is rarer than pages may be."""
    assert severity(90, FIFTH) is Severity.CRITICAL


def test_what_waits_says_so() -> None:
    """A person reads why nobody is called yet."""
    current = with_nulls(FIFTH)
    told = judge_drift(reference(30), current, ROLES, DriftPolicy())
    message = next(f.message for f in told if f.statistic == "null_rate")

    assert message == (
        "20% of the values of temp are missing (bound 0.5%); 30 days cannot tell such a "
        "one from a rare one: a second in a row pages"
    )


def test_half_of_the_rows_page_at_once() -> None:
    """However few days are known."""
    assert severity(15, 0.6) is Severity.CRITICAL


def test_a_budget_of_fewer_pages_asks_for_more_days() -> None:
    """One page a year is not spent on what a quarter cannot tell."""
    policy = DriftPolicy(budget=AlarmBudget(pages_per_day=1 / 365))

    assert severity(90, FIFTH, policy=policy) is Severity.WARNING


def test_a_bound_of_the_monitor_file_pages_at_once() -> None:
    """What people have fixed needs no days."""
    policy = DriftPolicy(fixed={"temp": {"null_rate": 0.01}})

    assert severity(15, FIFTH, policy=policy) is Severity.CRITICAL


def test_more_days_never_ask_for_more() -> None:
    """From half of the rows down to none."""
    least = [least_at_once(days, 1 / 91) for days in range(200)]

    assert least == sorted(least, reverse=True)
    assert least[0] == 0.5
    assert least[-1] == 0.0


@pytest.mark.parametrize(("rows", "paged"), [(28, False), (280, True)])
def test_a_handful_of_rows_calls_nobody(rows: int, paged: bool) -> None:
    """Two rows of 28 may be one order; twenty of 280 are not."""
    plain = ColumnPlan(Kind.OPAQUE, "")
    known, rng = [ColumnProfile(rows)] * 90, np.random.default_rng(0)
    spread = measure_spread(named("null_rate"), known, plain, rng)
    check = Check("x", "feature", plain, ColumnProfile(90 * rows), spread)
    rates = Rates(0.0007, 0.0004, 1 / 91)

    weight = weigh(check, 2 / 28, rows, rates)

    assert not weight.bounds.contain(2 / 28)
    assert (weight.severity is Severity.CRITICAL) is paged
