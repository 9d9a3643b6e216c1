"""Bands from reference days, the accumulated primary metric, and waiting for labels."""

import numpy as np
import pytest

from driftline.core.bounds.spread import shortfalls, spread_of
from driftline.core.finding import Finding, Outcome, Severity
from driftline.core.labels.harm import HarmPolicy, judge_performance
from driftline.core.labels.realised import Performance
from driftline.core.performance._metric import NO_PAIR, load_metric
from driftline.core.profiles.plan import Plan
from driftline.core.reference import Measured, Reference

ROWS = 900


def day(value: float, rows: int = ROWS, noise: float = 0.5) -> Measured:
    """A metric on a day whose sampling error is `noise` over the root of its rows."""
    half = 1.96 * noise / rows**0.5
    return Measured(value, value - half, value + half, rows)


def days(count: int, spread: float = 0.02, centre: float = 0.7) -> list[Measured]:
    """Independent days around a centre."""
    values = np.random.default_rng(3).normal(centre, spread, count)
    return [day(float(value)) for value in values]


def reference(metrics: dict[str, list[Measured]]) -> Reference:
    """A reference that has these metrics day by day."""
    count = max(map(len, metrics.values()), default=0)
    performance = {
        f"day {index}": {name: found[index] for name, found in metrics.items()}
        for index in range(count)
    }
    return Reference(Plan({}), {}, performance)


def performance(value: float, metric: str = "roc_auc", rows: int = ROWS) -> Performance:
    """A day on which every row has its label."""
    return Performance(rows, rows, 0, {metric: day(value, rows)})


def one(findings: list[Finding], statistic: str, segment: str = "") -> Finding:
    """The only finding of a statistic."""
    (found,) = (
        f for f in findings if f.statistic == statistic and f.segment == segment
    )
    return found


USUAL = reference({"roc_auc": days(40)})


def test_a_usual_day_is_fine() -> None:
    """A value near the centre breaches nothing, and the message has the bounds."""
    findings = judge_performance(performance(0.7), USUAL, "roc_auc")
    assert [f.outcome for f in findings] == [Outcome.OK, Outcome.OK]
    value = one(findings, "value")
    assert "a usual day has at least" in value.message
    assert "40 reference days" in value.bounds.origin
    assert value.bounds.upper is None


def test_one_bad_day_is_a_warning_and_never_more() -> None:
    """However bad a single day is, the accumulated metric does not cross on it."""
    findings = judge_performance(performance(0.1), USUAL, "roc_auc", [0.7] * 10)
    value, cusum = one(findings, "value"), one(findings, "cusum")
    assert (value.outcome, value.severity) == (Outcome.BREACHED, Severity.WARNING)
    assert "below" in value.message
    assert cusum.outcome is Outcome.OK


def test_two_terrible_days_are_critical() -> None:
    """The second day in a row far outside crosses."""
    history = [0.72] * 10 + [0.1]
    findings = judge_performance(performance(0.1), USUAL, "roc_auc", history)
    cusum = one(findings, "cusum")
    assert (cusum.outcome, cusum.severity) == (Outcome.BREACHED, Severity.CRITICAL)
    assert cusum.evidence["since"] == 10
    assert cusum.evidence["windows"] == 2
    assert "over 2 windows" in cusum.message


def test_a_small_lasting_loss_is_found_though_every_day_is_inside() -> None:
    """A loss that no single day's band shows is critical after two weeks of it."""
    history = [0.72] * 10 + [0.66] * 14
    findings = judge_performance(performance(0.66), USUAL, "roc_auc", history)
    assert one(findings, "value").outcome is Outcome.OK
    cusum = one(findings, "cusum")
    assert cusum.outcome is Outcome.BREACHED
    assert cusum.evidence["since"] == 10


