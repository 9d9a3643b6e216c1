"""AWS Budgets and Cost Explorer through boto3.

A budget is free to ask for; Cost Explorer takes $0.01 for an answer, so it is asked only
for what no budget tells. No call is tried more than twice.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from driftline.adapters.costs._aws_api import Api, day_of, money
from driftline.adapters.costs._aws_explorer import Explorer
from driftline.core.cost import Spend
from driftline.errors import CostUnavailable
from driftline.ports import Context, CostProvider


class Settings(BaseModel):
    """Which budgets, and which part of the bill."""

    model_config = ConfigDict(extra="forbid")

    account_id: str | None = Field(
        default=None,
        pattern=r"^\d{12}$",
        description="The account that holds the budgets; STS is asked when it is absent",
    )
    budgets: list[str] = Field(default=[], description="Names of AWS budgets")
    tag: dict[str, str] = Field(
        default={},
        description="Cost allocation tags that a cost must carry, all of them",
    )
    monthly_limit: Decimal | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="What Cost Explorer's costs of a month may reach",
    )
    currency: str = Field(
        default="USD", pattern="^[A-Z]{3}$", description="Currency of `monthly_limit`"
    )
    region: str = Field(default="us-east-1", description="Where the billing API lives")
    endpoint_url: str | None = Field(
        default=None, description="Another server, for tests"
    )
    access_key_id: SecretStr | None = Field(
        default=None, description="boto3's own chain is used when it is absent"
    )
    secret_access_key: SecretStr | None = Field(default=None, description="Its secret")
    session_token: SecretStr | None = Field(default=None, description="Of a role")
    timeout_s: float = Field(
        default=10.0, gt=0, description="For one answer, in seconds"
    )
    max_pages: int = Field(
        default=3, ge=1, description="Pages of Cost Explorer to pay for in one answer"
    )

    @model_validator(mode="after")
    def _keys_come_together(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key come together")
        return self

    @property
    def ask_explorer(self) -> bool:
        """Whether Cost Explorer is asked, and paid, beside the budgets."""
        return bool(self.tag or self.monthly_limit is not None or not self.budgets)


class Aws(CostProvider):
    """Spend as AWS reports it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        keys = (
            settings.access_key_id,
            settings.secret_access_key,
            settings.session_token,
        )
        self._api = Api(
            settings.region, settings.endpoint_url, keys, settings.timeout_s
        )

    def spend(self, day: date) -> list[Spend]:
        """Budgets in their order, then Cost Explorer's costs from the first to `day`.

        A budget only knows the month that is running, which on the first is not that of
        the day before; a day further back raises.
        """
        try:
            return list(self._spends(day))
        except (KeyError, TypeError) as error:  # botocore takes any page for an answer
            raise CostUnavailable(
                f"something that is not AWS's billing answered ({type(error).__name__}: "
                f"{error}); check `endpoint_url` and the proxy",
                retryable=True,
            ) from None

    def _spends(self, day: date) -> Iterator[Spend]:
        settings = self._settings
        if settings.budgets:
            account = settings.account_id or self._own_account()
            for name in settings.budgets:
                yield self._budget(account, name, day)
        if settings.ask_explorer:
            explorer = Explorer(self._api, settings.tag, settings.max_pages)
            yield explorer.spend(day, settings.monthly_limit, settings.currency)

    def _own_account(self) -> str:
        answer = self._api.ask(("sts", "get_caller_identity"), "the account's number")
        return str(answer["Account"])

    def _budget(self, account: str, name: str, day: date) -> Spend:
        answer = self._api.ask(
            ("budgets", "describe_budget"),
            f"budget {name!r} of account {account}",
            AccountId=account,
            BudgetName=name,
        )
        _check_month(name, day, day_of(answer))
        return _budget_spend(name, answer["Budget"])


def _check_month(name: str, day: date, today: date | None) -> None:
    if today is None:
        return
    yesterday = today - timedelta(days=1)
    if (day.year, day.month) not in {(at.year, at.month) for at in (today, yesterday)}:
        raise CostUnavailable(
            f"budget {name!r} only knows {today:%B %Y}, not {day:%B %Y}; "
            "set `tag` or `monthly_limit` to have past months from Cost Explorer"
        )


def _budget_spend(name: str, budget: dict[str, Any]) -> Spend:
    if budget["BudgetType"] != "COST":
        raise CostUnavailable(
            f"budget {name!r} is of type {budget['BudgetType']}; only COST has money in it"
        )
    if budget["TimeUnit"] != "MONTHLY":
        raise CostUnavailable(
            f"budget {name!r} is {budget['TimeUnit']}; only MONTHLY ones can be compared "
            "with a month's spend"
        )
    spent = budget.get("CalculatedSpend", {})
    actual, forecast = spent.get("ActualSpend"), spent.get("ForecastedSpend")
    limit = budget.get("BudgetLimit")
    if actual is None:
        raise CostUnavailable(
            f"budget {name!r} has no spend yet; AWS fills it within 24 hours"
        )
    return Spend(
        name=name,
        amount=money(actual),
        currency=actual["Unit"],
        limit=None if limit is None else money(limit),
        forecast=None if forecast is None else money(forecast),
        # Budgets are refreshed a few times a day and closed with the month's invoice.
        estimated=True,
        forecast_basis="" if forecast is None else "AWS budget",
    )


def build(settings: Settings, context: Context) -> Aws:
    """A provider that has not connected yet."""
    return Aws(settings)
