"""AWS's money, real moto and a server that fails: one file, for both answer alike.

Over 300 lines because what AWS may answer is told in one place.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import boto3
import pytest
from pydantic import SecretStr, ValidationError

from driftline.adapters.costs.aws import Settings, build
from driftline.core.cost import Spend, judge
from driftline.core.finding import Severity
from driftline.core.roles import Roles, Task
from driftline.errors import CostUnavailable
from driftline.ports import Context
from tests.servers.aws import cost_page, fake_aws, moto, moto_costs, moto_reset

pytestmark = pytest.mark.real("moto")

CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
KEYS = {"access_key_id": "AKIAPLANTED", "secret_access_key": "planted-secret"}
ACCOUNT = "123456789012"
DAY = date(2026, 11, 20)
FORECAST = {"Total": {"Amount": "10", "Unit": "USD"}, "ForecastResultsByTime": []}


def month(amount: str, until: date = DAY) -> dict[date, str]:
    """The same amount on every day of the month until one."""
    return {until.replace(day=n): amount for n in range(1, until.day + 1)}


def spends(url: str, day: date = DAY, **settings: object) -> list[Spend]:
    """What AWS at this URL says on a day."""
    return build(Settings(endpoint_url=url, **KEYS, **settings), CONTEXT).spend(day)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    """A moto server."""
    with moto() as url:
        yield url


@pytest.fixture
def aws(moto_url: str) -> str:
    """An account with nothing in it."""
    moto_reset(moto_url)
    return moto_url


def make_budget(url: str, name: str = "ml", **changes: object) -> None:
    """A monthly budget of 100 with 87.5 spent and 130 forecast."""
    client = boto3.client(
        "budgets",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    budget = {
        "BudgetName": name,
        "BudgetLimit": {"Amount": "100", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
        "CalculatedSpend": {
            "ActualSpend": {"Amount": "87.5", "Unit": "USD"},
            "ForecastedSpend": {"Amount": "130.01", "Unit": "USD"},
        },
        **changes,
    }
    client.create_budget(AccountId=ACCOUNT, Budget=budget)


def today() -> date:
    """The day for which budgets can be asked."""
    return datetime.now(UTC).date()  # noqa: TID251 -- moto takes the real month


@pytest.mark.parametrize("account", [ACCOUNT, None])
def test_a_budget_is_read(aws: str, account: str | None) -> None:
    """Limit, spend and forecast come from the budget; STS names an account left out."""
    make_budget(aws)

    (spend,) = spends(aws, today(), budgets=["ml"], account_id=account)

    assert spend == Spend(
        "ml",
        Decimal("87.5"),
        "USD",
        Decimal(100),
        Decimal("130.01"),
        True,
        "AWS budget",
    )
    assert [finding.severity for finding in judge(spend) if finding.matters] == [
        Severity.WARNING
    ]


def test_a_budget_of_another_month_is_not_made_up(aws: str) -> None:
    """A backfilled day gets no figure of the running month."""
    make_budget(aws)

    with pytest.raises(
        CostUnavailable, match=r"only knows .* not January 2020"
    ) as raised:
        spends(aws, date(2020, 1, 5), budgets=["ml"])

    assert not raised.value.retryable


def test_a_missing_budget_is_named(aws: str) -> None:
    """The message names the budget and where to look."""
    with pytest.raises(CostUnavailable, match=r"'nope'.*NotFound.*console") as raised:
        spends(aws, today(), budgets=["nope"])

    assert not raised.value.retryable


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"BudgetType": "USAGE"}, "only COST"),
        ({"TimeUnit": "QUARTERLY"}, "only MONTHLY"),
    ],
)
def test_a_budget_without_monthly_money_is_refused(
    aws: str, changes: dict[str, object], reason: str
) -> None:
    """Gigabytes and quarters are not taken for a month's money."""
    make_budget(aws, **changes)

    with pytest.raises(CostUnavailable, match=reason):
        spends(aws, today(), budgets=["ml"])


def test_costs_come_from_cost_explorer(aws: str) -> None:
    """Days are added exactly, over pages, and are an estimate while one of them is."""
    moto_costs(
        aws,
        [
            cost_page({date(2026, 11, 1): "12.34"}, token="more"),
            cost_page({date(2026, 11, 2): "1e2"}, estimated=True),
        ],
    )

    (spend,) = spends(aws, date(2026, 11, 2), monthly_limit=100)

    assert spend.amount == Decimal("112.34")
    assert spend.estimated
    assert spend.forecast is None
    assert judge(spend)[0].severity is Severity.CRITICAL
    assert judge(spend)[0].matters


