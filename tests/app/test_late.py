"""Labels and rows that come late: the day is restated, by the version of its first run."""

import gc
import weakref
from dataclasses import replace

import polars as pl
import pytest

from driftline.app.backfill import backfill, windows_of
from driftline.app.job import LabelFeed
from driftline.app.refresh import refresh
from driftline.core.finding import ESTIMATED, Outcome, Topic
from driftline.core.verdict import Word
from driftline.core.window import Every
from driftline.errors import SliceCorrupt, SliceUnavailable, WindowBusy
from driftline.ports import Trained
from tests.app.world import MODEL, MONITOR, World, day, days_of, rows_of, window


class Day:
    """May hold itself, as an error with its traceback does."""


@pytest.fixture
def world() -> World:
    """Twelve days whose labels are in a table of their own, which has none yet."""
    made = World(days_of(range(12)), late_labels=True)
    made.labels.rows = made.labels.rows.clear()
    return made


def arrive(world: World, number: int, share: float = 1.0, **how: bool) -> None:
    """The first labels of a day are in the label table."""
    rows = rows_of(number, **how).select("at", "id", "late")
    others = world.labels.rows.filter(pl.col("at").dt.date() != day(number))
    world.labels.rows = pl.concat([others, rows.head(int(rows.height * share))])


def performance(report) -> dict[str, Outcome]:
    return {
        f"{f.subject} {f.statistic}": f.outcome
        for f in report.findings
        if f.topic is Topic.PERFORMANCE and not f.segment and f.statistic != ESTIMATED
    }


def test_a_day_without_labels_waits_for_them(world):
    """Performance is unknown and says how many labels are in; the rest is judged."""
    report = world.judge(0)
    assert report.verdict.word is Word.HEALTHY
    assert performance(report) == {"labels coverage": Outcome.UNKNOWN}


def test_late_labels_restate_the_day(world):
    """A new revision has the performance; the suite is not run again; nobody is told."""
    for number in range(3):
        world.judge(number)
    assert world.suite.checked == 3
    arrive(world, 1)
    [report] = refresh(world.job, window(2))
    assert (report.window, report.revision) == (window(1), 2)
    assert performance(report)["roc_auc cusum"] is Outcome.OK
    assert any(f.topic is Topic.VALIDATION for f in report.findings)
    assert world.suite.checked == 3
    assert world.notifier.sent == []
    assert refresh(world.job, window(2)) == []


def test_a_restated_day_stays_with_the_version_that_it_was_first_judged_by(world):
    """The alias has moved on; the day's labels still measure the old model's day."""
    world.judge(0)
    newer = world.registry.register(MODEL, Trained(None, lambda frame: frame), {})
    world.registry.references[MODEL, newer.version] = world.registry.references[
        MODEL, "1"
    ]
    world.registry.move_alias(MODEL, "champion", newer.version)
    arrive(world, 0)
    [restated] = refresh(world.job, window(0))
    assert restated.model == "deliveries v1"
    assert world.judge(1).model == "deliveries v2"
    versions = [e.key.model_version for e in world.ledger.history(MONITOR)]
    assert versions == ["1", "2"]


def test_a_version_out_of_service_asks_for_no_retraining(world):
    """Harm found late in days of the old version says nothing about the new one."""
    for number in range(5):
        world.judge(number)
        arrive(world, number, changed=True)
    newer = world.registry.register(MODEL, Trained(None, lambda frame: frame), {})
    world.registry.move_alias(MODEL, "champion", newer.version)
    reports = refresh(world.job, window(4))
    assert Word.ACT in {report.verdict.word for report in reports}
    assert world.dispatcher.asked == []
    assert (
        f"now {newer} is in service"
        in world.ledger.latest(MONITOR, window(4)).record["retraining"]
    )


def test_a_changed_label_restates_the_day(world):
    """The same number of labels with other values is another judgement."""
    world.judge(0)
    arrive(world, 0)
    refresh(world.job, window(0))
    arrive(world, 0, changed=True)
    [report] = refresh(world.job, window(0))
    assert report.revision == 3


def test_a_few_labels_do_not_count_as_a_day_of_performance(world):
    """Days judged unknown for want of labels add nothing to what is accumulated."""
    for number in range(6):
        arrive(world, number, share=0.05, changed=True)
        world.judge(number)
    assert all(
        "performance/accuracy" in entry.metrics
        for entry in world.ledger.history(MONITOR)
    )
    arrive(world, 6)
    report = world.judge(6)
    assert performance(report)["roc_auc cusum"] is Outcome.OK


def test_harm_is_found_when_the_labels_arrive(world):
    """Labels three days late: harm is critical on them, and asks for one retraining."""
    for number in range(9):
        world.judge(number)
        if number >= 3:
            arrive(world, number - 3, changed=True)
            refresh(world.job, window(number))
    assert [request.as_of for request in world.dispatcher.asked] == [day(3)]
    assert world.titles()[0] == "deliveries: act — performance trouble: roc_auc"


def test_a_late_partition_is_judged_by_the_refresh(world):
    """The day that was empty is restated as soon as its rows are there."""
    rows = rows_of(1).drop("late")
    world.deliver(1, rows.head(0))
    for number in range(3):
        world.judge(number)
    assert world.ledger.latest(MONITOR, window(1)).verdict == "cannot-tell"
    world.deliver(1, rows)
    [report] = refresh(world.job, window(2))
    assert (report.window, report.verdict.word) == (window(1), Word.HEALTHY)


def test_a_refresh_judges_no_window_for_the_first_time(world):
    """Days that were never judged are left to the daily run."""
    world.judge(1)
    assert refresh(world.job, window(3)) == []


