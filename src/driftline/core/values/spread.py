"""How many strange values a reference's own days have: learned once, good for every day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from driftline.core.bounds.threshold import ENOUGH_DAYS, Array, Spread
from driftline.core.drift import Facts, Statistic
from driftline.core.profiles.plan import ColumnPlan, Kind
from driftline.core.reference import WINDOW, Reference
from driftline.core.values.clock import Clock, clocks
from driftline.core.values.facts import (
    COMMONEST,
    MISSING_ALONE,
    MISSING_WHERE_SURE,
    OFF_CLOCK,
    OUT_OF_ORDER,
    PLACEHOLDERS,
    STRAYS,
    UNKNOWN,
    where,
)
from driftline.core.values.missing import Company, companies
from driftline.core.values.numbers import (
    WIDTH,
    Commonest,
    Days,
    Placeholders,
    Strays,
    Unknown,
    Yardstick,
    per_day,
)
from driftline.core.values.order import Order, orders
from driftline.core.values.sure import Sure
from driftline.core.values.surest import sures

NUMBERS: dict[str, tuple[Facts, type[Yardstick]]] = {
    "unknown_values": (UNKNOWN, Unknown),
    "strays": (STRAYS, Strays),
    "placeholders": (PLACEHOLDERS, Placeholders),
    "commonest": (COMMONEST, Commonest),
}

MOST_USUAL = 0.5
"""A share that the usual day exceeds says nothing of the columns that have it."""


@dataclass(frozen=True, slots=True)
class ValueCheck:
    """One kind of strange value of one column, and the share of it on reference days."""

    column: str
    statistic: str
    spread: Spread
    yardstick: Yardstick | Company | Clock | Order | Sure

    @property
    def is_sure(self) -> bool:
        """Whether it is of rows that hardly ever lack the column."""
        return isinstance(self.yardstick, Sure)

    def value(self, table: pl.DataFrame) -> tuple[float, int] | None:
        """Today's share and the rows it is of; None where there is nothing to look at."""
        if isinstance(self.yardstick, Company | Clock | Order):
            if not table.height or not self.yardstick.fits(table):
                return None
            return float(self.yardstick.strange(table).mean()), table.height
        if isinstance(self.yardstick, Sure):
            return self.yardstick.share(table) if self.yardstick.fits(table) else None
        values = finite(table, self.column)
        if values is None or len(values) < WIDTH:
            return None
        return self.yardstick.share(values), len(values)


@dataclass(frozen=True, slots=True)
class ValuesSpread:
    """All checks; none where the reference has no sample of enough days."""

    checks: tuple[ValueCheck, ...] = ()
    timestamp: str = ""

    @property
    def sures(self) -> dict[str, Sure]:
        """The columns that some rows hardly ever lack, and which rows."""
        kinds = (check.yardstick for check in self.checks)
        return {kind.column: kind for kind in kinds if isinstance(kind, Sure)}


def measure_values(
    reference: Reference, columns: Sequence[str], timestamp: str
) -> ValuesSpread:
    """The checks of these columns that can say something.

    The days of their spreads are numbered in the order of their labels. `timestamp` names
    the column by which neighbours are neighbours.
    """
    sample = reference.sample
    if sample is None or sample[WINDOW].n_unique() < ENOUGH_DAYS:
        return ValuesSpread()
    sample = in_time(sample, timestamp, WINDOW)
    days = sample[WINDOW].rle_id().to_numpy().astype(np.int64)
    plans = reference.plan.columns
    held = [name for name in columns if name in sample.columns]
    numeric = [name for name in held if is_number(plans.get(name))]
    checks = [c for name in numeric for c in _of_numbers(name, sample, days)]
    steady = list(dict.fromkeys(check.column for check in checks))
    together = companies(sample, held)
    checks += [
        _of_rows("missing_alone", MISSING_ALONE, company, sample, days)
        for company in together
    ]
    known = {company.column: company for company in together}
    checks += [_of_sure(sure) for sure in sures(reference, sample, days, held, known)]
    checks += [
        _of_rows("off_clock", OFF_CLOCK, clock, sample, days)
        for clock in clocks(sample, numeric, timestamp)
    ]
    checks += [
        _of_rows("out_of_order", OUT_OF_ORDER, order, sample, days)
        for order in orders(sample, steady)
    ]
    said = (c for c in checks if c.spread.days_suffice and c.spread.usual < MOST_USUAL)
    return ValuesSpread(tuple(said), timestamp)


def in_time(table: pl.DataFrame, timestamp: str, *first: str) -> pl.DataFrame:
    """The rows in the order of time, as far as they tell it."""
    by = [*first, *([timestamp] if timestamp in table.columns else [])]
    return table.sort(by, maintain_order=True) if by else table


def is_number(plan: ColumnPlan | None) -> bool:
    """Whether a column is judged as numbers."""
    return plan is not None and plan.kind is Kind.NUMERIC


def finite(table: pl.DataFrame, name: str) -> Array | None:
    """The finite values; None where the table lacks the column, or it is no number."""
    if name not in table.columns or not table[name].dtype.is_numeric():
        return None
    values = table[name].cast(pl.Float64).drop_nulls().to_numpy()
    found: Array = values[np.isfinite(values)]
    return found


def _of_rows(
    name: str,
    facts: Facts,
    kind: Company | Clock | Order,
    sample: pl.DataFrame,
    days: Days,
) -> ValueCheck:
    own = per_day(kind.strange(sample), days)
    spread = _spread(facts, own, sample.height, np.arange(len(own)))
    return ValueCheck(kind.column, name, spread, kind)


def _of_sure(sure: Sure) -> ValueCheck:
    facts = where(MISSING_WHERE_SURE, str(sure))
    spread = _spread(facts, sure.own, int(sure.rows.sum()), sure.days)
    return ValueCheck(sure.column, "missing_where_sure", spread, sure)


def _of_numbers(name: str, sample: pl.DataFrame, days: Days) -> list[ValueCheck]:
    if not sample[name].dtype.is_numeric():
        return []
    values = sample[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
    rows = np.bincount(days[np.isfinite(values)], minlength=int(days.max()) + 1)
    held = np.isfinite(values) & (rows >= WIDTH)[days]
    places, numbered = np.unique(days[held], return_inverse=True)
    if len(places) < ENOUGH_DAYS:
        return []
    found = []
    for statistic, (facts, kind) in NUMBERS.items():
        yardstick = kind.learned(values[held], numbered)
        spread = _spread(facts, yardstick.own, int(held.sum()), places)
        found.append(ValueCheck(name, statistic, spread, yardstick))
    return found


def _spread(facts: Facts, own: Array, rows: int, places: Days) -> Spread:
    return Spread(
        Statistic(_no_columns, facts),
        own,
        np.array([]),
        rows / max(len(own), 1),
        rows,
        chance=1.0,
        places=tuple(places.tolist()),
    )


def _no_columns(*_: object) -> float:
    """A statistic of rows is none of two columns' profiles."""
    return float("nan")
