"""A monitor over days in memory, judged morning by morning as the daily flows do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.detection.parts import Days, Forking
from benchmarks.detection.worlds import AT, KEY, World
from driftline import wiring
from driftline.app.build_reference import build_reference
from driftline.app.explain import explain
from driftline.app.job import Job
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.app.refresh import refresh
from driftline.app.report import write_report
from driftline.core.reference import Reference
from driftline.core.window import day_window
from driftline.settings.monitor import Monitor
from driftline.testing import FixedClock, RecordingNotifier


def steps(work: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
    """A step of the day, but for what is told of a verdict that stands.

    No page is written, and no sentence says why: `explain` adds evidence, the order of
    importances and the worst segments, of which neither is an alarm.
    """
    if work is explain:
        return given[-1]
    return "" if work is write_report else work(*given, **named)


@dataclass(frozen=True, slots=True)
class Morning:
    """What came of one day: its first verdict, restated days, and messages sent."""

    number: int
    report: DayReport
    restated: tuple[DayReport, ...]
    messages: int


@dataclass(slots=True)
class Watch:
    """One monitor with its reference; day 0 is the first one in production.

    The labels of a day are there when `lag` further days have been judged.
    """

    world: World
    first: date
    job: Job
    reference: Reference
    clock: FixedClock
    rows: Days
    labels: Days
    notifier: RecordingNotifier
    lag: int
    mornings: list[Morning] = field(default_factory=list)

    @classmethod
    def over(
        cls,
        world: World,
        days: Sequence[pl.DataFrame],
        reference_days: int,
        lag: int = 2,
    ) -> "Watch":
        """The monitor of these days; the first ones are the reference's."""
        dates = [days[0][AT][0].date() + timedelta(days=i) for i in range(len(days))]
        first = dates[reference_days]
        clock = FixedClock(day_window(first).start)
        monitor = Monitor.model_validate(_waiting_for(lag, world.monitor))
        job = wiring.build_job(monitor, Path(), clock=clock)
        pairs = list(zip(dates, days, strict=True))
        rows = Days({day: table.drop(world.label) for day, table in pairs})
        labels = Days({day: _labels(world, table) for day, table in pairs})
        assert job.labels is not None
        job = replace(job, source=rows, labels=replace(job.labels, source=labels))
        windows = [day_window(day) for day in dates[:reference_days]]
        _, reference = build_reference(job, windows, enlist=True)
        notifier = next(iter(job.notifiers.values()))
        assert isinstance(notifier, RecordingNotifier)
        return cls(world, first, job, reference, clock, rows, labels, notifier, lag)

    def date(self, number: int) -> date:
        """The date of a day in production."""
        return self.first + timedelta(days=number)

    def given(self, number: int) -> pl.DataFrame:
        """The rows of a day in production, as they are delivered by now."""
        return self.rows.days[self.date(number)]

    @property
    def known(self) -> list[pl.DataFrame]:
        """The rows of the reference's days."""
        return [rows for day, rows in self.rows.days.items() if day < self.first]

    def deliver(self, number: int, table: pl.DataFrame) -> None:
        """From now on these are the rows and labels of the day."""
        day = self.date(number)
        self.rows.put(day, table.drop(self.world.label))
        self.labels.put(day, _labels(self.world, table))

    def judge(self, number: int, *, labels: bool = True) -> Morning:
        """The morning after the day: the day itself, then what new labels restate."""
        day = self.date(number)
        window = day_window(day)
        self.clock.moment = window.end + timedelta(hours=6)
        self.labels.until = day - timedelta(days=self.lag)
        told = len(self.notifier.sent)
        report = monitor_day(self.job, window, steps)
        restated = refresh(self.job, window, steps) if labels else ()
        messages = len(self.notifier.sent) - told
        morning = Morning(number, report, tuple(restated), messages)
        self.mornings.append(morning)
        return morning

    def fork(self) -> "Watch":
        """The same history so far, going on apart."""
        clock = FixedClock(self.clock.moment)
        rows, labels = self.rows.copy(), self.labels.copy()
        notifier = RecordingNotifier()
        assert self.job.labels is not None
        assert isinstance(self.job.ledger, Forking)
        job = replace(
            self.job,
            ledger=self.job.ledger.fork(),
            source=rows,
            labels=replace(self.job.labels, source=labels),
            notifiers={name: notifier for name in self.job.notifiers},
            clock=clock,
        )
        return replace(
            self,
            job=job,
            clock=clock,
            rows=rows,
            labels=labels,
            notifier=notifier,
            mornings=list(self.mornings),
        )


def _waiting_for(lag: int, monitor: Mapping[str, Any]) -> dict[str, Any]:
    """The monitor file of an owner who knows how late labels are, and waits a week more."""
    within = max(monitor["labels"]["within_days"], lag + 7)
    return {**monitor, "labels": {**monitor["labels"], "within_days": within}}


def _labels(world: World, table: pl.DataFrame) -> pl.DataFrame:
    """The labels that will ever come; a key that came twice has one."""
    known = table.filter(pl.col(world.label).is_not_null())
    return known.select(KEY, AT, world.label).unique(KEY, maintain_order=True)
