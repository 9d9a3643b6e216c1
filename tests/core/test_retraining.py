"""Every interlock holds, and each says so in a sentence."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.retraining.economics import (
    Balance,
    Price,
    Shortfall,
    Waiting,
    balance,
)
from driftline.core.retraining.request import (
    Reason,
    RetrainingPolicy,
    Situation,
    Standing,
    decide_retraining,
)


def finding(
    topic: Topic,
    statistic: str = "value",
    outcome: Outcome = Outcome.BREACHED,
    severity: Severity = Severity.CRITICAL,
) -> Finding:
    """A finding that says which it is."""
    words = f"{topic} {statistic}"
    return Finding(topic, "subject", statistic, outcome, severity, words)


HARM = finding(Topic.PERFORMANCE, "cusum")
NULLS = finding(Topic.DRIFT, "null_rate")
INVALID = finding(Topic.VALIDATION)
NAMED = finding(Topic.DRIFT, DIAGNOSIS, severity=Severity.WARNING)
OVERSPENT = finding(Topic.COST, "spend")


def weighed(price: int) -> Balance:
    """Two days that have cost 50 each, against a run at that price."""
    lost = Shortfall(date(2026, 3, 1), 0.1, 0.01, Decimal(500))
    return balance(
        Waiting((lost, lost)), Price((("a run", Decimal(price + 1)),), "USD")
    )


READY = Situation(findings=(HARM,), labelled=5000)


def test_harm_alone_requests_a_run() -> None:
    """A lasting loss on sound data with labels enough is retrained."""
    found = decide_retraining(READY)
    assert found.requested
    assert "performance cusum" in found.sentence
    assert "5,000 labelled rows" in found.sentence


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (replace(READY, findings=()), Reason.NOT_NEEDED),
        (replace(READY, standing=Standing.UNDER_WAY), Reason.IN_FLIGHT),
        (replace(READY, standing=Standing.WAITS), Reason.IN_FLIGHT),
        (replace(READY, findings=(HARM, INVALID)), Reason.VALIDATION_FAILED),
        (replace(READY, recent=(INVALID,)), Reason.VALIDATION_FAILED),
        (replace(READY, recent=(finding(Topic.SLICE),)), Reason.SLICE_BROKEN),
        (replace(READY, findings=(HARM, NULLS)), Reason.DATA_INCIDENT),
        (replace(READY, data_incident_open=True), Reason.DATA_INCIDENT),
        (replace(READY, labelled=999), Reason.TOO_FEW_LABELS),
        (replace(READY, days_since_last=6), Reason.COOL_DOWN),
        (replace(READY, helped=(True, False, False, False)), Reason.DID_NOT_HELP),
        (replace(READY, findings=(HARM, NAMED)), Reason.DATA_INCIDENT),
        (replace(READY, findings=(HARM, OVERSPENT)), Reason.BUDGET_SPENT),
        (replace(READY, halted="the switch is off"), Reason.HALTED),
        (replace(READY, balance=weighed(price=100)), Reason.NOT_YET),
    ],
)
def test_each_interlock_blocks_with_its_own_reason(
    changed: Situation, reason: Reason
) -> None:
    """One thing in the way is enough, and it is the thing that is named."""
    found = decide_retraining(changed)
    assert found.reason is reason
    assert not found.requested
    assert found.sentence.startswith("No retraining: ")
    assert found.to_json()["requested"] is False


def test_a_run_that_pays_is_requested_with_its_sum() -> None:
    """The sentence has both sides and the day on which they met."""
    found = decide_retraining(replace(READY, balance=weighed(price=99)))
    assert found.requested
    assert "waiting has cost 100.00 USD" in found.sentence
    assert "a run costs 100.00 USD" in found.sentence


def test_a_forecast_over_budget_does_not_block() -> None:
    """It is a warning: the money is not spent yet."""
    forecast = finding(Topic.COST, "forecast", severity=Severity.WARNING)
    assert decide_retraining(replace(READY, findings=(HARM, forecast))).requested


def test_a_monitor_can_switch_it_off() -> None:
    """Disabled wins over everything."""
    found = decide_retraining(READY, RetrainingPolicy(enabled=False))
    assert found.reason is Reason.DISABLED


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.ERRORED, Outcome.OK])
def test_what_is_not_known_never_retrains(outcome: Outcome) -> None:
    """Only a breach counts as harm."""
    harm = finding(Topic.PERFORMANCE, outcome=outcome)
    found = decide_retraining(replace(READY, findings=(harm,)))
    assert found.reason is Reason.NOT_NEEDED


def test_warnings_and_soft_drift_do_not_block() -> None:
    """A changed world shows as soft drift: that is what retraining is for."""
    others = (
        finding(Topic.DRIFT, "psi"),
        finding(Topic.VALIDATION, severity=Severity.WARNING),
        finding(Topic.SLICE, outcome=Outcome.OK),
    )
    assert decide_retraining(replace(READY, findings=(HARM, *others))).requested


def test_interlocks_end() -> None:
    """After the cool-down, and after one of the last runs helped, it goes on."""
    helped = (False, False, True, False)
    assert decide_retraining(replace(READY, days_since_last=7)).requested
    assert decide_retraining(replace(READY, helped=helped)).requested
    assert decide_retraining(replace(READY, helped=(False, False))).requested


def test_errored_validation_blocks_too() -> None:
    """An expectation that could not be evaluated is no proof of sound data."""
    errored = finding(Topic.VALIDATION, outcome=Outcome.ERRORED)
    found = decide_retraining(replace(READY, findings=(HARM, errored)))
    assert found.reason is Reason.VALIDATION_FAILED


def test_a_challenger_in_shadow_is_waited_for() -> None:
    """No second one is trained while one is compared."""
    found = decide_retraining(replace(READY, shadow="v3 is in shadow until 9 March"))

    assert found.reason is Reason.IN_SHADOW
    assert "v3 is in shadow" in found.sentence


def test_a_diagnosis_that_holds_no_more_blocks_nothing() -> None:
    """Only what is out of bounds says that the data is broken."""
    past = replace(NAMED, outcome=Outcome.OK)

    assert decide_retraining(replace(READY, recent=(past,))).requested


def test_a_hard_signal_s_name_on_another_topic_blocks_nothing() -> None:
    """The host's counter of duplicates is no broken data."""
    other = finding(Topic.HEALTH, "duplicates")

    assert decide_retraining(replace(READY, findings=(HARM, other))).requested


def test_money_alone_asks_for_no_run() -> None:
    """A budget that is spent is no harm that a model could mend."""
    found = decide_retraining(replace(READY, findings=(OVERSPENT,)))

    assert found.reason is Reason.NOT_NEEDED
