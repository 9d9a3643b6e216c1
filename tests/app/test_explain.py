"""On a day with something outside its bounds, the findings say why and since when."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from driftline.app.report import content_of
from driftline.core.finding import Finding, Outcome, Topic
from driftline.core.why.ranking import changed_columns
from driftline.ports import call
from driftline.testing import MemoryRegistry
from tests.app.world import MONITOR, ROLES, World, day, days_of, expit, rows_of, window


def far(number: int) -> pl.DataFrame:
    """A day whose distances, and so the model's scores, are greater; weights as ever."""
    rows = rows_of(number, rows=600).with_columns(distance=pl.col("distance") + 900)
    score = expit((rows["distance"].to_numpy() - 1000) / 350)
    late = np.random.default_rng(number).random(rows.height) < score
    return rows.with_columns(
        score=pl.Series(score),
        called=pl.Series((score >= 0.5).astype(np.int64)),
        late=pl.Series(late.astype(np.int64)),
    )


def about(findings: tuple[Finding, ...], subject: str) -> Finding:
    """The finding on this column whose effect was worked out."""
    return next(
        f for f in findings if f.subject == subject and "contribution" in f.evidence
    )


def test_a_changed_column_says_what_it_did_and_since_when():
    """The finding has the column's effect on the score, and the day the change began."""
    world = World(days_of(range(-5, 8)))
    for number in (5, 6):
        world.deliver(number, far(number))
    for number in range(6):
        world.judge(number)

    report = world.judge(6)

    found = about(report.findings, "distance")
    moved = found.evidence["contribution"]["score"]
    assert 0.2 < moved["value"] < 0.5
    assert moved["lower"] > 0
    assert found.evidence["dated"]["window"] == window(5).label
    assert "alone moves the mean score by +0." in found.evidence["matters"]
    assert "since 6 March" in found.evidence["matters"]
    assert changed_columns(report.findings) == ["distance"]


@pytest.mark.parametrize("trusted", [False, True])
def test_only_a_trusted_model_is_asked(trusted):
    """Of a registry that is not trusted no model is loaded at all."""
    asked = []

    class Loading(MemoryRegistry):
        def load(self, model):
            asked.append(str(model))
            return lambda rows: expit((rows["distance"] - 1000) / 350)

    world = World(days_of(range(-5, 8)))
    registry = Loading()
    registry.trusted = trusted
    for name in ("versions", "aliases", "references", "trained"):
        setattr(registry, name, getattr(world.job.registry, name))
    world.job = replace(world.job, registry=registry)
    for number in (5, 6):
        world.deliver(number, far(number))

    report = world.judge(6)

    contribution = about(report.findings, "distance").evidence["contribution"]
    assert bool(asked) is trusted
    assert (contribution["asked"] == "the registered model") is trusted


def test_a_quiet_day_is_not_explained():
    """Nothing is learned, added or asked on a day on which nothing is outside."""
    world = World(days_of(range(-5, 3)))
    steps = []

    def run(step, *given, **named):
        steps.append(step.__name__)
        return call(step, *given, **named)

    report = world.judge(0, run)

    assert report.verdict.word == "healthy"
    assert "explain" not in steps
    assert "model" not in {part for part, *_ in world.job.kept}
    assert not any("dated" in f.evidence for f in report.findings)
    assert not any(f.statistic == "attribution" for f in report.findings)


def test_a_new_model_version_is_told_beside_the_change():
    """An event in the windows before the change is part of its evidence."""
    world = World(days_of(range(-5, 8)))
    for number in range(4):
        world.judge(number)
    reference = world.registry.load_reference(world.registry.resolve("deliveries", "1"))
    second = world.registry.register(
        "deliveries", world.registry.trained[("deliveries", "1")], {}
    )
    world.registry.save_reference(second, reference)
    world.registry.move_alias("deliveries", "champion", second.version)
    world.deliver(4, far(4))

    report = world.judge(4)

    since = about(report.findings, "distance").evidence["dated"]
    assert [(e["kind"], e["window"]) for e in since["events"]] == [
        ("model", window(4).label)
    ]
    assert "deliveries v2 came into service" in since["events"][0]["text"]
    said = about(report.findings, "distance").evidence["matters"]
    assert "when deliveries v2 came into service" in said