def test_an_unbilled_month_is_unknown_not_zero(aws: str) -> None:
    """No day at all is no answer, rather than nothing spent."""
    with pytest.raises(CostUnavailable, match="no day of November 2026") as raised:
        spends(aws)

    assert not raised.value.retryable


def test_moto_has_no_forecast_and_the_run_rate_stands_in(aws: str) -> None:
    """A forecast that fails leaves the spend; the basis says what it is and why."""
    day = today()
    moto_costs(aws, [cost_page(month("2", day))])

    (spend,) = spends(aws, day)

    assert spend.amount == 2 * day.day
    assert "AWS refused Cost Explorer's forecast" in spend.forecast_basis
    assert (spend.forecast is None) == (day.day <= 3)


def test_the_forecast_is_known_days_and_the_rest() -> None:
    """Days before today are known, today and the rest are forecast: nothing twice."""
    with fake_aws(
        GetCostAndUsage=[cost_page(month("3"))], GetCostForecast=[FORECAST]
    ) as aws:
        (spend,) = spends(aws.url)

    assert spend.amount == 60
    assert spend.forecast == 19 * 3 + 10
    assert spend.forecast_basis == "AWS forecast"
    (asked,) = aws.asked("GetCostForecast")
    assert asked["TimePeriod"] == {"Start": "2026-11-20", "End": "2026-12-01"}


def test_yesterday_is_forecast_from_today() -> None:
    """The usual run, of yesterday's slice: all its days are known."""
    yesterday = DAY - timedelta(days=1)
    page = cost_page(month("3", yesterday))
    with fake_aws(GetCostAndUsage=[page], GetCostForecast=[FORECAST]) as aws:
        (spend,) = spends(aws.url, yesterday)

    assert (spend.amount, spend.forecast) == (57, 67)


def test_a_past_day_costs_no_forecast() -> None:
    """A backfill uses the run rate and makes no call that AWS would refuse."""
    day = date(2026, 10, 10)
    days = {**month("2", day), day: "0.5"}
    with fake_aws(GetCostAndUsage=[cost_page(days)]) as aws:
        (spend,) = spends(aws.url, day)

    assert spend.amount == Decimal("18.5")
    assert spend.forecast == 31 * 2
    assert spend.forecast_basis == "run rate of 9 days"
    assert len(aws.calls) == 1


@pytest.mark.parametrize("code", ["DataUnavailableException", "ValidationException"])
def test_too_little_history_leaves_no_forecast(code: str) -> None:
    """On the second of a new account's first month there is nothing to forecast from."""
    page = cost_page(month("2", date(2026, 11, 2)))
    with fake_aws(GetCostAndUsage=[page], GetCostForecast=[code]) as aws:
        aws.now = "Mon, 02 Nov 2026 12:00:00 GMT"
        (spend,) = spends(aws.url, date(2026, 11, 2), monthly_limit=1000)

    assert spend.forecast is None
    assert code in spend.forecast_basis
    assert [finding.matters for finding in judge(spend)] == [False]


def test_the_first_of_a_month_has_a_period() -> None:
    """The period is never empty and never passes the next month's first."""
    for day, end in (
        (date(2026, 11, 1), "2026-11-02"),
        (date(2026, 12, 31), "2027-01-01"),
    ):
        page = cost_page({day: "1"})
        with fake_aws(GetCostAndUsage=[page], GetCostForecast=[FORECAST]) as aws:
            spends(aws.url, day)
        asked = aws.asked("GetCostAndUsage")[0]["TimePeriod"]

        assert asked == {"Start": day.replace(day=1).isoformat(), "End": end}


def test_credits_may_make_it_negative() -> None:
    """A refund is counted, raises no alarm and divides by nothing."""
    days = {**month("1"), date(2026, 11, 3): "-500.25"}
    with fake_aws(GetCostAndUsage=[cost_page(days)], GetCostForecast=[FORECAST]) as aws:
        (spend,) = spends(aws.url, monthly_limit=10)

    assert spend.amount == Decimal("-481.25")
    assert not [finding for finding in judge(spend) if finding.matters]


def test_a_limit_in_another_currency_is_refused() -> None:
    """Euros are never held against dollars."""
    page = cost_page(month("1"), currency="EUR")
    with fake_aws(GetCostAndUsage=[page], GetCostForecast=[FORECAST]) as aws:
        (spend,) = spends(aws.url, monthly_limit=10, currency="EUR")
        with pytest.raises(CostUnavailable, match=r"bills in EUR .* in USD"):
            spends(aws.url, monthly_limit=10)

    assert spend.currency == "EUR"


