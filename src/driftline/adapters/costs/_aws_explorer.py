"""AWS Cost Explorer: a month's days, and what the month will come to.

Every page of every answer costs $0.01, so a month is one page of days, and pages are
capped.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from driftline.adapters.costs._aws_api import Api, day_of, money, period
from driftline.core.cost import Spend
from driftline.errors import CostUnavailable

# A run rate over fewer days is the noise of those days: monthly fees fall on the first.
DAYS_FOR_RUN_RATE = 3


@dataclass(frozen=True, slots=True)
class _DayCost:
    """What one day cost, as Cost Explorer knows it so far."""

    day: date
    amount: Decimal
    currency: str
    estimated: bool


@dataclass(frozen=True, slots=True)
class Explorer:
    """Unblended costs, credits and refunds included, of what carries all the tags."""

    api: Api
    tag: dict[str, str]
    max_pages: int

    def spend(self, day: date, limit: Decimal | None, currency: str) -> Spend:
        """From the first of the month to the end of `day`. `currency` is the limit's."""
        days, today = self._days(day)
        billed = _one_currency(days, currency)
        if limit is not None and billed != currency:
            raise CostUnavailable(
                f"Cost Explorer bills in {billed} but monthly_limit is in {currency}: "
                f"set `currency: {billed}` and the limit in it"
            )
        forecast, basis = self._forecast(days, day, today)
        return Spend(
            name=self._name(),
            amount=sum((cost.amount for cost in days), Decimal()),
            currency=billed,
            limit=limit,
            forecast=forecast,
            estimated=any(cost.estimated for cost in days),
            forecast_basis=basis,
        )

    def _name(self) -> str:
        tags = ", ".join(f"{key}={value}" for key, value in sorted(self.tag.items()))
        return f"AWS {tags}" if tags else "AWS"

    def _days(self, day: date) -> tuple[list[_DayCost], date | None]:
        """The days of the month up to `day`, and the day that it is for the server."""
        days: list[_DayCost] = []
        today = None
        for page in self._pages(day):
            days += [_day_cost(result) for result in page["ResultsByTime"]]
            today = day_of(page)
        if not days:
            raise CostUnavailable(
                f"Cost Explorer has no day of {day:%B %Y} up to {day} yet; billing data "
                "take up to 24 hours to appear, the next day's run asks again"
            )
        return days, today

    def _pages(self, day: date) -> Iterator[dict[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(self.max_pages):
            page = self.api.ask(
                ("ce", "get_cost_and_usage"),
                "Cost Explorer's costs",
                TimePeriod=period(day.replace(day=1), day + timedelta(days=1)),
                Granularity="DAILY",
                Metrics=["UnblendedCost"],
                **self._filter(),
                **token,
            )
            yield page
            if not page.get("NextPageToken"):
                return
            token = {"NextPageToken": page["NextPageToken"]}
        raise CostUnavailable(
            f"Cost Explorer's costs are longer than {self.max_pages} pages, at "
            "$0.01 each: raise `max_pages` to pay for more"
        )

    def _filter(self) -> dict[str, Any]:
        tags = [
            {"Tags": {"Key": key, "Values": [value], "MatchOptions": ["EQUALS"]}}
            for key, value in sorted(self.tag.items())
        ]
        if not tags:
            return {}
        return {"Filter": tags[0] if len(tags) == 1 else {"And": tags}}

    def _forecast(
        self, days: list[_DayCost], day: date, today: date | None
    ) -> tuple[Decimal | None, str]:
        """The whole month: known days and AWS's forecast, or else the run rate.

        AWS forecasts from the present day on only, so a past day never costs a call.
        """
        if today is None or not _is_live(day, today):
            return _run_rate(days, day)
        try:
            rest = self._forecast_from(today)
        except CostUnavailable as error:
            amount, basis = _run_rate(days, day)
            return amount, f"{basis}; {error}" if basis else str(error)
        known = (cost.amount for cost in days if cost.day < today)
        return sum(known, rest), "AWS forecast"

    def _forecast_from(self, today: date) -> Decimal:
        next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        answer = self.api.ask(
            ("ce", "get_cost_forecast"),
            "Cost Explorer's forecast",
            TimePeriod=period(today, next_month),
            Granularity="DAILY",
            Metric="UNBLENDED_COST",
            **self._filter(),
        )
        return money(answer["Total"])


def _day_cost(result: dict[str, Any]) -> _DayCost:
    cost = result["Total"]["UnblendedCost"]
    return _DayCost(
        day=date.fromisoformat(result["TimePeriod"]["Start"][:10]),
        amount=money(cost),
        currency=cost["Unit"],
        estimated=bool(result.get("Estimated", False)),
    )


def _one_currency(days: list[_DayCost], default: str) -> str:
    """The currency of all days; days without a cost may lack one."""
    units = {cost.currency for cost in days if cost.amount}
    if len(units) > 1:
        raise CostUnavailable(
            f"Cost Explorer mixes {' and '.join(sorted(units))}; "
            "filter by a `tag` whose costs are in one currency"
        )
    return units.pop() if units else default


def _is_live(day: date, today: date) -> bool:
    """Whether the days before `today` are all known on `day`, in one month."""
    return day.month == today.month and day in (today, today - timedelta(days=1))


def _run_rate(days: list[_DayCost], day: date) -> tuple[Decimal | None, str]:
    """The known days, and their mean for the rest of the month.

    `day` itself may be incomplete: it counts as a mean day unless it costs more.
    """
    complete = [cost.amount for cost in days if cost.day < day]
    if len(complete) < DAYS_FOR_RUN_RATE:
        return None, ""
    known = sum(complete, Decimal())
    mean = known / len(complete)
    last = sum((cost.amount for cost in days if cost.day >= day), Decimal())
    rest = mean * (monthrange(day.year, day.month)[1] - day.day)
    return known + max(last, mean) + rest, f"run rate of {len(complete)} days"
