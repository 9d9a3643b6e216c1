"""Readings against their limits, and counters of servers that start anew."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Finding, Outcome
from driftline.core.health import Counted, Reading, Traffic, counted, judge

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
COUNTS = st.integers(0, 10**9).map(float)


def traffic(amount: float, requests: float, *, share: bool = True) -> Traffic:
    return Traffic(amount, requests, share)


def failures(now: Traffic, before: Traffic | None = None) -> Finding:
    """The finding on failure share, at most 1 % of them."""
    reading = Reading("triton m", "failure share", None, "%", 1.0, traffic=now)
    return judge(reading, NOW, before and Counted(before, EARLIER))


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(1.9, "breached"), (2.0, "ok"), (4.0, "ok"), (4.1, "breached")],
)
def test_a_reading_is_held_against_both_limits(value: float, outcome: str) -> None:
    """Both ends are allowed, and the message names them."""
    finding = judge(Reading("s", "replicas", value, upper=4.0, lower=2.0))

    assert finding.outcome == outcome
    assert finding.message == f"s replicas is {value:g}, limit 4, at least 2"


def test_traffic_is_that_since_the_earlier_reading() -> None:
    """Old failures are not told again, however many they were."""
    finding = failures(traffic(903, 10_000), traffic(900, 9_000))

    assert (finding.outcome, finding.value) == (Outcome.OK, 0.3)
    assert finding.message == (
        "triton m failure share is 0.3%, limit 1%, "
        "over 1,000 requests since 2026-03-09 06:00 UTC"
    )


@pytest.mark.parametrize(
    "before",
    [None, traffic(900, 9_000), traffic(1, 9_000), traffic(900, 901), traffic(0, 150)],
)
def test_a_server_that_started_anew_is_read_from_its_start(
    before: Traffic | None,
) -> None:
    """Nothing is known of before; so it is where either counter, or their rest, fell."""
    finding = failures(traffic(100, 200), before)

    assert finding.value == 50
    assert finding.message.endswith("over 200 requests since the server started")


@pytest.mark.parametrize("before", [None, traffic(0, 0), traffic(3, 60)])
def test_without_traffic_nothing_is_known(before: Traffic | None) -> None:
    """An idle server is no fault and no proof of health."""
    finding = failures(before or traffic(0, 0), before)

    assert (finding.outcome, finding.value) == (Outcome.UNKNOWN, None)
    assert "no request since" in finding.message
    assert not finding.matters


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_share_is_always_one(failed: float, fine: float, f: float, s: float) -> None:
    """Whatever was counted before, it is between 0 and 100 %, or unknown."""
    finding = failures(traffic(failed, failed + fine), traffic(f, f + s))

    assert finding.value is None or 0 <= finding.value <= 100


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_mean_is_never_negative(a: float, n: float, b: float, m: float) -> None:
    """A counter that fell is no negative rate."""
    now, before = traffic(a, n, share=False), traffic(b, m, share=False)
    finding = judge(Reading("t", "x", None, traffic=now), NOW, Counted(before, EARLIER))

    assert finding.value is None or finding.value >= 0


def test_what_was_counted_is_read_back_from_the_findings() -> None:
    """Through the ledger's JSON; findings of other kinds have nothing to say."""
    finding = Finding.from_json(failures(traffic(3, 60)).to_json())
    other = judge(Reading("host", "cpu", 5.0))

    [(name, found)] = counted([other, finding]).items()

    assert name == ("triton m", "failure share")
    assert (found.traffic.amount, found.traffic.requests, found.at) == (3, 60, NOW)
