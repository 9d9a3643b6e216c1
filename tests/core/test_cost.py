"""Money is exact, and a budget of nothing is no budget."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.cost import Spend, judge
from driftline.core.finding import Outcome, Severity, Topic

amounts = st.decimals(-10_000, 10_000, places=2)


@given(amounts, st.none() | amounts, st.none() | amounts)
def test_a_budget_is_exceeded_by_a_cent_and_not_by_nothing(amount, limit, forecast):
    """Compared as decimals; without a positive limit nothing is ever exceeded."""
    findings = judge(Spend("ml", amount, "EUR", limit, forecast))
    breached = {f.statistic for f in findings if f.outcome is Outcome.BREACHED}
    stated = {"spend": amount, "forecast": forecast}
    over = {
        name
        for name, value in stated.items()
        if limit is not None and limit > 0 and value is not None and value > limit
    }
    assert breached == over
    assert all(f.topic is Topic.COST for f in findings)


def test_the_sentence_has_amount_currency_and_limit():
    """And what is spent weighs more than what is forecast."""
    spend = Spend("ml", Decimal("120.5"), "EUR", Decimal(100), Decimal(300))
    spent, forecast = judge(spend)
    assert spent.message == "ml: 120.50 EUR spent this month of 100.00 EUR allowed"
    assert (
        forecast.message
        == "ml: 300.00 EUR forecast for this month of 100.00 EUR allowed"
    )
    assert (spent.severity, forecast.severity) == (Severity.CRITICAL, Severity.WARNING)


def test_without_a_budget_the_spend_is_shown():
    """The message says that there is none."""
    [finding] = judge(Spend("ml", Decimal("3"), "USD", None, Decimal("9")))
    assert finding.message == "ml: 3.00 USD spent this month, no budget set"
    assert finding.severity is Severity.INFO
