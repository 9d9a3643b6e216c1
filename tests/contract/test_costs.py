"""What every cost provider must do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from driftline.core.cost import judge
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.ports import Context, CostProvider
from tests.servers.aws import cost_page, fake_aws

PACKAGE = "driftline.adapters.costs"
CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
DAY = date(2026, 11, 20)


@contextmanager
def _aws() -> Iterator[dict[str, Any]]:
    days = {date(2026, 11, 1) + timedelta(n): "1.10" for n in range(20)}
    forecast = {"Total": {"Amount": "11", "Unit": "USD"}}
    with fake_aws(GetCostAndUsage=[cost_page(days)], GetCostForecast=[forecast]) as aws:
        keys = {"access_key_id": "AKIAPLANTED", "secret_access_key": "planted"}
        yield {"endpoint_url": aws.url, "monthly_limit": 30, **keys}


@contextmanager
def _price_list() -> Iterator[dict[str, Any]]:
    item = {"name": "servers", "unit_price": "1.10", "per": "day"}
    yield {"items": [item], "monthly_limit": 30}


# What it takes to have each of them work; a file without an entry fails the suite.
SEEDS = {"aws": _aws, "price_list": _price_list}


@pytest.fixture(params=names(PACKAGE))
def provider(request: pytest.FixtureRequest) -> Iterator[CostProvider]:
    """Every registered provider, with 1.10 spent on each of 20 days."""
    module = load(PACKAGE, request.param)
    with SEEDS[request.param]() as settings:
        yield module.build(module.Settings(**settings), CONTEXT)


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt key is an error, never ignored."""
    with pytest.raises(ValidationError, match="no_such_key"):
        load(PACKAGE, name).Settings(no_such_key=1)


def test_money_is_exact(provider: CostProvider) -> None:
    """Twenty times 1.10 is 22, to the last digit, in a named currency."""
    (spend,) = provider.spend(DAY)

    assert spend.amount == Decimal("22.00")
    assert spend.currency == "USD"
    assert isinstance(spend.amount, Decimal)


def test_the_forecast_is_of_the_whole_month(provider: CostProvider) -> None:
    """It is no less than what was spent, says who made it, and is held to the limit."""
    (spend,) = provider.spend(DAY)

    assert spend.limit == 30
    assert spend.forecast is not None
    assert spend.forecast > spend.amount
    assert spend.forecast_basis
    assert [finding.matters for finding in judge(spend)] == [False, spend.forecast > 30]


def test_asking_twice_gives_the_same(provider: CostProvider) -> None:
    """Nothing is added up over calls."""
    assert provider.spend(DAY) == provider.spend(DAY)
