"""A part of the day's rows that was never loaded."""

import numpy as np
import numpy.typing as npt

from driftline.core.bounds.weekday import weekday_of
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._numbers import Array
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

LEAST = 0.1
"""Hours with a smaller share of a day's rows are not missed.

A judgement, as the others here are. Half or twice of each names the same days of the tests,
but that half a day is missed where days that are short by nature hide it (`BELOW_ALL` 0.7).
"""
LOW = 0.6
"""A day with no more rows than this part of the smaller comparable days is not whole.

The smaller ones begin where one comparable day in ten has fewer rows.
"""
LEAST_DAYS = 4
"""Days of a weekday from which on it is known how many rows it has."""

HALF, BELOW_ALL = 0.6, 0.85
"""Nor is one with fewer than these parts of the usual and of the least comparable day.

The first is where the number of rows pages (`drift/row_count.py`).
"""


@undo(
    Facts(
        subjects=frozenset({Subject.SLICE}),
        description="a part of the day was not loaded",
        order=2,
    )
)
def partial_day(day: Day, name: str) -> Diagnosis | None:
    """Hours are missing that every reference day has, or so are rows all over the day."""
    comparable = _comparable(day)
    if not comparable or not day.profile.rows:
        return None
    usual = float(np.median(comparable))
    left = day.profile.rows / usual
    missing = _hours_missing(day, left)
    return missing or (_rows_missing(day, comparable) if day.short else None)


def _comparable(day: Day) -> list[float]:
    """The rows of the reference's days, and of those before this one, as of its weekday.

    Where the reference has days enough of it: else all days count as they are.
    """
    usual = _by_weekday(day)
    weekday = weekday_of(day.label)
    if weekday is None or weekday not in usual:
        rows = [profile.rows for profile in day.reference.days.values()]
        return [float(n) for n in (*rows, *day.recent_rows.values())]
    middle = {other: float(np.median(found)) for other, found in usual.items()}
    before = [(weekday_of(label), n) for label, n in day.recent_rows.items()]
    recent = [n * middle[weekday] / middle[w] for w, n in before if w in middle]
    return [*usual[weekday], *recent]


def _by_weekday(day: Day) -> dict[int, list[float]]:
    """The rows of the reference's days of each weekday that it has enough of."""
    found: dict[int, list[float]] = {}
    for label, profile in day.reference.days.items():
        weekday = weekday_of(label)
        if weekday is not None and profile.rows:
            found.setdefault(weekday, []).append(float(profile.rows))
    return {weekday: n for weekday, n in found.items() if len(n) >= LEAST_DAYS}


def _hours_missing(day: Day, left: float) -> Diagnosis | None:
    """Hours without a row today and with many on every reference day."""
    if day.hours is None:
        return None
    usual, today = _shares_by_hour(day), _by_hour(day.hours[1])
    if not len(usual) or not today.any():
        return None
    missing = (today == 0) & ((usual > 0).mean(axis=0) >= 0.5)
    hours, lost = np.flatnonzero(missing), usual[:, missing].sum(axis=1)
    if not _is_one_gap(hours) or np.quantile(lost, 0.05) < LEAST:
        return None
    share = float(lost.mean())
    if left > 1 - 0.7 * share:
        return None
    return Diagnosis(
        "partial_day",
        share,
        float(np.clip(share / (1 - left), 0, 1)),
        f"the hours from {hours[0]:02d} to {hours[-1] + 1:02d} o'clock are missing, "
        f"usually {percent(share)} of the rows",
        "load the rest of the day",
        {"hours": hours.tolist()},
    )


def _shares_by_hour(day: Day) -> Array:
    """Of each reference day's rows with a time stamp, the share that each hour has."""
    assert day.hours is not None
    before = day.hours[0]
    counts = np.array([_by_hour(before[day.window == n]) for n in range(day.days)])
    stamped = counts[counts.sum(axis=1) > 0]
    return np.asarray(stamped / stamped.sum(axis=1, keepdims=True))


def _by_hour(hours: Array) -> Array:
    """How many rows each hour has; a row without a time stamp is in none."""
    known = hours[~np.isnan(hours)].astype(int)
    return np.bincount(known, minlength=24).astype(float)


def _is_one_gap(hours: npt.NDArray[np.intp]) -> bool:
    """Whether there are hours, and none between them is there."""
    return bool(len(hours)) and int(np.ptp(hours)) < len(hours)


def _rows_missing(day: Day, comparable: list[float]) -> Diagnosis | None:
    """Fewer rows than any comparable day has, and far fewer than nine in ten of them.

    Where some days are small by nature: about half of the usual, and none so small.
    """
    rows, least = day.profile.rows, min(comparable)
    small, left = (
        float(np.quantile(comparable, 0.1)),
        rows / float(np.median(comparable)),
    )
    halved = left < HALF and rows < BELOW_ALL * least
    if rows >= least or not (rows <= LOW * small or halved):
        return None
    return Diagnosis(
        "partial_day",
        1 - left,
        1.0,
        f"the slice has {rows:,} row{'' if rows == 1 else 's'}, {percent(left)} of the "
        "usual: a part was not loaded",
        "load the rest of the day",
        {"rows": rows},
        certain=False,  # a quiet day has few rows too: their number's bounds say more
    )
