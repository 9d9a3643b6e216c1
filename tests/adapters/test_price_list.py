"""Arithmetic of the price list."""

from calendar import monthrange
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from driftline.adapters.costs.price_list import Settings, build
from driftline.core.cost import Spend
from driftline.core.roles import Roles, Task
from driftline.ports import Context

CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
MONEY = st.decimals(-10_000, 10_000, places=2)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def spends(day: date, *items: dict[str, object], **settings: object) -> list[Spend]:
    """What a list of these items says on a day."""
    return build(Settings(items=list(items), **settings), CONTEXT).spend(day)


def test_each_unit_of_time() -> None:
    """Hours, days and months are told apart, times the quantity."""
    (spend,) = spends(
        date(2026, 11, 10),
        {
            "name": "gpu",
            "unit_price": 2.5,
            "per": "hour",
            "hours_per_day": 8,
            "quantity": 2,
        },
        {"name": "cpu", "unit_price": "0.1", "per": "hour"},
        {"name": "disk", "unit_price": 3, "per": "day"},
        {"name": "licence", "unit_price": 60, "per": "month"},
        {"name": "credit", "unit_price": -30},
    )

    assert spend.amount == Decimal("400") + 24 + 30 + 20 - 10
    assert spend.forecast == Decimal("1200") + 72 + 90 + 60 - 30


@given(DAYS, st.lists(MONEY, min_size=1, max_size=5), st.sampled_from(["day", "month"]))
def test_the_last_day_meets_the_forecast(
    day: date, prices: list[Decimal], per: str
) -> None:
    """On a month's last day everything that was forecast is spent, exactly."""
    last = day.replace(day=monthrange(day.year, day.month)[1])
    items = [{"name": "x", "unit_price": price, "per": per} for price in prices]

    (spend,) = spends(last, *items)

    assert spend.amount == spend.forecast


def test_currencies_stay_apart() -> None:
    """Euros are never added to dollars."""
    found = spends(
        date(2026, 11, 30),
        {"name": "a", "unit_price": 1},
        {"name": "b", "unit_price": 2, "currency": "EUR"},
    )

    assert [(s.name, s.amount, s.currency) for s in found] == [
        ("price list EUR", 2, "EUR"),
        ("price list USD", 1, "USD"),
    ]


def test_one_limit_cannot_hold_for_two_currencies() -> None:
    """A limit over a mixed list is refused with the remedy."""
    items = [
        {"name": "a", "unit_price": 1},
        {"name": "b", "unit_price": 2, "currency": "EUR"},
    ]

    with pytest.raises(ValidationError, match="one price list per currency"):
        Settings(items=items, monthly_limit=10)


@pytest.mark.parametrize("price", ["NaN", "Infinity", "much"])
def test_a_price_is_a_number(price: str) -> None:
    """What is not a finite number is refused."""
    with pytest.raises(ValidationError, match="unit_price"):
        Settings(items=[{"name": "a", "unit_price": price}])
