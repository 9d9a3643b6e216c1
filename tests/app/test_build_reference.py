"""The reference of the version in service, made of the source's own days."""

from dataclasses import replace

import pytest

from driftline.app.build_reference import build_reference
from driftline.app.sample import watched_columns
from driftline.core.verdict import Word
from driftline.errors import (
    ModelMissing,
    ReferenceMissing,
    SliceMissing,
    SliceUnavailable,
)
from driftline.ports import call
from tests.app.world import MODEL, ROLES, World, day, days_of, rows_of, window


@pytest.fixture
def world() -> World:
    """Forty days before production and three of it; the version has no reference yet."""
    made = World(days_of(range(-40, 3)))
    made.registry.references.clear()
    return made


def days(*numbers: int):
    return [window(number) for number in numbers]


def test_a_reference_has_a_profile_and_metrics_per_day(world):
    """It is stored with the version in service, and the next day is judged by it."""
    version, reference = build_reference(world.job, days(*range(-40, 0)))
    assert str(version) == "deliveries v1"
    assert world.registry.references[MODEL, "1"] == reference
    assert (len(reference.days), reference.total.rows) == (40, 12_000)
    assert reference.origin == "12000 rows of 2026-01-20 to 2026-02-28"
    assert len(reference.metric("roc_auc")) == 40
    assert len(reference.metric("roc_auc[origin=JFK]")) > 0
    assert world.judge(0).verdict.word is Word.HEALTHY


def test_days_without_rows_are_left_out(world):
    """A holiday without data is no profile of nothing."""
    world.deliver(-2, rows_of(-2).head(0))
    _, reference = build_reference(world.job, days(-3, -2, -1))
    assert list(reference.days) == ["2026-02-26", "2026-02-28"]


def test_days_for_which_nothing_came_are_left_out(world):
    """Where nobody delivers on Sundays there is no manifest of one either."""
    world.source.failures[day(-2)] = SliceMissing("there is no manifest")
    _, reference = build_reference(world.job, days(-3, -2, -1))
    assert list(reference.days) == ["2026-02-26", "2026-02-28"]


def test_no_rows_at_all_are_an_error_that_names_the_days(world):
    """Nothing is stored."""
    world.source.rows = world.source.rows.head(0)
    with pytest.raises(ReferenceMissing, match="no rows between 2026-02-26"):
        build_reference(world.job, days(-3, -2, -1))
    assert world.registry.references == {}


def test_one_day_is_a_reference_too(world):
    """Its origin reads the same at both ends."""
    _, reference = build_reference(world.job, days(-1))
    assert reference.origin == "300 rows of 2026-02-28 to 2026-02-28"


def test_features_and_outputs_are_watched_and_nothing_else(world):
    """Key and time stamp are no columns to drift; named features are the only ones."""
    rows = world.source.read(window(-1))
    every = ["distance", "weight", "origin", "score", "called", "late"]
    assert watched_columns(world.job, rows) == every
    job = replace(world.job, roles=replace(ROLES, features=("weight",)))
    assert watched_columns(job, rows) == ["weight", "score", "called", "late"]
    job = replace(world.job, roles=replace(ROLES, ignore=("weight", "origin")))
    assert watched_columns(job, rows) == ["distance", "score", "called", "late"]


def test_a_step_that_is_tried_again_reads_all_days_again(world):
    """An outage in the middle of the pass does not leave half a reference, or none."""
    half_way = window(-2).day
    tries = []

    def retrying(step, /, *args, **kwargs):
        tries.append(step.__name__)
        try:
            return call(step, *args, **kwargs)
        except SliceUnavailable:
            world.source.failures.clear()
            return call(step, *args, **kwargs)

    world.source.failures[half_way] = SliceUnavailable("away for a moment")
    _, reference = build_reference(world.job, days(-3, -2, -1), retrying)
    assert len(reference.days) == 3


def test_a_model_that_is_unknown_is_entered_when_asked_for(world):
    """`enlist` makes a version that stands for a model kept elsewhere."""
    job = replace(world.job, model="elsewhere")
    with pytest.raises(ModelMissing):
        build_reference(job, days(-1))
    version, _ = build_reference(job, days(-1), enlist=True)
    assert (version.name, version.version) == ("elsewhere", "1")


def test_groups_are_learned_from_more_rows_than_are_kept(world):
    """Of eight rows kept of a day a group has two or three: too few to be watched by."""
    job = replace(world.job, sample_rows=40 * 8)
    version, reference = build_reference(job, days(*range(-40, 0)))
    assert reference.sample is not None
    assert reference.sample.height == 40 * 8
    assert reference.sample["at"].is_sorted()

    watched = job.lessons(version.version, reference).contrasts().groups
    assert "error|origin=JFK" in watched
    without = replace(reference, groups={})
    assert not job.lessons(version.version, without).contrasts().groups


def test_other_segments_than_the_reference_was_built_with_are_learned_from_its_rows(
    world,
):
    """The shares of groups follow from the segments: what was kept is of no use then."""
    version, reference = build_reference(world.job, days(*range(-40, 0)))
    job = replace(world.job, roles=replace(ROLES, segments=()), kept={})
    before, after = (
        each.lessons(version.version, reference).contrasts().groups
        for each in (world.job, job)
    )

    assert any(group.paged for group in before.values())
    assert after
    assert not any(group.paged for group in after.values())
