"""Machine and money around the model: told, and never in the way of the verdict."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from driftline.app.monitor_day import monitor_day
from driftline.app.surroundings import check_costs, look_around, read_costs
from driftline.core.cost import Spend
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.health import Reading, Traffic
from driftline.core.health import judge as judge_reading
from driftline.core.verdict import Word
from driftline.errors import CostUnavailable
from driftline.ports import CostProvider, HealthProbe
from tests.app.world import World, day, days_of, rows_of, window


class Bill(CostProvider):
    """Always says the same."""

    def __init__(self, *spends: Spend | CostUnavailable) -> None:
        self._spends = spends

    def spend(self, day: date) -> list[Spend]:
        for spend in self._spends:
            if isinstance(spend, CostUnavailable):
                raise spend
        return list(self._spends)


class Gauge(HealthProbe):
    """Always reads the same."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = readings

    def read(self) -> list[Reading]:
        return list(self._readings)


def spent(amount: str, limit: str | None = "100", forecast: str | None = None) -> Spend:
    return Spend(
        "inference",
        Decimal(amount),
        "EUR",
        None if limit is None else Decimal(limit),
        None if forecast is None else Decimal(forecast),
    )


def outcomes(findings: list[Finding]) -> dict[str, tuple[Outcome, Severity]]:
    return {f.statistic: (f.outcome, f.severity) for f in findings}


@pytest.mark.parametrize(
    ("spend", "word"),
    [
        (spent("99.99"), Word.HEALTHY),
        (spent("100"), Word.HEALTHY),
        (spent("100.01"), Word.ACT),
        (spent("50", forecast="120"), Word.WATCH),
        (spent("50", limit=None), Word.HEALTHY),
        (spent("50", limit="0"), Word.HEALTHY),
        (spent("-3", forecast="-1"), Word.HEALTHY),
    ],
)
def test_over_budget_is_critical_and_a_forecast_over_it_a_warning(spend, word):
    """No budget, or one of 0, is never exceeded; credits are no alarm."""
    world = World(days_of(range(1)))
    job = replace(world.job, costs=(Bill(spend),))
    assert check_costs(job, day(0)).word is word


def test_a_bill_that_cannot_be_read_is_unknown_and_the_others_are_read():
    """The message is the provider's own; nothing is raised."""
    findings = read_costs(
        [Bill(CostUnavailable("throttled")), Bill(spent("120"))], day(0)
    )
    assert [f.outcome for f in findings] == [Outcome.UNKNOWN, Outcome.BREACHED]
    assert findings[0].message == "throttled"


def test_cost_alone_unknown_is_no_healthy_verdict():
    """Nothing measured is `cannot-tell`, with the reason."""
    world = World(days_of(range(1)))
    job = replace(world.job, costs=(Bill(CostUnavailable("throttled")),))
    verdict = check_costs(job, day(0))
    assert (verdict.word, verdict.headline) == (
        Word.CANNOT_TELL,
        "cannot-tell: throttled",
    )


@pytest.mark.parametrize(
    ("reading", "outcome", "message"),
    [
        (
            Reading("host", "cpu", 91.0, "%", 90.0),
            Outcome.BREACHED,
            "host cpu is 91%, limit 90%",
        ),
        (
            Reading("host", "cpu", 90.0, "%", 90.0),
            Outcome.OK,
            "host cpu is 90%, limit 90%",
        ),
        (Reading("host", "load", 3.0), Outcome.OK, "host load is 3"),
        (Reading("host", "cpu", None), Outcome.UNKNOWN, "host cpu could not be read"),
        (
            Reading("gpu", "memory", None, note="driver lost"),
            Outcome.UNKNOWN,
            "driver lost",
        ),
        (
            Reading("gpu", "count", None, note="no GPU", expected_absent=True),
            Outcome.OK,
            "no GPU",
        ),
    ],
)
def test_a_reading_is_judged_by_its_limit(reading, outcome, message):
    """Above is a warning; absent is unknown, or stated where nothing is expected."""
    finding = judge_reading(reading)
    assert (finding.outcome, finding.message) == (outcome, message)
    assert finding.severity is not Severity.CRITICAL


