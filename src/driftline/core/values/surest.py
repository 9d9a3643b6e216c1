"""Which values of another column make a missing value a rare one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import polars as pl

from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.reference import Reference
from driftline.core.values.few_valued import FewValued, few_valued
from driftline.core.values.missing import Company, absent
from driftline.core.values.numbers import DAYS_PER_FAULT
from driftline.core.values.sure import Array, Counts, Masks, Sure
from driftline.core.values.thinned import MOST_ROWS

MOST = 40
"""Columns that lack values and are looked at: those whose rows say least of it."""

BETTER = 1.5
"""So much clearer than by all rows a missing share has to be for a check of its own.

A judgement: what all rows tell as well is told of them.
"""

DOUBT = 0.5
"""Of each value so many sampled rows more are taken to lack the column.

A value of few rows is then not sure, however few of them lacked it (Jeffreys' prior).
"""

PARTS = 10
"""Into so many parts the days are dealt; each day is judged by what other parts choose."""


@dataclass(frozen=True, slots=True)
class _Days:
    """The day of each sampled row, the number of days, and how many rows one stands for."""

    of: Counts
    count: int
    weight: float

    def per_day(self, mask: Masks) -> Counts:
        """The rows of the mask on each day."""
        return np.bincount(self.of[mask], minlength=self.count)


@dataclass(frozen=True, slots=True)
class _Gap:
    """A column, which rows lack it, and how clearly all rows would show that more do."""

    column: str
    lacks: Masks
    clarity: float


def sures(
    reference: Reference,
    table: pl.DataFrame,
    days: Counts,
    columns: Sequence[str],
    companies: Mapping[str, Company],
) -> list[Sure]:
    """The columns of which some rows are much surer to have a value than all rows are.

    `table` has rows of the reference, and `days` the number of each row's day, 0 and up.
    For each column those values of another one are taken, the surest first, by which a
    share that goes missing besides the usual one stands out most on a usual day. What
    its `companies` show as well is left to them.
    """
    count = int(days.max(initial=-1)) + 1
    if count < ENOUGH_DAYS:
        return []
    known = _Days(days, count, _weight(reference, len(days) / count))
    gaps = _gaps(table, columns, companies, known)
    if not gaps:
        return []
    others = few_valued(table, reference.plan.columns, columns)
    found = [(gap, _sure(gap, by, known)) for gap, by in _clearest(gaps, others, known)]
    return [sure for gap, sure in found if _is_better(sure, gap, known)]


def _weight(reference: Reference, sampled: float) -> float:
    """How many rows of a usual day, as far as they are looked at, one of the sample is."""
    rows = [day.rows for day in reference.days.values()]
    return max(min(median(rows), MOST_ROWS) / sampled, 1.0) if rows else 1.0


def _clarity(rows: Array, usual: Array, variance: Array, weight: float) -> Array:
    """How clearly a day of so many rows shows that a share of them is missing besides.

    In deviations of the number that goes missing anyway: `usual` on a day of the sample,
    with its `variance` over days. What that has beyond Poisson's is the days' own, and a
    row more or less is nothing.
    """
    days = np.maximum(variance - usual, 0.0)
    noise = usual * weight + days * weight**2 + 1
    return np.asarray(rows * weight / np.sqrt(noise))


def _gaps(
    table: pl.DataFrame,
    columns: Sequence[str],
    companies: Mapping[str, Company],
    days: _Days,
) -> list[_Gap]:
    """The columns that lack so much that fewer rows may show more of it."""
    rows = np.array(table.height / days.count)
    found = []
    for name in columns:
        lacks = absent(table[name])
        alone = companies[name].strange(table) if name in companies else lacks
        lacking = days.per_day(alone)
        lacking = lacking[_sound(lacking)]
        clarity = float(_clarity(rows, lacking.mean(), lacking.var(), days.weight))
        if clarity * BETTER <= rows * days.weight and not lacks.all():
            found.append(_Gap(name, lacks, clarity))
    return sorted(found, key=lambda gap: gap.clarity)[:MOST]


def _clearest(
    gaps: Sequence[_Gap], others: Sequence[FewValued], days: _Days
) -> Iterator[tuple[_Gap, FewValued]]:
    """Each column with the one whose values may show a missing share most clearly."""
    lines, where = np.nonzero([gap.lacks for gap in gaps])
    names = np.array([gap.column for gap in gaps])
    found = np.zeros((len(others), len(gaps)))
    for at, other in enumerate(others):
        lacking = other.counted(lines, len(gaps), where)
        rows = np.broadcast_to(other.rows, lacking.shape)
        order = _surest_first(rows, lacking)
        ahead, usual = (
            np.take_along_axis(counts, order, 1).cumsum(1) / days.count
            for counts in (rows, lacking + DOUBT)
        )
        clear = _clarity(ahead, usual, usual, days.weight)
        found[at] = np.where(names == other.column, 0.0, clear.max(axis=1))
    for gap, clear in zip(gaps, found.T, strict=True):
        if clear.size and clear.max() >= BETTER * gap.clarity:
            yield gap, others[int(clear.argmax())]


def _surest_first(rows: Counts, lacking: Counts) -> Counts:
    """Places of values by the share that lacks the column, with its doubt."""
    return np.argsort((lacking + DOUBT) / (rows + 2 * DOUBT), axis=-1, kind="stable")


def _sure(gap: _Gap, other: FewValued, days: _Days) -> Sure:
    """The column by the other one's values, and each day by what the other days choose."""
    where = np.flatnonzero(gap.lacks)
    rows = other.counted(days.of, days.count)
    lacking = other.counted(days.of[where], days.count, where)
    part = np.arange(days.count) % PARTS
    rest = np.array([part != one for one in (*range(PARTS), PARTS)])
    chosen = _chosen(rows, lacking, rest, days.weight)
    of_day, lacked = (np.where(chosen[part], n, 0).sum(axis=1) for n in (rows, lacking))
    held = np.flatnonzero(of_day)
    kept = held[_sound(lacked[held] / of_day[held])]
    places = np.flatnonzero(chosen[-1])
    often = places[np.argsort(-rows.sum(axis=0)[places], kind="stable")]
    return Sure(
        gap.column,
        other.column,
        tuple(other.values[place] for place in often),
        kept,
        of_day[kept],
        lacked[kept],
    )


def _sound(shares: Array | Counts) -> Counts:
    """The days in their order without the few that lack most: they may have been faults."""
    faults = len(shares) // DAYS_PER_FAULT
    return np.sort(np.argsort(shares, kind="stable")[: len(shares) - faults])


def _chosen(rows: Counts, lacking: Counts, known: Masks, weight: float) -> Masks:
    """The values by which a missing share is clearest, in a line for each one of `known`.

    `rows` and `lacking` have a line for each day, and `known` tells in each of its own
    which days count. The surest values go first, and each stays that makes it clearer.
    """
    days = known.sum(axis=1)
    total, gone = known @ rows, known @ lacking
    lines = np.arange(len(known))
    found = np.zeros(total.shape, dtype=np.bool_)
    held, best = np.zeros(len(known)), np.zeros(len(known))
    lacked = np.zeros(known.shape)
    for places in _surest_first(total, gone).T:
        more = held + total[lines, places] / days
        lacks = lacked + lacking.T[places] * known
        usual = lacks.sum(axis=1) / days
        variance = (lacks**2).sum(axis=1) / days - usual**2
        doubt = DOUBT * (found.sum(axis=1) + 1) / days
        clear = _clarity(more, usual + doubt, variance + doubt, weight)
        better = clear > best
        found[lines, places] = better
        held, best = np.where(better, more, held), np.where(better, clear, best)
        lacked[better] = lacks[better]
    return found


def _is_better(sure: Sure, gap: _Gap, days: _Days) -> bool:
    """Whether these rows show it so much more clearly, by days that chose none of them."""
    if len(sure.days) < ENOUGH_DAYS:
        return False
    rows, lacking = sure.rows.sum() / days.count, sure.lacking
    clear = _clarity(rows, lacking.mean(), lacking.var(), days.weight)
    return bool(clear >= BETTER * gap.clarity)
