"""The outlook of a whole job: columns, pairs and the deciding metric of its reference."""

from dataclasses import replace

from driftline.app.look_ahead import look_ahead
from driftline.core.bounds.budget import AlarmBudget
from tests.app.world import World, rows_of


def test_the_outlook_covers_columns_pairs_and_the_metric() -> None:
    """Forty labelled days: every feature is in it, and losses of the metric are visible."""
    world = World(rows_of(0))
    found = look_ahead(world.job)
    assert {"distance", "weight", "origin"} <= {s.subject for s in found.sights}
    assert not any(sight.is_blind for sight in found.sights)
    assert found.ground.days == found.digests.of == 40
    assert found.metric is not None
    assert found.metric.day is not None
    assert found.metric.week is not None
    assert 0 < found.metric.week < found.metric.day < 0.3
    assert found.pages.days == 0
    assert found.digests.per_month <= 2 * found.digests.promised


def test_no_row_is_read_and_nothing_is_kept() -> None:
    """A budget is looked at before the first day, with the reference alone."""
    world = World(rows_of(0).clear())
    look_ahead(world.job)
    assert not world.ledger.monitors()
    assert not world.registry.days


def test_a_budget_that_is_used_up_shows_on_the_own_days() -> None:
    """Bounds tight enough for a digest every day are left by the reference's own days."""
    world = World(rows_of(0))
    loose = replace(world.job.drift, budget=AlarmBudget(1.0, 20.0))
    found = look_ahead(replace(world.job, drift=loose, kept={}))
    assert found.digests.days > look_ahead(world.job).digests.days
    assert found.digests.days >= 20
