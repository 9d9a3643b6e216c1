"""Which causes of trouble a window's findings tell of, and what holds an incident open."""

from driftline.core.finding import (
    ESTIMATED,
    JUDGED_BY,
    REST_DAY,
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.incidents.incident import (
    Cause,
    Incident,
    Step,
    advance,
    advance_all,
    causes_judged,
    critical_by_cause,
)
from tests.core.test_incident import MONITOR, finding, window


def test_only_critical_breaches_count():
    """Warnings, unknowns and what is fine open nothing; errors count as breaches."""
    sorted_out = critical_by_cause(
        [
            finding("a", severity=Severity.WARNING),
            finding("b", outcome=Outcome.UNKNOWN),
            finding("c", outcome=Outcome.OK),
            finding("d", Topic.VALIDATION, Outcome.ERRORED),
            finding("e", Topic.PERFORMANCE),
        ]
    )
    assert [f.subject for f in sorted_out[Cause.DATA]] == ["d"]
    assert [f.subject for f in sorted_out[Cause.PERFORMANCE]] == ["e"]
    assert sorted_out[Cause.COST] == []


def test_a_cause_that_was_not_measured_stays_as_it_is():
    """Missing labels do not calm a performance incident; sound data calm the data's."""
    open_ones = {
        cause: Incident(cause, MONITOR, cause, window(1), window(1), ("a",))
        for cause in (Cause.DATA, Cause.PERFORMANCE)
    }
    today = [
        finding(outcome=Outcome.OK),
        finding("auc", Topic.PERFORMANCE, Outcome.UNKNOWN),
    ]
    progress = advance_all(today, open_ones, monitor=MONITOR, window=window(2))
    assert [(p.step, p.incident.cause) for p in progress] == [(Step.CALM, Cause.DATA)]


def test_a_missing_slice_calms_nothing():
    """Also when something else about the data, as the model's signature, was fine."""
    today = [
        finding("slice", Topic.SLICE, Outcome.UNKNOWN),
        finding("signature", Topic.REGISTRY, Outcome.OK),
        finding("budget", Topic.COST, Outcome.OK),
    ]
    assert causes_judged(today) == [Cause.COST]
    assert causes_judged([*today, finding("x", Topic.VALIDATION)]) == [
        Cause.DATA,
        Cause.COST,
    ]


def test_a_version_that_may_be_out_of_service_calms_nothing():
    """Data and performance stay open; what is critical counts, and cost is as ever."""
    away = Finding(
        Topic.REGISTRY,
        "reference",
        "registry_unavailable",
        Outcome.UNKNOWN,
        Severity.CRITICAL,
        "",
        evidence={JUDGED_BY: "late v3 as of 2 days ago"},
    )
    topics = (Topic.DRIFT, Topic.PERFORMANCE, Topic.COST)
    fine = [finding(str(topic), topic=topic, outcome=Outcome.OK) for topic in topics]
    assert causes_judged([away, *fine]) == [Cause.COST]
    harm = finding("auc", topic=Topic.PERFORMANCE)
    assert causes_judged([away, *fine, harm]) == [Cause.PERFORMANCE, Cause.COST]


def test_labels_that_are_not_in_calm_nothing_about_them():
    """What is open about the label outlasts windows without labels, not sound ones."""
    label, sound = finding("price"), finding("price", outcome=Outcome.OK)
    [opened] = advance_all([label], {}, monitor=MONITOR, window=window(1))
    open_ones = {Cause.DATA: opened.incident}
    others = [finding("x", outcome=Outcome.OK)]

    def seen(today: list[Finding]) -> list[Step]:
        progress = advance_all(
            today, open_ones, monitor=MONITOR, window=window(2), awaited="price"
        )
        return [each.step for each in progress]

    assert seen(others) == []
    assert seen([*others, sound]) == [Step.CALM]
    assert seen([finding("x")]) == [Step.UPDATE]


def test_each_cause_has_its_own_incident():
    """Two causes on one day are two threads, each with its own findings."""
    today = [finding("delay"), finding("auc", Topic.PERFORMANCE)]
    progress = advance_all(today, {}, monitor=MONITOR, window=window(1))
    assert [p.step for p in progress] == [Step.OPEN, Step.OPEN]
    assert [p.critical[0].subject for p in progress] == ["delay", "auc"]
    assert len({p.incident.key for p in progress}) == 2


def harm_today(severity: Severity, lasting: bool, topic: Topic = Topic.PERFORMANCE):
    """The step of an open incident of performance, and its quiet windows."""
    day = Finding(
        topic,
        "f1",
        "cusum",
        Outcome.BREACHED,
        severity,
        "",
        evidence={"lasting": lasting},
    )
    fine = Finding(
        Topic.PERFORMANCE, "auc", "cusum", Outcome.OK, Severity.INFO, "", segment="b"
    )
    bad = finding("f1", Topic.PERFORMANCE)
    [opened] = advance_all([bad], {}, monitor=MONITOR, window=window(1))
    current = {Cause.PERFORMANCE: opened.incident}
    found = advance_all([fine, day], current, monitor=MONITOR, window=window(2))
    [progress] = [p for p in found if p.incident.cause is Cause.PERFORMANCE]
    return progress.step, progress.incident.quiet_windows


def test_harm_that_lasts_holds_its_incident_open_on_better_days():
    """A day that is not bad itself calms nothing while the sum is out of bounds."""
    assert harm_today(Severity.WARNING, lasting=True) == (Step.REPEAT, 0)
    assert harm_today(Severity.WARNING, lasting=False) == (Step.CALM, 1)


def test_drift_that_lasts_holds_no_incident_of_performance_open():
    """Each cause calms down by itself."""
    assert harm_today(Severity.WARNING, True, Topic.DRIFT) == (Step.CALM, 1)


def test_harm_that_lasts_opens_nothing_by_itself():
    """On a day that is not bad itself there is nothing to page for."""
    said = advance(
        None,
        monitor=MONITOR,
        cause=Cause.PERFORMANCE,
        window=window(1),
        critical=[],
        lasting=True,
    )
    assert said == (Step.NONE, None)


def test_a_day_of_rest_and_an_estimate_calm_nothing():
    """Neither measures whether the trouble is over."""
    for topic, statistic in ((Topic.SLICE, REST_DAY), (Topic.PERFORMANCE, ESTIMATED)):
        rest = Finding(topic, "s", statistic, Outcome.OK, Severity.INFO, "")
        assert causes_judged([rest]) == []
