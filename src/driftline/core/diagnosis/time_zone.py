"""Hours on another clock."""

import numpy as np

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array, Numbers
from driftline.core.diagnosis._undo import (
    SLICE,
    Diagnosis,
    Facts,
    Subject,
    undo,
    undoing,
)
from driftline.core.values.clock import TOLD, usual_hours
from driftline.core.values.zones import HOURS, hours_ahead, zones_ahead

SHIFTS = tuple(range(-12, 13))


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS, Subject.SLICE}),
        description="hours on another clock",
        order=4,
    )
)
def time_zone(day: Day, name: str) -> Diagnosis | None:
    """A column of hours, or the time stamps, are whole hours off for every row.

    A column that the reference's time stamps tell has to be off by one number of hours
    for every row. Otherwise the hours of a day, turned back, have to look like a usual
    day's, and before that like no day's.
    """
    if name == SLICE:
        return _of_stamps(day)
    column = day.numbers(name)
    if not column.usable or not _is_hour(column):
        return None
    told = _against_stamps(day, column)
    shift = _of_shape(column.by_day, column.today) if told is None else told
    return _diagnosis(name, shift) if shift else None


def _is_hour(column: Numbers) -> bool:
    """Whether the reference holds whole numbers from 0 to 24, and many of them."""
    whole = column.grid == 1.0 and column.low >= 0 and column.high <= HOURS
    return whole and len(column.support) >= 8


def _against_stamps(day: Day, column: Numbers) -> int | None:
    """By how much the hours differ from the stamps' more than they used to.

    None where the stamps do not tell the column; 0 where nothing has changed, or where
    the clock of a time zone has, to summer time or back.
    """
    if day.hours is None:
        return None
    before, now = (
        np.mod(values - np.floor(hours), HOURS)
        for hours, values in zip(day.hours, (column.before, column.now), strict=True)
    )
    usual = usual_hours(before[np.isfinite(before)])
    if not usual:
        return None
    now = now[np.isfinite(now)]
    if not len(now) or _alike(now) < TOLD * _alike_by_day(before, day.window):
        return 0
    fits = {s: float(np.isin(np.mod(now - s, HOURS), usual).mean()) for s in SHIFTS}
    turned = [s for s in sorted(SHIFTS, key=abs) if fits[s] >= TOLD]
    changed = turned[0] if turned else 0
    if abs(changed) == 1 and len(usual) == 1:
        is_now = usual[0] + changed
        return 0 if _of_summer_time(day, usual[0], is_now) else changed
    return changed


def _alike_by_day(apart: Array, window: np.ndarray) -> float:
    """How alike the rows of nearly every reference day are: all but one day in ten."""
    held = np.isfinite(apart)
    days = [apart[held & (window == day)] for day in np.unique(window[held])]
    return float(np.quantile([_alike(one) for one in days], 0.1))


def _alike(apart: Array) -> float:
    """The share of the rows that are the most frequent number of hours apart."""
    return float(np.bincount(apart.astype(int)).max() / len(apart))


def _of_summer_time(day: Day, was: int, is_now: int) -> bool:
    """Whether some zone's clock was so far ahead on the reference's days, and is today."""
    stamps = [table[day.timestamp] for table in (day.before, day.now)]
    zoned = all(getattr(one.dtype, "time_zone", None) for one in stamps)
    zone = day.zone if zoned else "UTC"
    if zoned:
        stamps = [one.dt.convert_time_zone(zone) for one in stamps]
    known, today = (one.dt.date().drop_nulls().unique() for one in stamps)
    zones = zones_ahead(was, known, zone)
    return all(is_now % HOURS in hours_ahead(zones, date, zone) for date in today)


def _of_stamps(day: Day) -> Diagnosis | None:
    """The slice's own time stamps, by the shape of its day.

    An hour's difference is also what the change of clocks makes of stamps in UTC.
    """
    if day.hours is None:
        return None
    before, now = day.hours
    held = np.isfinite(before)
    days = [before[held & (day.window == n)] for n in range(day.days)]
    shift = _of_shape([d for d in days if len(d) >= 24], now[np.isfinite(now)])
    if not shift or (abs(shift) == 1 and day.zone == "UTC"):
        return None
    return _diagnosis(day.timestamp, shift)


def _of_shape(days: list[Array], today: Array) -> int:
    """The turn after which today's hours are a usual day's, and were no day's before."""
    if len(days) < 8 or len(today) < 24:
        return 0
    shares = np.array([_histogram(day) for day in days])
    usual = shares.mean(axis=0)
    alone = len(days) / (len(days) - 1)
    stray = np.abs(shares - usual).sum(axis=1) * alone / 2
    mine = _histogram(today)
    off = {s: float(np.abs(np.roll(mine, -s) - usual).sum()) / 2 for s in SHIFTS}
    best = min(off, key=lambda s: off[s])
    second = min(off[s] for s in SHIFTS if s % HOURS != best % HOURS)
    clear = off[0] > 1.5 * stray.max() and off[best] <= np.median(stray) * 1.25
    return best if clear and second > stray.max() else 0


def _histogram(hours: Array) -> Array:
    whole = np.mod(hours, HOURS).astype(int) % HOURS  # -1e-17 is 24.0 by the first one
    counts = np.bincount(whole, minlength=HOURS)
    return np.asarray(counts / max(len(hours), 1))


def _diagnosis(name: str, shift: int) -> Diagnosis:
    return Diagnosis(
        "time_zone",
        1.0,
        1.0,
        f"{name} is {abs(shift)} h {'ahead' if shift > 0 else 'behind'}, as on the "
        f"clock of another time zone{undoing(1.0)}",
        f"subtract {shift} h",
        {"hours": shift},
    )
