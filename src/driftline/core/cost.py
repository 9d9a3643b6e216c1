"""Money: what was spent, what is forecast, what was allowed."""

from dataclasses import dataclass
from decimal import Decimal

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic


@dataclass(frozen=True, slots=True)
class Spend:
    """Month to date and the forecast for the whole month, for one named budget.

    `limit` and `forecast` are None where the provider knows none. `estimated` is True
    while the provider may still change the figure. `forecast_basis` says who made the
    forecast and from what.
    """

    name: str
    amount: Decimal
    currency: str
    limit: Decimal | None = None
    forecast: Decimal | None = None
    estimated: bool = False
    forecast_basis: str = ""


def judge(spend: Spend) -> list[Finding]:
    """Over budget is critical, a forecast over budget is a warning."""
    if spend.limit is None or spend.limit <= 0:
        return [_finding(spend, "spend", spend.amount, Severity.INFO)]
    findings = [_finding(spend, "spend", spend.amount, Severity.CRITICAL)]
    if spend.forecast is not None:
        findings.append(_finding(spend, "forecast", spend.forecast, Severity.WARNING))
    return findings


def _finding(
    spend: Spend, statistic: str, amount: Decimal, severity: Severity
) -> Finding:
    limit = spend.limit if spend.limit and spend.limit > 0 else None
    over = limit is not None and amount > limit
    words = {"spend": "spent this month", "forecast": "forecast for this month"}
    allowed = (
        f" of {limit:.2f} {spend.currency} allowed" if limit else ", no budget set"
    )
    return Finding(
        topic=Topic.COST,
        subject=spend.name,
        statistic=statistic,
        outcome=Outcome.BREACHED if over else Outcome.OK,
        severity=severity,
        message=f"{spend.name}: {amount:.2f} {spend.currency} {words[statistic]}{allowed}",
        value=float(amount),
        bounds=Bounds(upper=None if limit is None else float(limit), origin="budget"),
        evidence={
            "currency": spend.currency,
            "estimated": spend.estimated,
            "forecast_basis": spend.forecast_basis,
        },
    )