def test_history_may_carry_its_rows() -> None:
    """Earlier windows as numbers or as measured values give the same sum."""
    values = [0.7, 0.66, 0.65]
    plain = judge_performance(performance(0.66), USUAL, "roc_auc", values)
    whole = judge_performance(
        performance(0.66), USUAL, "roc_auc", [day(value) for value in values]
    )
    assert plain == whole


def test_a_recovered_model_comes_back_within_days() -> None:
    """After months of harm a week of good days brings the sum below its limit."""
    history = [0.5] * 90 + [0.7] * 7
    findings = judge_performance(performance(0.7), USUAL, "roc_auc", history)
    assert one(findings, "cusum").outcome is Outcome.OK


def test_a_better_day_is_no_finding() -> None:
    """Values on the good side are inside, however far."""
    good = judge_performance(performance(0.99), USUAL, "roc_auc")
    assert not any(finding.matters for finding in good)
    losses = reference({"mae": days(20, centre=10.0, spread=0.5)})
    better = judge_performance(performance(2.0, "mae"), losses, "mae")
    worse = judge_performance(performance(20.0, "mae"), losses, "mae")
    assert not one(better, "value").matters
    assert one(worse, "value").matters
    assert "above" in one(worse, "value").message


@pytest.mark.parametrize("value", [-3.0, 3.0])
def test_bias_is_harmful_on_both_sides(value: float) -> None:
    """A metric that is best at zero is breached above and below."""
    usual = reference({"bias": days(20, centre=0.1, spread=0.2)})
    today = performance(value, "bias")
    findings = judge_performance(today, usual, "bias", [value] * 3)
    assert one(findings, "value").matters
    assert one(findings, "cusum").matters


def test_fewer_rows_today_widen_the_band() -> None:
    """The bounds are those of a day with today's number of rows."""
    lows = []
    for rows in (120, 900, 100_000):
        findings = judge_performance(performance(0.7, rows=rows), USUAL, "roc_auc")
        lows.append(one(findings, "value").bounds.lower or 0.0)
    assert lows[0] < lows[1] < lows[2]


def test_false_alarms_are_as_rare_as_stated() -> None:
    """On unchanged days 1 % leave a band of 1 %, also with twelve reference days."""
    rng = np.random.default_rng(0)
    facts, outside = load_metric("roc_auc").facts, 0
    for _ in range(3000):
        values = rng.normal(0.7, np.hypot(0.02, 0.5 / ROWS**0.5), 13)
        found = spread_of([day(float(value)) for value in values[1:]])
        assert found is not None
        bounds = found.bounds(facts, ROWS, 0.01)
        outside += not bounds.contain(float(values[0]))
    assert 15 <= outside <= 50


def test_run_length_holds_with_an_estimated_and_correlated_reference() -> None:
    """Unchanged days are in alarm no more often than the stated run length allows.

    The reference is 30 days, correlated from one to the next as real days are. Alarms
    once in 365 windows that last about a week are 2 % of days.
    """
    rng, policy, alarms = np.random.default_rng(1), HarmPolicy(), 0
    for _ in range(300):
        noise = rng.normal(0, 0.02, 130)
        for index in range(1, len(noise)):
            noise[index] = 0.3 * noise[index - 1] + noise[index] * 0.91**0.5
        series = [day(0.7 + float(step), 100_000) for step in noise]
        today = Performance(100_000, 100_000, 0, {"roc_auc": series[-1]})
        usual = reference({"roc_auc": series[:30]})
        findings = judge_performance(today, usual, "roc_auc", series[30:-1], policy)
        alarms += one(findings, "cusum").matters
    assert alarms / 300 < 0.05


def test_few_reference_days_say_so() -> None:
    """Under eight days only sampling noise is known; the bounds are wide and say so."""
    few = reference({"roc_auc": [day(0.7)] * 3})
    value = one(judge_performance(performance(0.7), few, "roc_auc"), "value")
    assert "3 reference days are too few" in value.bounds.origin
    assert value.bounds.lower is not None
    assert value.bounds.lower < 0.7 - 2 * 2.87 * 0.5 / ROWS**0.5


