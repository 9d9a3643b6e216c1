"""A column of categories today and on the reference's days."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Categories:
    """`known` are the values that the whole reference holds, not its sample alone."""

    before: pl.Series
    window: npt.NDArray[np.int64]
    now: pl.Series
    known: frozenset[str]

    @cached_property
    def today(self) -> dict[str, int]:
        """Today's values with their rows, most frequent first."""
        counts = self.now.drop_nulls().value_counts(sort=True)
        return dict(counts.iter_rows())

    @cached_property
    def rows(self) -> int:
        """Today's rows that have a value."""
        return sum(self.today.values())

    @cached_property
    def _by_day(self) -> tuple[dict[str, Array], Array]:
        """Rows of each value per reference day, and of all values."""
        table = pl.DataFrame({"value": self.before, "day": self.window}).drop_nulls()
        days = int(self.window.max()) + 1 if len(self.window) else 0
        found: dict[str, Array] = {}
        for value, day, rows in table.group_by("value", "day").len().iter_rows():
            found.setdefault(value, np.zeros(days))[day] = rows
        total = np.zeros(days)
        for counts in found.values():
            total += counts
        return found, total

    def shares(self, value: str) -> Array:
        """The share of a value on each reference day that has rows."""
        found, total = self._by_day
        held = total > 0
        return found.get(value, np.zeros(len(total)))[held] / total[held]

    @cached_property
    def sampled(self) -> frozenset[str]:
        """The values in the reference's sample."""
        return frozenset(self._by_day[0])

    @cached_property
    def new(self) -> dict[str, int]:
        """Today's values that the reference does not hold, with their rows."""
        held = self.known | self.sampled
        return {value: n for value, n in self.today.items() if value not in held}

    @cached_property
    def daily_news(self) -> Array:
        """Per reference day, the share of rows whose value no other day holds."""
        found, total = self._by_day
        lonely = [counts for counts in found.values() if (counts > 0).sum() == 1]
        news = np.sum(lonely, axis=0) if lonely else np.zeros(len(total))
        return np.asarray(news[total > 0] / total[total > 0])

    @cached_property
    def one_value_days(self) -> bool:
        """Whether most days hold a single value: then the column tells the day."""
        found, total = self._by_day
        if len(found) < 2:
            return False
        most = np.max(list(found.values()), axis=0)
        return bool(np.mean(most[total > 0] == total[total > 0]) > 0.5)