def test_surroundings_are_findings_of_the_day():
    """An overspent budget makes a sound day `act`, in an incident of its own."""
    world = World(days_of(range(1)))
    world.job = replace(
        world.job,
        costs=(Bill(spent("120")),),
        probes=(Gauge(Reading("host", "cpu", 10.0, "%", 90.0)),),
    )
    assert len(look_around(world.job, day(0))) == 2
    report = world.judge(0)
    assert report.verdict.word is Word.ACT
    assert {f.topic for f in report.findings} >= {Topic.COST, Topic.HEALTH}
    assert world.titles() == ["deliveries: act — cost trouble: inference"]
    assert world.dispatcher.asked == []


def test_an_unreadable_bill_leaves_the_verdict_of_the_slice():
    """The day is healthy, and the report says that cost is unknown."""
    world = World(days_of(range(1)))
    world.job = replace(world.job, costs=(Bill(CostUnavailable("throttled")),))
    assert world.judge(0).verdict.word is Word.HEALTHY


class Server(HealthProbe):
    """Counts requests; None while it is away."""

    def __init__(self) -> None:
        self.failed, self.asked = 0.0, 0.0
        self.away = False

    def serve(self, asked: float, failed: float) -> None:
        """So many more requests, of which so many failed."""
        self.asked, self.failed = self.asked + asked, self.failed + failed

    def restart(self) -> None:
        """It counts from 0 again."""
        self.asked = self.failed = 0.0

    def read(self) -> list[Reading]:
        counted = Traffic(self.failed, self.asked, share=True)
        traffic = None if self.away else counted
        return [Reading("s", "failed", None, "%", 1.0, "s is away", traffic=traffic)]


def served(days: int) -> tuple[World, Server]:
    """A world whose model is served by a server that failed often before the first day."""
    world, server = World(days_of(range(days))), Server()
    world.job = replace(world.job, probes=(server,))
    server.serve(1000, 500)
    return world, server


def failures(world: World, number: int) -> Finding:
    """What a day says of the server."""
    [found] = [f for f in world.judge(number).findings if f.topic is Topic.HEALTH]
    return found


def test_a_servers_counters_are_read_since_the_last_verdict():
    """The first time since its start, then each day's own; an idle day is unknown."""
    world, server = served(4)
    found = [failures(world, 0)]
    for number, (asked, failed) in enumerate([(200, 1), (0, 0), (100, 5)], 1):
        server.serve(asked, failed)
        found.append(failures(world, number))

    assert [f.value for f in found] == [50, 0.5, None, 5]
    assert [f.outcome.value for f in found] == ["breached", "ok", "unknown", "breached"]
    assert found[0].message.endswith("over 1,000 requests since the server started")
    assert found[3].message.endswith("over 100 requests since 2026-03-04 06:00 UTC")


def test_a_server_that_was_away_or_started_anew_is_told_as_it_is():
    """The day after takes up where it was last read, or from the new start."""
    world, server = served(4)
    failures(world, 0)
    server.away = True
    server.serve(100, 1)
    away = failures(world, 1)
    server.away = False
    server.serve(100, 1)
    back = failures(world, 2)
    server.restart()
    server.serve(50, 1)
    anew = failures(world, 3)

    assert (away.outcome, away.message) == (Outcome.UNKNOWN, "s is away")
    assert back.message.endswith(
        "1%, limit 1%, over 200 requests since 2026-03-02 12:00 UTC"
    )
    assert anew.message.endswith(
        "2%, limit 1%, over 50 requests since the server started"
    )


def test_days_made_up_for_at_once_all_look_back_to_the_run_before():
    """Else the last of them, which people see, would know of the last seconds only."""
    world, server = served(4)
    failures(world, 0)
    server.serve(400, 2)
    world.clock.tick(timedelta(days=3))
    reports = [monitor_day(world.job, window(number)) for number in (1, 2, 3)]

    late = [f for r in reports for f in r.findings if f.topic is Topic.HEALTH]
    assert [f.value for f in late] == [0.5, 0.5, 0.5]


def test_a_day_that_is_restated_keeps_what_was_read_then():
    """Labels come every day for weeks; what a server had counted is of the first time."""
    world, server = served(2)
    first = failures(world, 0)
    server.serve(200, 1)
    world.clock.tick(timedelta(hours=17))
    world.deliver(0, rows_of(0, rows=290))
    restated = monitor_day(world.job, window(0))

    assert (restated.revision, first in restated.findings) == (2, True)
    assert failures(world, 1).value == 0.5
