"""A column of numbers, today and before: grid, range, shape; long, as undos share it all."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

DECIMALS = 6
"""The finest grid looked for, in decimals."""

POINTS = 500
"""At how many of the reference's quantiles two distributions are compared."""

BEYOND = 2.0
"""So many ranges, or six times what days move, outside the range no world goes at once."""

LEARNED = (
    "known",
    "by_day",
    "support",
    "middles",
    "daily_news",
    "usual_news",
    "day_distances",
    "one_value_days",
    "grid",
)
"""What the reference alone says of a column."""

LEAST = 5
"""A day with fewer values has no shape of its own."""


@dataclass(frozen=True)
class Numbers:
    """`before` and `now` hold NaN where a value is missing; `window` numbers the days.

    `single` says that the values are 32-bit floats, which hold 7 digits.
    """

    before: Array
    window: npt.NDArray[np.int64]
    now: Array
    single: bool = False

    def on(self, now: Array) -> "Numbers":
        """The column on another day; what its reference says is worked out once."""
        found = replace(self, now=now)
        if len(self.known) >= LEAST:
            vars(found).update({name: getattr(self, name) for name in LEARNED})
        return found

    @cached_property
    def known(self) -> Array:
        """The reference's values in order."""
        return np.sort(self.before[np.isfinite(self.before)])

    @cached_property
    def present(self) -> Mask:
        """Which of today's rows have a value."""
        return np.isfinite(self.now)

    @cached_property
    def today(self) -> Array:
        """Today's values, in the order of the rows."""
        return self.now[self.present]

    @cached_property
    def usable(self) -> bool:
        """Whether both sides hold enough values to say anything."""
        return len(self.known) >= 10 * LEAST and len(self.today) >= LEAST

    @cached_property
    def by_day(self) -> list[Array]:
        """The values of each reference day that has enough."""
        held = np.isfinite(self.before)
        order = np.argsort(self.window[held], kind="stable")
        values, days = self.before[held][order], self.window[held][order]
        parts = np.split(values, np.flatnonzero(np.diff(days)) + 1)
        return [part for part in parts if len(part) >= LEAST]

    @cached_property
    def low(self) -> float:
        """The reference's least value, but for 1 in 500 that may be mistakes of its own."""
        return float(self.known[len(self.known) // 500])

    @cached_property
    def high(self) -> float:
        """The reference's greatest value, but for 1 in 500."""
        return float(self.known[-1 - len(self.known) // 500])

    @property
    def width(self) -> float:
        """The reference's range; at least a grain of its values' size."""
        low, high = float(self.known[0]), float(self.known[-1])
        return max(high - low, abs(high) * 1e-9, 1e-12)

    @cached_property
    def middles(self) -> Array:
        """The median of each reference day."""
        return np.array([np.median(day) for day in self.by_day])

    @property
    def moved(self) -> float:
        """How far the days' medians are apart."""
        return float(np.ptp(self.middles)) if len(self.middles) else self.width

    def within(self, values: Array, margin: float = 0.0) -> Mask:
        """Which values are in the reference's range."""
        return np.asarray(
            (values >= self.low - margin) & (values <= self.high + margin)
        )

    def reach(self, values: Array) -> Array:
        """How far outside the range each value is.

        In what days move of themselves: three times that, or the range's width, is 1.
        For positive columns small numbers count by their ratio, and negative ones are
        strange.
        """
        low, high = float(self.known[0]), float(self.known[-1])
        found = np.maximum(low - values, values - high)
        found = found / max(3 * self.moved, self.width)
        if low >= 0:
            strange = np.where(-values >= self.width / 2, BEYOND, 1.0)
            found = np.where(values < 0, strange, found)
        if low > 0:
            small = (values > 0) & (values < low)
            ratio = np.log(low / np.where(small, values, low))
            moved = float(np.ptp(np.log(self.middles))) if len(self.middles) else 0.0
            found = np.where(small, ratio / max(3 * moved, np.log(3.0)), found)
        return np.asarray(found)

    @cached_property
    def support(self) -> Array:
        """The distinct values of the reference, in order."""
        return np.unique(self.known)

    @cached_property
    def daily_news(self) -> Array:
        """Per reference day, the share of its values that no other day holds."""
        days = self.by_day
        if len(days) < 2:
            return np.array([])
        once = [np.unique(day) for day in days]
        values, held_by = np.unique(np.concatenate(once), return_counts=True)
        lonely = values[held_by == 1]
        return np.array([np.isin(day, lonely).mean() for day in days])

    @cached_property
    def recurrent(self) -> bool:
        """Whether days share their values, so that a new one means something."""
        news = self.daily_news
        return bool(len(news)) and float(news.mean()) <= 0.2

    @cached_property
    def grid(self) -> float | None:
        """The step of which nearly all reference values are multiples: 1, 0.1 and so on."""
        return grid_of(self.support, self.single)

    def close(self, values: Array) -> Array:
        """How far apart equal numbers may be, after some arithmetic on them."""
        precision = 4e-7 if self.single else 1e-9
        return np.asarray(np.abs(values) * precision + 1e-12)

    def is_home(self, values: Array, slack: float = 0.0) -> Mask:
        """Which values the reference's column could hold, give or take a rounding."""
        reach = np.maximum(self.close(values), slack)
        if self.recurrent:
            return np.asarray(self.apart(values) <= reach)
        inside = (values >= self.low - reach) & (values <= self.high + reach)
        if self.grid is None or slack > self.grid / 8:
            return inside
        return inside & on_grid(values, self.grid, self.single, slack)

    def apart(self, values: Array) -> Array:
        """How far each value is from the nearest of the reference."""
        return apart(self.support, values)

    @cached_property
    def foreign(self) -> Mask:
        """Which of today's values the reference's column could not hold."""
        return ~self.is_home(self.today)

    @cached_property
    def foreign_rows(self) -> Mask:
        """The same by row; rows without a value are not foreign."""
        found = self.present.copy()
        found[found] = self.foreign
        return found

    def is_near(self, values: Array, slack: float = 0.0) -> Mask:
        """Which values are on the grid, and at most one range beyond the range.

        A season moves a column out of its range, and never off its grid.
        """
        inside = np.abs(values - (self.low + self.high) / 2) <= 1.5 * self.width
        if self.grid is None or slack > self.grid / 8:
            return np.zeros(len(values), dtype=bool)
        return inside & on_grid(values, self.grid, self.single, slack)

    @cached_property
    def off_grid(self) -> Mask:
        """Which of today's values are not on the reference's grid."""
        if self.grid is None:
            return np.zeros(len(self.today), dtype=bool)
        return ~on_grid(self.today, self.grid, self.single)

    @cached_property
    def usual_news(self) -> Array:
        """Per reference day, the share of its values that the others could not hold."""
        if self.recurrent:
            return self.daily_news
        lows = np.sort([day.min() for day in self.by_day])
        highs = np.sort([day.max() for day in self.by_day])[::-1]
        return np.array([_news(day, lows, highs, self) for day in self.by_day])

    @cached_property
    def _points(self) -> tuple[Array, Array]:
        step = max(len(self.known) // POINTS, 1)
        at = self.known[step // 2 :: step]
        return at, np.searchsorted(self.known, at, side="right") / len(self.known)

    def distance(self, values: Array) -> float:
        """Mean gap between two distribution functions, over the reference's values.

        0 for equal ones, at most 1; no outlier weighs more than its row.
        """
        return self.distance_in_order(np.sort(values))

    def distance_in_order(self, values: Array) -> float:
        """The same, of values in ascending order."""
        if not len(values):
            return 1.0
        at, share = self._points
        found = np.searchsorted(values, at, side="right") / len(values)
        return float(np.abs(found - share).mean())

    @cached_property
    def in_order(self) -> Array:
        """Today's values, ascending."""
        return np.sort(self.today)

    @cached_property
    def strayed(self) -> float:
        """Today's distance."""
        return self.distance_in_order(self.in_order)

    @cached_property
    def day_distances(self) -> Array:
        """The distance of each reference day from the others together."""
        days = self.by_day
        alone = len(days) / max(len(days) - 1, 1)
        return np.array([self.distance(day) * alone for day in days])

    @property
    def usual_distance(self) -> float:
        """Of the median day."""
        return float(np.median(self.day_distances)) if len(self.day_distances) else 0.0

    @property
    def most_distance(self) -> float:
        """Of the day farthest off; as far as can be where too few days are known."""
        enough = len(self.day_distances) >= LEAST
        return float(self.day_distances.max()) if enough else 1.0

    @cached_property
    def one_value_days(self) -> bool:
        """Whether most days hold a single value: then the column tells the day."""
        single = [float(np.ptp(day)) == 0.0 for day in self.by_day]
        return bool(single and np.mean(single) > 0.5 and len(self.support) > 1)

    def explained(self, after: Array) -> float:
        """How much of the distance is gone when these are today's values."""
        before = self.strayed - self.usual_distance
        left = max(self.distance(after) - self.usual_distance, 0.0)
        return float(np.clip(1 - left / before, 0, 1)) if before > 1e-9 else 1.0


def apart(known: Array, values: Array) -> Array:
    """How far each value is from the nearest of the known ones, which are in order.

    >>> apart(np.array([1.0, 5.0]), np.array([0.0, 2.0, 4.5]))
    array([1. , 1. , 0.5])
    """
    if not len(known):
        return np.full(len(values), np.inf)
    at = np.searchsorted(known, values)
    left = known[np.clip(at - 1, 0, len(known) - 1)]
    right = known[np.clip(at, 0, len(known) - 1)]
    return np.asarray(np.minimum(np.abs(values - left), np.abs(values - right)))


def grid_of(values: Array, single: bool = False) -> float | None:
    """The coarsest of 1, 0.1, … of which all but 1 in 200 values are multiples.

    >>> grid_of(np.array([1.5, 2.25, 3.0]))
    0.01
    """
    for decimals in range(DECIMALS + 1):
        step = float(10.0**-decimals)
        if len(values) and on_grid(values, step, single).mean() >= 0.995:
            return step
    return None


def on_grid(
    values: Array, step: float, single: bool = False, slack: float = 0.0
) -> Mask:
    """Which values are multiples of the step. None are where digits do not reach."""
    scaled = values / step
    reach = (4e-7 if single else 1e-11) * np.abs(scaled) + 1e-6 + slack / step
    return np.asarray((np.abs(scaled - np.round(scaled)) <= reach) & (reach < 0.2))


def _news(day: Array, lows: Array, highs: Array, column: Numbers) -> float:
    low = lows[1] if day.min() == lows[0] and len(lows) > 1 else lows[0]
    high = highs[1] if day.max() == highs[0] and len(highs) > 1 else highs[0]
    strange = (day < low) | (day > high)
    if column.grid is not None:
        strange |= ~on_grid(day, column.grid, column.single)
    return float(strange.mean())
