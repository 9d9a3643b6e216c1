"""A plain price list, for everything that no billing service reports."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from driftline.core.cost import Spend
from driftline.ports import Context, CostProvider


class Item(BaseModel):
    """One thing that is paid for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="What is paid for", examples=["scoring servers"])
    unit_price: Decimal = Field(
        description="Price of one unit for one `per`; negative for a credit",
        allow_inf_nan=False,
    )
    quantity: Decimal = Field(
        default=Decimal(1), ge=0, description="Units running", allow_inf_nan=False
    )
    per: Literal["hour", "day", "month"] = Field(
        default="month", description="The time that one price pays for"
    )
    hours_per_day: Decimal = Field(
        default=Decimal(24),
        ge=0,
        le=24,
        allow_inf_nan=False,
        description="Hours a day that the units run; read for `per: hour` only",
    )
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="ISO 4217")

    def cost(self, days: int, days_in_month: int) -> Decimal:
        """What the first `days` days of a month cost.

        >>> Item(name="gpu", unit_price="2.50", per="hour", hours_per_day=10).cost(3, 30)
        Decimal('75.00')
        """
        price = self.unit_price * self.quantity
        if self.per == "month":
            return price * days / days_in_month
        return price * days * (self.hours_per_day if self.per == "hour" else 1)


class Settings(BaseModel):
    """The price list, and what a month may cost."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(default="price list", description="The budget's name in findings")
    items: list[Item] = Field(min_length=1, description="What is paid for")
    monthly_limit: Decimal | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="What a month may cost"
    )

    @model_validator(mode="after")
    def _limit_has_one_currency(self) -> Self:
        currencies = sorted({item.currency for item in self.items})
        if self.monthly_limit is not None and len(currencies) > 1:
            raise ValueError(
                f"monthly_limit cannot hold for {' and '.join(currencies)} together; "
                "write one price list per currency"
            )
        return self


class PriceList(CostProvider):
    """Spend by arithmetic: exact, and never different from what was written down."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def spend(self, day: date) -> list[Spend]:
        """Costs up to and including `day`, and of the whole month, per currency."""
        currencies = sorted({item.currency for item in self._settings.items})
        return [
            self._spend_in(currency, day, len(currencies)) for currency in currencies
        ]

    def _spend_in(self, currency: str, day: date, currencies: int) -> Spend:
        items = [item for item in self._settings.items if item.currency == currency]
        month = monthrange(day.year, day.month)[1]
        name = self._settings.name
        return Spend(
            name=name if currencies == 1 else f"{name} {currency}",
            amount=sum((item.cost(day.day, month) for item in items), Decimal()),
            currency=currency,
            limit=self._settings.monthly_limit,
            forecast=sum((item.cost(month, month) for item in items), Decimal()),
            forecast_basis="price list",
        )


def build(settings: Settings, context: Context) -> PriceList:
    """A provider that needs no network."""
    return PriceList(settings)
