"""Which of today's numbers are not those of their time."""

import numpy as np
import polars as pl

from driftline.core.diagnosis._day import FEW_DAYS, Day
from driftline.core.diagnosis._numbers import Mask
from driftline.core.values.clock import clocks
from driftline.core.values.numbers import WIDTH, Strays


def off_clock(day: Day, name: str) -> Mask | None:
    """The rows whose hour is not the one of their time stamp; None where stamps tell none."""
    found = clocks(day.before, [name], day.timestamp)
    if not found or not found[0].fits(day.now):
        return None
    return found[0].strange(day.now)


def strays(day: Day, name: str) -> Mask:
    """By row of today's values of a column; none where too few days have neighbours."""
    column = day.numbers(name)
    found = np.zeros(len(column.today), dtype=bool)
    order = _in_time(day, day.before, day.window)
    order = order[np.isfinite(column.before[order])]
    rows = np.bincount(day.window[order], minlength=day.days)
    order = order[(rows >= WIDTH)[day.window[order]]]
    places, numbered = np.unique(day.window[order], return_inverse=True)
    if len(places) < FEW_DAYS or len(column.today) < WIDTH:
        return found
    today = _in_time(day, day.now.filter(pl.Series(column.present)))
    learned = Strays.learned(column.before[order], numbered)
    found[today] = learned.strange(column.today[today])
    return found


def _in_time(
    day: Day, table: pl.DataFrame, window: np.ndarray | None = None
) -> np.ndarray:
    """The places of the rows in the order of their days and of time, as far as it is told."""
    first = np.zeros(table.height) if window is None else window
    by = [pl.Series("day", first)]
    if day.timestamp in table.columns:
        by.append(table[day.timestamp].alias("at"))
    return (
        pl.DataFrame(by)
        .select(pl.arg_sort_by([one.name for one in by]))
        .to_series()
        .to_numpy()
    )
