"""Whether a number follows the weekday, and by how much; and which days have no rows."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from driftline.core.bounds.tails import variance_ratio_tail

Array = npt.NDArray[np.float64]

SURE = 0.01
"""How likely chance alone may make an effect of weekdays that is believed."""

LEAST_WEEKS = 4
"""Weeks from which on a weekday that never has rows is known to be a day of rest."""

OFTEN = 7
"""Days to one gap, at most, of a reference that has gaps as a week has its Sunday."""

LEAST_DAYS, LEAST_EACH = 28, 3
"""Days in all, and of each weekday, from which on an effect is looked for."""


def weekday_of(label: str) -> int | None:
    """The weekday (Monday is 0) of a window's label; None for hours and weeks.

    >>> weekday_of("2013-03-08"), weekday_of("2013-W10")
    (4, None)
    """
    try:
        return date.fromisoformat(label).weekday() if len(label) == 10 else None
    except ValueError:
        return None


def is_rest_day(label: str, known: Collection[str]) -> bool:
    """Whether no window of this one's weekday is among the known ones, weeks on end.

    Only weeks count that have other days before and after it: a month that is missing
    altogether says nothing of its weekdays.

    >>> work = ["2026-03-02", "2026-03-06", "2026-03-09", "2026-03-13", "2026-03-16",
    ...         "2026-03-20", "2026-03-23", "2026-03-27", "2026-03-30"]
    >>> is_rest_day("2026-04-04", work), is_rest_day("2026-04-03", work)
    (True, False)
    """
    weekday = weekday_of(label)
    days = {date.fromisoformat(day) for day in known if weekday_of(day) is not None}
    if weekday is None or any(day.weekday() == weekday for day in days):
        return False
    weeks = {_next(day, weekday) for day in days} & {
        _next(day, weekday) - timedelta(days=7) for day in days
    }
    return len(weeks) >= LEAST_WEEKS


def is_usual_gap(length: int, known: Collection[str]) -> bool:
    """Whether so many days in a row without any are as usual among the known ones.

    They have gaps as often as weeks have an end, other than by the weekday; four of them
    or more are as long. So a month that is missing, or a file now and then, is not usual.

    >>> games = ["2026-03-02", "2026-03-04", "2026-03-07", "2026-03-09", "2026-03-12",
    ...          "2026-03-14", "2026-03-17", "2026-03-19", "2026-03-22", "2026-03-24"]
    >>> is_usual_gap(1, games), is_usual_gap(2, games), is_usual_gap(3, games)
    (True, True, False)
    """
    days = sorted(date.fromisoformat(d) for d in known if weekday_of(d) is not None)
    worked = _weekdays(days)
    gaps = [len(b) for b in map(_between, days, days[1:]) if worked & _weekdays(b)]
    often = OFTEN * len(gaps) >= len(days) + sum(gaps)
    return often and sum(gap >= length for gap in gaps) >= LEAST_WEEKS


def _between(first: date, last: date) -> list[date]:
    """The days after the first and before the last."""
    return [first + timedelta(days=n) for n in range(1, (last - first).days)]


def _weekdays(days: Iterable[date]) -> set[int]:
    return {day.weekday() for day in days}


def _next(day: date, weekday: int) -> date:
    """The first day of this weekday from here on."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def weekday_effects(
    values: Array, weekdays: Sequence[int | None]
) -> dict[int, float] | None:
    """What each weekday adds to the mean, or None where weekdays do not matter.

    An analysis of variance decides; effects are shrunk by the share of their variance
    that chance explains (James and Stein, 1961).

    >>> week = [0, 1, 2, 3, 4, 5, 6] * 6
    >>> effects = weekday_effects(np.array([day // 5 + 0.01 * i % 0.07 for i, day in
    ...                                     enumerate(week)]), week)
    >>> round(effects[0], 1), round(effects[6], 1)
    (-0.3, 0.7)
    """
    if len(values) < LEAST_DAYS or None in weekdays:
        return None
    groups = {
        day: values[np.array(weekdays) == day]
        for day in sorted({day for day in weekdays if day is not None})
    }
    groups = {day: found for day, found in groups.items() if len(found) >= LEAST_EACH}
    if len(groups) < 2:
        return None
    return _shrunk(groups)


def _shrunk(groups: dict[int, Array]) -> dict[int, float] | None:
    everything = np.concatenate(list(groups.values()))
    mean = everything.mean()
    apart = {day: float(found.mean() - mean) for day, found in groups.items()}
    between = sum(len(groups[day]) * apart[day] ** 2 for day in groups)
    within = sum(float(np.square(g - g.mean()).sum()) for g in groups.values())
    free = (len(groups) - 1, len(everything) - len(groups))
    if between <= 1e-12 * max(mean * mean, 1e-12):
        return None
    ratio = (between / free[0]) / max(within / free[1], 1e-12 * between)
    if variance_ratio_tail(ratio, *free) >= SURE:
        return None
    return {day: effect * (1 - 1 / ratio) for day, effect in apart.items()}
