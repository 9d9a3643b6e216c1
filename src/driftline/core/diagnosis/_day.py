"""A day beside the reference's days, as rows: what every undo looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.diagnosis._categories import Categories
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.profiles.plan import Kind
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.missing import Company, companies
from driftline.core.values.sure import Sure
from driftline.core.values.thinned import thinned

FEW_DAYS = 5
"""Reference days from which on their spread says how far a day may stray."""


@dataclass(frozen=True)
class Day:
    """Some rows of a day and of the reference, and the counts of all of them.

    `timestamp` names the column of time stamps, and `zone` the clock that they are read
    on. `recent_rows` are the rows of the windows before this one by their label, and
    `repeats` the share of all rows that repeat another, None where nobody counted. `short`
    is False for one whose number of rows is inside its bounds, and `lacking` are the
    columns of which more is missing than theirs allow. `sures` are those that some rows
    hardly ever lack. `judged` are the columns that may explain one another, and of these
    `outputs` follow from the others: what the model says. Columns are prepared when an undo
    first asks, once; `learned` keeps what the reference says of them for other days.
    """

    reference: Reference
    before: pl.DataFrame
    rows: pl.DataFrame
    profile: Profile
    timestamp: str = ""
    zone: str = "UTC"
    recent_rows: Mapping[str, int] = field(default_factory=dict)
    judged: tuple[str, ...] = ()
    outputs: frozenset[str] = frozenset()
    label: str = ""
    repeats: float | None = None
    short: bool = True
    lacking: frozenset[str] = frozenset()
    sures: Mapping[str, Sure] = field(default_factory=dict)
    spikes: dict[str, Any] = field(default_factory=dict)
    learned: dict[tuple[str, bool], Numbers] = field(default_factory=dict)
    _kept: dict[str, Numbers | Categories] = field(default_factory=dict)

    @cached_property
    def now(self) -> pl.DataFrame:
        """The day's rows, evenly thinned to what decides, but for rows that stand twice."""
        return thinned(self.rows)

    @cached_property
    def window(self) -> npt.NDArray[np.int64]:
        """The number of each reference row's day, oldest 0."""
        labels = self.before[WINDOW]
        order = {label: i for i, label in enumerate(labels.unique().sort())}
        return labels.replace_strict(order, return_dtype=pl.Int64).to_numpy()

    @cached_property
    def days(self) -> int:
        """How many reference days have rows in the sample."""
        return int(self.window.max()) + 1 if len(self.window) else 0

    @cached_property
    def numeric(self) -> list[str]:
        """The judged columns of numbers that both sides hold as numbers."""
        return [name for name in self.judged if self.kind(name) is Kind.NUMERIC]

    @cached_property
    def categorical(self) -> list[str]:
        """The judged columns of categories that both sides hold."""
        return [name for name in self.judged if self.kind(name) is Kind.CATEGORICAL]

    def kind(self, name: str) -> Kind | None:
        """How a column is to be looked at; None where the two sides do not agree."""
        plan = self.reference.plan.columns.get(name)
        if plan is None or name not in self.now or name not in self.before:
            return None
        types = (self.now.schema[name], self.before.schema[name])
        if plan.kind is Kind.NUMERIC:
            return Kind.NUMERIC if all(t.is_numeric() for t in types) else None
        return plan.kind if plan.kind is Kind.CATEGORICAL else None

    def numbers(self, name: str) -> Numbers:
        """A column of numbers."""
        found = self._kept.get(name)
        if not isinstance(found, Numbers):
            single = pl.Float32 in (self.now.schema[name], self.before.schema[name])
            found = self._learned(name, single).on(_floats(self.now[name]))
            self._kept[name] = found
        return found

    def _learned(self, name: str, single: bool) -> Numbers:
        if (name, single) not in self.learned:
            before = _floats(self.before[name])
            column = Numbers(before, self.window, np.empty(0), single)
            self.learned[name, single] = column
        return self.learned[name, single]

    def categories(self, name: str) -> Categories:
        """A column of categories."""
        found = self._kept.get(name)
        if not isinstance(found, Categories):
            known = self.reference.plan.columns[name].categories
            before, now = (t[name].cast(pl.String) for t in (self.before, self.now))
            found = Categories(before, self.window, now, frozenset(known))
            self._kept[name] = found
        return found

    @cached_property
    def companies(self) -> dict[str, Company]:
        """The judged columns that are missing together with others, in the reference."""
        held = [n for n in self.judged if n in self.before and n in self.now]
        return {found.column: found for found in companies(self.before, held)}

    @cached_property
    def hours(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """Hours since midnight of the reference's rows and of the day's, or None."""
        both = [
            _hours(table, self.timestamp, self.zone)
            for table in (self.before, self.now)
        ]
        before, now = both
        return None if before is None or now is None else (before, now)


def _floats(values: pl.Series) -> npt.NDArray[np.float64]:
    """Numbers with NaN for what is missing or infinite."""
    found = values.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(found), found, np.nan)


def _hours(table: pl.DataFrame, name: str, zone: str) -> npt.NDArray[np.float64] | None:
    """The wall clock's hours with their fraction; None without a time of day."""
    stamps = table.schema.get(name)
    if not isinstance(stamps, pl.Datetime) or table.is_empty():
        return None
    moment = pl.col(name)
    if stamps.time_zone is not None:
        moment = moment.dt.convert_time_zone(zone)
    hours = moment.dt.hour() + moment.dt.minute() / 60
    return table.select(hours.cast(pl.Float64)).to_series().fill_null(np.nan).to_numpy()


def share_of_days(
    mask: npt.NDArray[np.bool_], window: npt.NDArray[np.int64], least: int = 1
) -> npt.NDArray[np.float64]:
    """Per reference day, the share of its rows in the mask; days with too few left out."""
    if not len(window):
        return np.array([])
    rows = np.bincount(window)
    hits = np.bincount(window, weights=mask, minlength=len(rows))
    held = rows >= least
    return np.asarray(hits[held] / rows[held])


def limit_of(shares: Sequence[float] | npt.NDArray[np.float64], rows: int) -> float:
    """A share of so many rows that a day like the reference's does not reach.

    The largest of the days, and four deviations of days and of chance above the mean:
    about once in 30,000 days for a bell curve.

    >>> round(limit_of([0.10, 0.11, 0.09, 0.10, 0.10], rows=1000), 3)
    0.147
    """
    known = np.asarray(shares, dtype=float)
    if not len(known):
        return 1.0
    mean = float(known.mean())
    spread = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    chance = max(mean * (1 - mean), 0.0) / max(rows, 1)
    return max(float(known.max()), mean + 4 * float(np.sqrt(spread**2 + chance)))
