"""Columns that follow the calendar: a new month, or the next number, is no broken data."""

from datetime import date, timedelta

import numpy as np
import pytest

from driftline.core.comparison import DriftPolicy, judge_drift
from driftline.core.finding import Severity
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from tests.core.columns import category_plan, numbers, numeric_plan, words

ROLES = Roles(Task.REGRESSION, timestamp="at", prediction="p", label="y", key=("id",))
FIRST, DAYS, ROWS = date(2026, 4, 20), 60, 50
HELD = [FIRST + timedelta(days=n) for n in range(DAYS)]
PLAN = Plan(
    {
        "month": numeric_plan(np.repeat([d.month for d in HELD], ROWS).astype(float)),
        "name": category_plan(*dict.fromkeys(f"{d:%b}" for d in HELD)),
        "number": numeric_plan(np.arange(DAYS * ROWS, dtype=float)),
    }
)


def day(at: date, strange: int = 0) -> Profile:
    """A day's month as a number and a name, and the number of each order.

    So many rows have month 400, and a name that nobody has seen.
    """
    month = np.full(ROWS, float(at.month))
    month[:strange] = 400.0
    names = ["??"] * strange + [f"{at:%b}"] * (ROWS - strange)
    order = float((at - FIRST).days * ROWS) + np.arange(ROWS)
    columns = {
        "month": numbers(month, PLAN.columns["month"]),
        "name": words(names, PLAN.columns["name"]),
        "number": numbers(order, PLAN.columns["number"]),
    }
    return Profile(ROWS, columns, PLAN.digest)


REFERENCE = Reference(PLAN, {d.isoformat(): day(d) for d in HELD})


def breached(current: Profile, *severities: Severity) -> set[str]:
    found = judge_drift(REFERENCE, current, ROLES, DriftPolicy())
    return {
        f"{f.subject}.{f.statistic}"
        for f in found
        if f.matters and f.severity in severities
    }


def critical(current: Profile) -> set[str]:
    return breached(current, Severity.CRITICAL)


@pytest.mark.parametrize("later", [1, 14, 30, 60, 150])
def test_days_to_come_call_nobody(later: int) -> None:
    """July is beyond April to June, and so is the next order's number."""
    current = day(HELD[-1] + timedelta(days=later))
    assert critical(current) == set()
    assert not {"month.range", "number.range"} & breached(current, *Severity)


def test_some_rows_of_another_month_are_broken_data() -> None:
    """A day has one month: a part of its rows with one that there is not is no season."""
    assert "name.unseen_values" in critical(day(HELD[-1], strange=10))
