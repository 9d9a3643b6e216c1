"""Rows that meet conditions on columns, and the conditions in words."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from driftline.core.why.encoding import as_numbers, is_numeric


@dataclass(frozen=True, slots=True)
class Condition:
    """One column against one value: `=` or `≠` a category, `≤` or `>` a number.

    A missing value is no category, and below every number.
    """

    column: str
    sign: str
    value: str | float
    whole: bool = False

    def holds(self, table: pl.DataFrame) -> pl.Series:
        """Which rows meet it; none where the column is absent."""
        if self.column not in table.columns:
            return pl.Series([False]).new_from_index(0, table.height)
        held = table[self.column]
        if isinstance(self.value, str):
            same = (held.cast(pl.String, strict=False) == self.value).fill_null(False)
            return same if self.sign == "=" else ~same
        above = pl.Series(as_numbers(held) > self.value)
        return above if self.sign == ">" else ~above

    def __str__(self) -> str:
        """In words.

        >>> str(Condition("hour", ">", 16.5, whole=True)), str(Condition("mph", "≤", 3.25))
        ('hour ≥ 17', 'mph ≤ 3.25')
        """
        if isinstance(self.value, str):
            return f"{self.column} {self.sign} {self.value}"
        if not self.whole:
            return f"{self.column} {self.sign} {self.value:.4g}"
        low = int(self.value // 1)
        return f"{self.column} {f'≥ {low + 1}' if self.sign == '>' else f'≤ {low}'}"


def in_words(conditions: Iterable[Condition]) -> str:
    """All of them together.

    >>> in_words([Condition("carrier", "=", "UA"), Condition("hour", ">", 16.5, whole=True)])
    'carrier = UA and hour ≥ 17'
    """
    return " and ".join(map(str, conditions))


def all_hold(conditions: Iterable[Condition], table: pl.DataFrame) -> pl.Series:
    """Which rows meet all of them."""
    met = pl.Series([True]).new_from_index(0, table.height)
    for condition in conditions:
        met &= condition.holds(table)
    return met


def simplest(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The same rows in fewer words: of a column, the tightest on either side.

    >>> in_words(simplest([Condition("x", ">", 1.0), Condition("x", ">", 2.0),
    ...                    Condition("c", "≠", "A"), Condition("c", "=", "B")]))
    'c = B and x > 2'
    """
    kept: dict[tuple[str, str, object], Condition] = {}
    for condition in conditions:
        apart = condition.value if condition.sign == "≠" else None
        place = (condition.column, condition.sign, apart)
        before = kept.get(place)
        if before is None or _tighter(condition, before):
            kept[place] = condition
    named = {column for column, sign, _ in kept if sign == "="}
    left = [c for c in kept.values() if c.sign != "≠" or c.column not in named]
    return tuple(sorted(left, key=lambda c: (c.column, c.sign, str(c.value))))


def _tighter(one: Condition, other: Condition) -> bool:
    if isinstance(one.value, str) or isinstance(other.value, str):
        return False
    return one.value > other.value if one.sign == ">" else one.value < other.value


def candidates(
    table: pl.DataFrame, columns: Iterable[str], most_categories: int, least_rows: int
) -> list[Condition]:
    """A number's column once, with no threshold yet, and the largest categories of text."""
    found: list[Condition] = []
    for name in columns:
        if name not in table.columns:
            continue
        held = table[name]
        if is_numeric(held.dtype):
            whole = held.dtype.is_integer() or held.dtype == pl.Boolean
            found.append(Condition(name, ">", 0.0, whole=whole))
            continue
        counted = held.cast(pl.String, strict=False).drop_nulls().alias("v")
        ranked = counted.value_counts().filter(pl.col("count") >= least_rows)
        ranked = ranked.sort(["count", "v"], descending=[True, False])
        found += [Condition(name, "=", v) for v in ranked["v"].head(most_categories)]
    return found