def test_a_refresh_looks_back_as_far_as_labels_are_waited_for(world):
    """A window older than the label period is left as it is."""
    world.job = replace(world.job, refresh_days=3)
    for number in range(6):
        world.judge(number)
    arrive(world, 1)
    arrive(world, 2)
    assert [r.window for r in refresh(world.job, window(5))] == [window(2)]


def test_a_window_that_is_still_away_does_not_stop_the_refresh(world):
    """One day cannot be read, as before; another has new labels and is restated."""
    world.source.failures[day(0)] = SliceUnavailable("no such day")
    for number in range(2):
        world.judge(number)
    arrive(world, 1)
    assert [r.window for r in refresh(world.job, window(1))] == [window(1)]


def test_an_outage_stops_the_refresh(world):
    """Where rows were read before, a source that is down is an error that may be retried."""
    world.judge(0)
    world.source.failures[day(0)] = SliceUnavailable("the database is away")
    with pytest.raises(SliceUnavailable) as caught:
        refresh(world.job, window(0))
    assert caught.value.retryable


def test_rows_that_were_overwritten_with_nonsense_are_restated(world):
    """The verdict says that the day cannot be read any more, and is repeated silently."""
    world.judge(0)
    world.source.failures[day(0)] = SliceCorrupt("part-0 cannot be decoded")
    [report] = refresh(world.job, window(0))
    assert (report.verdict.word, report.revision) == (Word.CANNOT_TELL, 2)
    assert [r.repeated for r in refresh(world.job, window(0))] == [True]


def test_labels_stamped_by_arrival_are_looked_for_after_the_window(world):
    """A label that came within the lag counts for the prediction's own day."""
    world.job = replace(world.job, labels=LabelFeed(world.labels, lag_days=7))
    world.judge(0)
    late = rows_of(0).select(pl.col("at").dt.offset_by("5d"), "id", "late")
    world.labels.rows = late
    [report] = refresh(world.job, window(0))
    assert world.ledger.latest(MONITOR, report.window).record["labelled"] == 300


def test_a_backfill_is_the_path_of_every_other_day(world):
    """Days judged before come back as they were; the others are judged, oldest first."""
    world.judge(1)
    reports = backfill(world.job, day(0), day(3))
    assert [r.window for r in reports] == [window(n) for n in range(4)]
    assert [r.repeated for r in reports] == [False, True, False, False]


def test_a_backfill_with_one_bad_day_judges_the_others(world):
    """The bad day is `cannot-tell`, and one message says so."""
    world.source.failures[day(2)] = SliceCorrupt("part-2 cannot be decoded")
    reports = backfill(world.job, day(0), day(4))
    words = [report.verdict.word for report in reports]
    assert words.count(Word.CANNOT_TELL) == 1
    assert words.count(Word.HEALTHY) == 4
    assert len(world.notifier.sent) == 1


def test_a_backfill_keeps_no_garbage_from_day_to_day(world):
    """However seldom it is looked for: many days need the memory of one."""
    kept = []

    def days(windows):
        for each in windows:
            cycle = Day()
            cycle.itself = cycle
            left = weakref.ref(cycle)
            del cycle
            yield each
            kept.append(left() is not None)

    gc.disable()
    try:
        backfill(world.job, day(0), day(2), track=days)
    finally:
        gc.enable()
    assert kept == [False] * 3


def test_a_backfill_leaves_a_busy_day_to_its_worker_and_goes_on(world):
    """The other days are judged, and who has the busy one is told."""
    moment = world.clock()
    world.ledger.acquire(MONITOR, window(1).label, "worker-2", moment)
    told = []
    reports = backfill(world.job, day(0), day(3), on_busy=told.append)
    assert [r.window for r in reports] == [window(n) for n in (0, 2, 3)]
    [busy] = told
    assert isinstance(busy, WindowBusy)
    assert "worker-2" in str(busy)


def test_a_busy_day_of_a_backfill_that_nobody_is_told_of_is_raised(world):
    """Not before the other days are judged."""
    world.ledger.acquire(MONITOR, window(1).label, "worker-2", world.clock())
    with pytest.raises(WindowBusy, match="worker-2"):
        backfill(world.job, day(0), day(3))
    assert len(world.ledger.history(MONITOR)) == 3


def test_the_windows_of_a_backfill_follow_the_monitor(world):
    """Hours, days and weeks of the monitor's zone, both ends included."""
    counts = {
        every: len(windows_of(replace(world.job, every=every), day(0), day(1)))
        for every in Every
    }
    assert counts == {Every.HOUR: 48, Every.DAY: 2, Every.WEEK: 2}


def test_cost_and_health_of_a_judged_window_are_kept_and_not_read_again(world):
    """They belong to the time of the first judgement."""

    class Probe:
        asked = 0

        def read(self):
            from driftline.core.health import Reading

            self.asked += 1
            return [Reading("host", "cpu", float(self.asked), "%", upper=50.0)]

    probe = Probe()
    world.job = replace(world.job, probes=(probe,))
    world.judge(0)
    arrive(world, 0)
    [restated] = refresh(world.job, window(0))
    [kept] = [f for f in restated.findings if f.topic is Topic.HEALTH]
    assert (kept.value, probe.asked) == (1.0, 1)


def test_an_older_window_judged_for_the_first_time_has_no_health_of_today(world):
    """A backfill behind the newest window reads neither machine nor bill."""
    world.judge(3)

    class Probe:
        def read(self):
            raise AssertionError

    world.job = replace(world.job, probes=(Probe(),))
    assert not any(f.topic is Topic.HEALTH for f in world.judge(1).findings)