def test_what_a_change_brought_about_is_not_told_as_its_cause():
    """A retraining bears the date of the rows it learned from: no harm began with it."""
    world = World(days_of(range(-5, 8)))
    for number in range(4):
        world.judge(number)
    body = {"as_of": str(day(4)), "promoted": False, "challenger": "2"}
    world.ledger.note(MONITOR, "retraining", "r1", body, world.clock())
    world.deliver(4, far(4))

    found = about(world.judge(4).findings, "distance")

    assert [e["kind"] for e in found.evidence["dated"]["events"]] == ["retraining"]
    assert "when" not in found.evidence["matters"]


def test_flipped_labels_in_one_segment_are_found():
    """Where labels of one origin are wrong, performance says which origin."""
    world = World(days_of(range(-5, 3)))
    rows = rows_of(0, rows=3000)
    flip = (rows["origin"] == "JFK").to_numpy()
    late = np.where(flip, 1 - rows["late"].to_numpy(), rows["late"].to_numpy())
    world.deliver(0, rows.with_columns(late=pl.Series(late)))

    report = world.judge(0)

    worst = next(f for f in report.findings if f.statistic == "worst_segment")
    assert worst.topic is Topic.PERFORMANCE
    assert worst.outcome is Outcome.BREACHED
    assert "origin = JFK" in worst.message
    assert (
        worst.evidence["worst"][0]["loss"]
        > worst.evidence["worst"][0]["reference_loss"]
    )


def test_an_accumulated_shortfall_is_dated_by_its_metric():
    """What has been worse for days says since when, though no single day need be."""
    world = World(days_of(range(-5, 10)))
    for number in range(4, 8):
        world.deliver(number, rows_of(number, changed=True))
    for number in range(7):
        world.judge(number)

    report = world.judge(7)

    lasting = next(f for f in report.findings if f.statistic == "cusum")
    assert lasting.matters
    assert lasting.evidence["dated"]["window"] == window(4).label


def test_without_sampled_rows_only_dates_are_told():
    """A monitor that keeps no rows still dates its findings, and learns nothing."""
    world = World(days_of(range(-5, 3)))
    world.job = replace(world.job, sample_rows=0)
    world.deliver(2, far(2))
    for number in range(2):
        world.judge(number)

    report = world.judge(2)

    assert report.verdict.word != "healthy"
    assert not any("contribution" in f.evidence for f in report.findings)
    assert any("dated" in f.evidence for f in report.findings)


def test_gaps_between_groups_are_followed_day_by_day():
    """A sensitive column's gaps are findings, numbers in the ledger and a plot."""
    # An extra that CI installs.
    pytest.importorskip("fairlearn", reason="no fairlearn here")
    world = World(days_of(range(-5, 3)))
    world.job = replace(world.job, roles=replace(ROLES, sensitive=("origin",)))
    unfair = rows_of(1).with_columns(
        called=pl.when(pl.col("origin") == "JFK").then(1).otherwise("called")
    )
    world.deliver(1, unfair)
    world.judge(0)

    report = world.judge(1)

    gap = next(f for f in report.findings if f.subject == "selection rate by origin")
    assert gap.outcome is Outcome.BREACHED
    entry = world.ledger.latest("deliveries", window(1))
    assert entry.metrics["gap/selection rate by origin"] == gap.value
    [shown] = [
        s
        for s in content_of(world.ledger, entry).gaps
        if s.metric == "selection rate by origin"
    ]
    assert [point.window for point in shown.points] == [window(0), window(1)]
