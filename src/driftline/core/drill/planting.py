"""Faults of known size, planted into a copy of a day's rows for a drill.

Every fault makes values such as a fault of its kind makes: what goes missing is null, a
shift lands on values that the column takes anyway, a wrong unit multiplies.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from driftline.core.bounds.weight import least_at_once
from driftline.core.incidents.incident import Cause
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.roles import Roles, Task
from driftline.errors import SettingsError, UnknownName

Rng = np.random.Generator
Change = Callable[[pl.DataFrame, str, float, Rng], pl.DataFrame]

NEW_VALUE = "driftline-drill"
"""A category that no column has."""

CLEARLY = 0.1
"""The share of the rows by which a fault exceeds what pages."""

ANY = frozenset({Kind.NUMERIC, Kind.CATEGORICAL})


def nulls(table: pl.DataFrame, column: str, size: float, rng: Rng) -> pl.DataFrame:
    """So large a share of the values is missing.

    >>> rows = pl.DataFrame({"a": range(10)})
    >>> nulls(rows, "a", 0.3, np.random.default_rng(0))["a"].null_count()
    3
    """
    return _put(table, column, _picked(table, size, rng), pl.lit(None))


def unseen(table: pl.DataFrame, column: str, size: float, rng: Rng) -> pl.DataFrame:
    """So large a share of the values is one that was never there."""
    numeric = table.schema[column].is_numeric()
    new = pl.col(column).max() + 1 if numeric else pl.lit(NEW_VALUE)
    return _put(table, column, _picked(table, size, rng), new)


def unit(table: pl.DataFrame, column: str, size: float, rng: Rng) -> pl.DataFrame:
    """Every value is multiplied, as by a producer that writes another unit."""
    held = table.schema[column]
    wide = pl.Int64 if held.is_integer() else held
    return table.with_columns((pl.col(column).cast(pl.Float64) * size).cast(wide))


def shift(table: pl.DataFrame, column: str, size: float, rng: Rng) -> pl.DataFrame:
    """Values move by so many standard deviations, onto values that the column takes.

    >>> rows = pl.DataFrame({"a": [1, 2, 3, 10, None]})
    >>> shift(rows, "a", 1.0, np.random.default_rng(0))["a"].to_list()
    [10, 10, 10, 10, None]
    """
    values = table[column].cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = np.unique(values[np.isfinite(values)])
    if known.size < 2:
        return table
    spread = float(np.nanstd(values, where=np.isfinite(values)))
    moved = known[
        np.searchsorted(known, values + size * spread).clip(max=known.size - 1)
    ]
    kept = np.where(np.isfinite(values), moved, values)
    return _put(table, column, np.isfinite(values), pl.Series(kept))


def turned(table: pl.DataFrame, label: str, size: float, rng: Rng) -> pl.DataFrame:
    """So large a share of the labels is the next class.

    >>> rows = pl.DataFrame({"y": ["no", "yes", "no", "yes"]})
    >>> turned(rows, "y", 1.0, np.random.default_rng(0))["y"].to_list()
    ['yes', 'no', 'yes', 'no']
    """
    classes = table[label].drop_nulls().unique().sort().to_list()
    following = dict(zip(classes, [*classes[1:], *classes[:1]], strict=True))
    other = pl.col(label).replace(following)
    return _put(table, label, _picked(table, size, rng), other)


def mirrored(table: pl.DataFrame, label: str, size: float, rng: Rng) -> pl.DataFrame:
    """So large a share of the labels lies on the other side of their median.

    >>> rows = pl.DataFrame({"y": pl.Series([0, 1, 9], dtype=pl.UInt8)})
    >>> mirrored(rows, "y", 1.0, np.random.default_rng(0))["y"].to_list()
    [2, 1, -7]
    """
    if table.schema[label].is_integer():
        table = table.with_columns(pl.col(label).cast(pl.Int64))
    other = 2 * pl.col(label).median() - pl.col(label)
    return _put(table, label, _picked(table, size, rng), other)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What a fault does, and what has to follow.

    `pages` is the cause of the incident that opens, None for what is only watched;
    `retrains` whether a run is asked for in the end. `size` is the usual one; `said`
    puts it into words. `kinds` are the columns that it can happen to; it happens to the
    label where there are none.
    """

    change: Change
    size: float
    said: str
    pages: Cause | None
    retrains: bool = False
    kinds: frozenset[Kind] = frozenset()


