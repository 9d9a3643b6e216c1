"""A reference of the first days, and what is diagnosed on a later one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from types import SimpleNamespace

import polars as pl

from benchmarks.diagnosis.days import Data
from driftline.adapters.engines.local import LocalEngine, Settings
from driftline.app.build_reference import profile_windows
from driftline.core.diagnosis import diagnose
from driftline.core.diagnosis._day import Day
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.reference import Reference
from driftline.core.window import Window, day_window, spanning

ENGINE = LocalEngine(Settings())
FIRST = date(2013, 1, 1)


@dataclass(frozen=True)
class Bench:
    """A reference with its sample, and days to judge by it."""

    data: Data
    reference: Reference
    columns: tuple[str, ...]

    @classmethod
    def of(cls, data: Data) -> "Bench":
        """The reference of the first days, as `driftline reference build` makes it."""
        reference = _reference(data)
        judged = tuple(c for c in data.roles.features if c in reference.plan.columns)
        return cls(data, reference, judged)

    @property
    def numbers(self) -> list[str]:
        """The judged columns that hold numbers."""
        schema = self.reference.sample.schema
        return [column for column in self.columns if schema[column].is_numeric()]

    @property
    def categories(self) -> list[str]:
        """The other judged columns."""
        numbers = self.numbers
        return [column for column in self.columns if column not in numbers]

    @property
    def later(self) -> range:
        """Numbers of the days after the reference."""
        return range(self.data.known, len(self.data.days))

    def judged(
        self, rows: pl.DataFrame, columns: Iterable[str], number: int
    ) -> list[Finding]:
        """What is diagnosed when these columns, or the slice, are breached."""
        window = _window(self.data, number)
        table = ENGINE.from_table(rows, window, "rows")
        sample = self.reference.sample
        day = Day(
            self.reference,
            sample,
            rows.select([c for c in sample.columns if c in rows.columns]),
            ENGINE.profile(table, self.reference.plan),
            self.data.roles.timestamp,
            self.data.zone,
            tuple(d.height for d in self.data.days[max(number - 7, 0) : number]),
            self.columns,
            window.label,
        )
        return diagnose(day, [_breach(column) for column in columns])


def _window(data: Data, number: int) -> Window:
    return day_window(FIRST + timedelta(days=number), data.zone)


def _reference(data: Data) -> Reference:
    days = data.days[: data.known]
    windows = [_window(data, number) for number in range(data.known)]
    whole = spanning(windows[0], windows[-1])
    slices = [
        (window, ENGINE.from_table(day, window, "rows"))
        for window, day in zip(windows, days, strict=True)
    ]
    job = SimpleNamespace(
        engine=ENGINE,
        roles=replace(data.roles, label=None),
        sample_rows=20_000,
        labels=None,
        measured_metrics=(),
    )
    rows = ENGINE.from_table(pl.concat(days), whole, "rows")
    return profile_windows(job, rows, slices, data.known)


def _breach(column: str) -> Finding:
    topic = Topic.SLICE if column == "rows" else Topic.DRIFT
    statistic = "row_count" if column == "rows" else "x"
    return Finding(topic, column, statistic, Outcome.BREACHED, Severity.WARNING, "")
