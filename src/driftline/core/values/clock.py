"""Columns of hours that the time stamps tell: an hour off is wrong in every row."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from driftline.core.values.zones import HOURS, hours_ahead, zones_ahead

TOLD = 0.95
"""The share of rows whose hour has to be the same number of hours from the stamp's."""

FEWEST_HOURS = 4
"""Hours of the day that have to be there for this to be no chance."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A column of whole hours, `ahead` of the wall clock of the time stamps.

    By one number of hours, or by either of two in summer and winter. `zones` are those
    whose wall clock one number may be of, of stamps in UTC: it changes with theirs.
    """

    column: str
    timestamp: str
    ahead: tuple[int, ...]
    zones: frozenset[str] = field(default=frozenset(), compare=False)

    def fits(self, table: pl.DataFrame) -> bool:
        """Whether hours and stamps are there, of their usual kinds."""
        hours = table.schema.get(self.column)
        numeric = hours is not None and hours.is_numeric()
        return numeric and _is_wall_clock(table, self.timestamp)

    def strange(self, table: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """The rows whose hour is another one than the stamp tells."""
        found = _ahead(table, self.column, self.timestamp)
        strange = np.isfinite(found) & ~np.isin(found, self.ahead)
        if self.zones and strange.any():
            days = table[self.timestamp].dt.date()
            for day in days.filter(pl.Series(strange)).drop_nulls().unique():
                usual = np.isin(found, list(hours_ahead(self.zones, day)))
                strange &= ~(usual & (days == day).fill_null(value=False).to_numpy())
        return strange


def clocks(table: pl.DataFrame, columns: Sequence[str], timestamp: str) -> list[Clock]:
    """The columns of hours among these that stamps without a zone tell.

    Stamps of a zone are turned to summer time by their reader, and hours perhaps not.
    """
    if not _is_wall_clock(table, timestamp):
        return []
    if table[timestamp].dt.hour().n_unique() < FEWEST_HOURS:
        return []
    found = (_told(table, name, timestamp) for name in columns)
    return [clock for clock in found if clock is not None]


def _is_wall_clock(table: pl.DataFrame, timestamp: str) -> bool:
    kind = table.schema.get(timestamp)
    return isinstance(kind, pl.Datetime) and kind.time_zone is None


def _told(table: pl.DataFrame, name: str, timestamp: str) -> Clock | None:
    if not table.schema[name].is_numeric():
        return None
    ahead = _ahead(table, name, timestamp)
    known = ahead[np.isfinite(ahead)]
    if not known.size or not (known == np.floor(known)).all():
        return None
    usual = usual_hours(known)
    if len(usual) != 1:
        return Clock(name, timestamp, usual) if usual else None
    days = table[timestamp].dt.date().drop_nulls().unique()
    return Clock(name, timestamp, usual, zones_ahead(usual[0], days))


def usual_hours(apart: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """The hours, of 24, that nearly all rows are apart: one, or two in a row; or none.

    >>> usual_hours(np.array([20.0, 19.0, 20.0, 20.0])), usual_hours(np.arange(9.0))
    ((19, 20), ())
    """
    rows = np.bincount(apart.astype(np.int64) % HOURS, minlength=HOURS)
    pairs = rows + np.roll(rows, -1)
    first, second = int(rows.argmax()), int(pairs.argmax())
    if not apart.size:
        return ()
    if rows[first] >= TOLD * rows.sum():
        return (first,)
    if pairs[second] >= TOLD * rows.sum():
        return (second, (second + 1) % HOURS)
    return ()


def _ahead(table: pl.DataFrame, name: str, timestamp: str) -> npt.NDArray[np.float64]:
    """Hours from the stamp's to the column's, 0 to 23; NaN where one is missing."""
    apart = (pl.col(name).cast(pl.Float64) - pl.col(timestamp).dt.hour()) % HOURS
    return table.select(apart.fill_null(np.nan)).to_series().to_numpy()