def test_tags_filter_the_costs() -> None:
    """All tags have to match, in the costs and in the forecast."""
    page = cost_page(month("1"))
    with fake_aws(GetCostAndUsage=[page], GetCostForecast=[FORECAST]) as aws:
        (spend,) = spends(aws.url, tag={"team": "ml", "model": "flights"})

    tags = [
        {"Tags": {"Key": key, "Values": [value], "MatchOptions": ["EQUALS"]}}
        for key, value in (("model", "flights"), ("team", "ml"))
    ]
    assert [arguments["Filter"] for _, arguments in aws.calls] == [{"And": tags}] * 2
    assert spend.name == "AWS model=flights, team=ml"


def test_pages_are_not_paid_for_without_end() -> None:
    """An answer that never ends stops at the cap, which is named."""
    with (
        fake_aws(GetCostAndUsage=[cost_page(month("1"), token="more")]) as aws,
        pytest.raises(CostUnavailable, match=r"2 pages.*max_pages"),
    ):
        spends(aws.url, max_pages=2)

    assert len(aws.calls) == 2


@pytest.mark.parametrize("amount", ["NaN", "much", "Infinity"])
def test_an_amount_that_is_no_number_is_no_answer(amount: str) -> None:
    """Nonsense is said to be nonsense."""
    with (
        fake_aws(GetCostAndUsage=[cost_page({DAY: amount})]) as aws,
        pytest.raises(CostUnavailable, match=amount),
    ):
        spends(aws.url)


@pytest.mark.parametrize(
    ("code", "retryable", "calls", "advice"),
    [
        ("ThrottlingException", True, 2, "asks again"),
        ("LimitExceededException", True, 2, "asks again"),
        ("InternalFailure", True, 2, "asks again"),
        ("AccessDeniedException", False, 1, "ce:GetCostAndUsage"),
        ("ExpiredTokenException", False, 1, "expired"),
        ("UnrecognizedClientException", False, 1, "secret_access_key"),
        ("DataUnavailableException", False, 1, "24 hours"),
        ("CodeFromTheFuture", False, 1, "docs"),
    ],
)
def test_a_refusal_says_what_to_do(
    code: str, retryable: bool, calls: int, advice: str
) -> None:
    """At most two calls; the code is named, AWS's words and every secret are not."""
    with (
        fake_aws(GetCostAndUsage=[code]) as aws,
        pytest.raises(CostUnavailable, match=code) as raised,
    ):
        spends(aws.url)

    assert raised.value.retryable is retryable
    assert len(aws.calls) == calls
    assert advice in str(raised.value)
    for secret in ("AKIAPLANTED", "planted-secret", "arn:aws"):
        assert secret not in str(raised.value)


def test_nobody_there_is_retryable() -> None:
    """An endpoint that cannot be reached is tried again later."""
    with fake_aws() as gone:
        url = gone.url

    with pytest.raises(CostUnavailable, match="did not answer") as raised:
        spends(url, timeout_s=1)

    assert raised.value.retryable


def test_no_credentials_is_permanent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without keys anywhere the message says where they may be."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with (
        fake_aws() as aws,
        pytest.raises(CostUnavailable, match="access_key_id") as raised,
    ):
        build(Settings(endpoint_url=aws.url), CONTEXT).spend(DAY)

    assert not raised.value.retryable
    assert not aws.calls


def test_half_a_key_is_refused() -> None:
    """A key without its secret is a mistake in the settings, and is not printed."""
    with pytest.raises(ValidationError, match="come together") as raised:
        Settings(access_key_id=SecretStr("AKIAPLANTED"))

    assert "AKIAPLANTED" not in str(raised.value)


def test_cost_explorer_is_asked_only_for_what_no_budget_tells() -> None:
    """Budgets alone cost nothing to ask."""
    assert not Settings(budgets=["ml"]).ask_explorer
    assert Settings(budgets=["ml"], monthly_limit=5).ask_explorer
    assert Settings().ask_explorer


def test_a_proxy_that_drops_the_date_costs_only_the_forecast() -> None:
    """Without AWS's clock the run rate stands in."""
    with fake_aws(GetCostAndUsage=[cost_page(month("2"))]) as aws:
        aws.now = ""
        (spend,) = spends(aws.url)

    assert spend.forecast_basis == "run rate of 19 days"