FAULTS: Mapping[str, FaultKind] = {
    "nulls": FaultKind(
        nulls, 0.3, "{share} of {column} missing", Cause.DATA, kinds=ANY
    ),
    "unseen": FaultKind(
        unseen,
        0.1,
        "{share} of {column} a new value",
        Cause.DATA,
        kinds=frozenset({Kind.CATEGORICAL}),
    ),
    "unit": FaultKind(
        unit,
        1000.0,
        "{column} times {size:g}",
        Cause.DATA,
        kinds=frozenset({Kind.NUMERIC}),
    ),
    "shift": FaultKind(
        shift,
        1.0,
        "{column} moved by {size:g} × its standard deviation",
        None,
        kinds=frozenset({Kind.NUMERIC}),
    ),
    "harm": FaultKind(
        turned, 0.5, "{share} of the labels turned", Cause.PERFORMANCE, retrains=True
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault to plant. `also` is planted into the same days, and hides it if it can."""

    name: str
    column: str
    size: float
    also: "Fault | None" = field(default=None)

    @property
    def kind(self) -> FaultKind:
        """What it does, and what has to follow."""
        return FAULTS[self.name]

    @property
    def on_labels(self) -> bool:
        """Whether it happens to the labels."""
        return not self.kind.kinds

    @property
    def is_share(self) -> bool:
        """Whether its size is a share of the rows."""
        return "{share}" in self.kind.said

    @property
    def said(self) -> str:
        """The fault in words.

        >>> Fault("nulls", "price", 0.3).said
        '30% of price missing'
        """
        share = f"{100 * self.size:g}%"
        words = self.kind.said.format(share=share, column=self.column, size=self.size)
        return f"{words}, and {self.also.said}" if self.also else words


def fault_of(name: str, column: str, size: float | None) -> Fault:
    """A fault of that name, of its usual size where none is given."""
    if name not in FAULTS:
        raise UnknownName("fault", name, FAULTS)
    fault = Fault(name, column, FAULTS[name].size if size is None else size)
    if fault.is_share and not 0 < fault.size <= 1:
        raise SettingsError(f"--size of {name} is a share, above 0 and up to 1")
    return fault


def large_enough(fault: Fault, days: int, rate: float) -> Fault:
    """The fault, so large that it pages at once after a reference of so many days.

    `rate` is the chance that anything may page in one window.

    >>> large_enough(Fault("nulls", "price", 0.3), days=30, rate=1 / 91).size
    0.6
    """
    least = least_at_once(days, rate)
    if not fault.is_share or fault.size > least:
        return fault
    return replace(fault, size=round(least + CLEARLY, 2))


def can_happen(name: str, column: ColumnPlan) -> bool:
    """Whether the fault can happen to such a column: a third truth value is none.

    >>> can_happen("unseen", ColumnPlan(Kind.CATEGORICAL, "Boolean"))
    False
    """
    new = name == "unseen" and column.dtype == "Boolean"
    return column.kind in FAULTS[name].kinds and not new


def column_for(name: str, plan: Plan, profile: Profile, features: list[str]) -> str:
    """The first feature that the fault can happen to, among those least often null.

    Raises `SettingsError` where there is none.
    """
    able = [c for c in features if c in plan.columns]
    able = [c for c in able if can_happen(name, plan.columns[c])]
    if not able:
        raise SettingsError(f"no feature here can have the fault {name}; name another")
    return min(able, key=lambda column: profile.columns[column].nulls)


def plant(table: pl.DataFrame, fault: Fault, roles: Roles, rng: Rng) -> pl.DataFrame:
    """The table with the fault in it; the given one stays as it is."""
    change = fault.kind.change
    if change is turned and roles.task is Task.REGRESSION:
        change = mirrored
    if not table.height or fault.column not in table.columns:
        return table
    return change(table, fault.column, fault.size, rng)


def _picked(table: pl.DataFrame, share: float, rng: Rng) -> np.ndarray:
    """A mask of so large a share of the rows, at random."""
    mask = np.zeros(table.height, dtype=bool)
    count = min(max(round(share * table.height), 1), table.height)
    mask[rng.choice(table.height, count, replace=False)] = True
    return mask


def _put(
    table: pl.DataFrame, column: str, mask: np.ndarray, values: pl.Expr | pl.Series
) -> pl.DataFrame:
    """Other values where the mask says so, in the column's own type."""
    held = table.schema[column]
    wide = pl.String if isinstance(held, pl.Categorical | pl.Enum) else held
    changed = pl.when(pl.Series(mask)).then(values).otherwise(pl.col(column).cast(wide))
    return table.with_columns(changed.cast(wide).alias(column))