def test_without_reference_days_nothing_is_judged() -> None:
    """A metric that no reference day has is unknown."""
    findings = judge_performance(performance(0.7), reference({}), "roc_auc")
    assert [f.outcome for f in findings] == [Outcome.UNKNOWN]
    assert "no reference day" in findings[0].message


@pytest.mark.parametrize(
    ("rows", "labelled", "words"),
    [
        (960, 330, "34% of labels in (330 of 960 rows); performance waits for"),
        (960, 0, "0% of labels in (0 of 960 rows); performance waits for"),
        (0, 0, "0% of labels in (0 of 0 rows); performance waits for"),
        (
            25,
            25,
            "100% of labels in (25 of 25 rows); performance is judged from 30 "
            "labelled rows on",
        ),
    ],
)
def test_too_few_labels_wait(rows: int, labelled: int, words: str) -> None:
    """Too few labels are one unknown finding that says what is lacking: time, or rows."""
    thin = Performance(rows, labelled, 0, {"roc_auc": day(0.1)})
    (finding,) = judge_performance(thin, USUAL, "roc_auc", [0.1] * 9)
    assert finding.message.startswith(words)
    assert (finding.outcome, finding.severity) == (Outcome.UNKNOWN, Severity.INFO)


def test_labels_that_are_all_to_come_are_waited_for() -> None:
    """That nothing can be measured yet is no fault of the rows or the predictions."""
    late = Performance(960, unmeasured=dict.fromkeys(("f1", "recall"), NO_PAIR))
    (finding,) = judge_performance(late, USUAL, "roc_auc")
    assert finding.message == (
        "0% of labels in (0 of 960 rows); performance waits for labels"
    )


def test_what_stops_all_metrics_is_said_once() -> None:
    """A missing label column gives its reason in place of a coverage."""
    blind = Performance(10, unmeasured=dict.fromkeys(("f1", "recall"), "no column 'y'"))
    (finding,) = judge_performance(blind, USUAL, "roc_auc")
    assert finding.message == "performance is not measured: no column 'y'"


def test_segments_warn_at_most() -> None:
    """A segment far below its own reference days is a warning that names it."""
    names = ("roc_auc", "roc_auc[origin=JFK]", "roc_auc[origin=LGA]")
    usual = reference({name: days(20) for name in names})
    segments = {
        "origin=JFK": {"roc_auc": day(0.3)},
        "origin=LGA": {"roc_auc": day(0.7)},
        "origin=new": {"roc_auc": day(0.1)},
    }
    today = Performance(ROWS, ROWS, 0, {"roc_auc": day(0.7)}, segments=segments)
    findings = judge_performance(today, usual, "roc_auc")
    jfk = one(findings, "value", "origin=JFK")
    assert (jfk.outcome, jfk.severity) == (Outcome.BREACHED, Severity.WARNING)
    assert "origin=JFK" in jfk.message
    assert not one(findings, "value", "origin=LGA").matters
    assert not [f for f in findings if f.segment == "origin=new"]
    assert set(one(findings, "value").evidence["segments"]) == set(segments)


def test_primary_metric_that_is_missing_is_said() -> None:
    """A primary metric outside the list of metrics does not vanish silently."""
    findings = judge_performance(performance(0.7), USUAL, "f1")
    assert any("f1 is not measured" in f.message for f in findings)


def test_shortfalls_take_each_days_rows() -> None:
    """The same loss weighs less on a day of few rows."""
    found = spread_of(days(20, spread=0.001))
    assert found is not None
    small, large = shortfalls([day(0.6, 100), day(0.6, 10_000)], found, -1, ROWS)
    assert 0 < small < large


def test_findings_are_plain_json() -> None:
    """What is recorded reads back the same."""
    findings = judge_performance(performance(0.1), USUAL, "roc_auc", [0.1])
    assert [Finding.from_json(f.to_json()) for f in findings] == findings
