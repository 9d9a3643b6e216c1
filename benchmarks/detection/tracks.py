"""Days put in an order in which the truth is known.

In `rows` every row may land on any day: every alarm is false. In `days` whole days
keep their rows and change places: nothing drifts, and a day still shares its weather.
`natural` is the order in which they happened.
"""

from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from benchmarks.detection.worlds import AT, World

TRACKS = ("rows", "days", "natural")

START = date(2013, 4, 1)
"""The first day of a track whose dates mean nothing."""


def laid(world: World, track: str, seed: int, length: int) -> list[pl.DataFrame]:
    """So many days of a world in the order of a track, under consecutive dates.

    In natural order a date without rows is a table without rows; the first one has some.
    """
    rng = np.random.default_rng([seed, TRACKS.index(track)])
    days = list(world.days)
    if track == "natural":
        by_date = {day[AT][0].date(): day for day in days}
        last = max(by_date) - timedelta(days=length - 1)
        starts = [day for day in by_date if day <= last]
        first = starts[int(rng.integers(0, len(starts)))]
        dates = [first + timedelta(days=i) for i in range(length)]
        return [by_date.get(day, days[0].clear()) for day in dates]
    order = rng.permutation(len(days))
    chosen = [days[i] for i in order]
    if track == "rows":
        chosen = _shuffled(chosen, rng)
    chosen = chosen[:length]
    return [_on(day, START + timedelta(days=i)) for i, day in enumerate(chosen)]


def _shuffled(days: list[pl.DataFrame], rng: np.random.Generator) -> list[pl.DataFrame]:
    """The rows of all days dealt out anew; each day keeps its number of rows."""
    rows = pl.concat(days)
    rows = rows[rng.permutation(rows.height)]
    ends = np.cumsum([day.height for day in days])
    return [
        rows[int(end - day.height) : int(end)]
        for end, day in zip(ends, days, strict=True)
    ]


def _on(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """The rows under another date, at the same time of day."""
    midnight = pl.lit(datetime.combine(day, time()))
    since = pl.col(AT) - pl.col(AT).dt.truncate("1d")
    return rows.with_columns((midnight + since).alias(AT)).sort(AT)
