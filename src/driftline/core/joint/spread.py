"""The pairs of a reference, with what its own days did: learned once, good for every day."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from driftline.core.bounds.threshold import ENOUGH_DAYS, Array, Spread
from driftline.core.drift import Facts, Statistic
from driftline.core.joint.association import (
    ASSOCIATION,
    COMBINATIONS,
    Tables,
    associations,
    combinations_unseen,
)
from driftline.core.joint.coding import Codes, Coding, codings, presence
from driftline.core.joint.pairs import Pair, Table, chosen, told_by
from driftline.core.profiles.plan import Kind
from driftline.core.reference import WINDOW, Reference

LEAST_MISSING = 0.001
"""The share of rows from which on it matters what is missing together."""

MOST_BY_DAY = 0.25
"""The share of a column that the day may explain, beyond which it is left out."""

DRAWS = 100
"""Simulated days from which the part of chance is measured: a sample's days are short."""

STATISTICS = (
    ("association", ASSOCIATION, associations),
    ("combinations", COMBINATIONS, combinations_unseen),
)


@dataclass(frozen=True, slots=True)
class PairSpread:
    """One pair: the reference's counts, and each statistic over the reference's days."""

    pair: Pair
    table: Table
    spreads: dict[str, Spread]


@dataclass(frozen=True, slots=True)
class JointSpread:
    """All watched pairs; none where the reference has no sample of enough days."""

    pairs: tuple[PairSpread, ...] = ()

    def codes(self, table: pl.DataFrame) -> dict[Coding, Codes]:
        """The coded columns that the table has."""
        wanted = {coding for pair in self.pairs for coding in pair.pair.codings}
        found = {coding: coding.codes(table) for coding in wanted}
        return {coding: codes for coding, codes in found.items() if codes is not None}


def measure_joint(
    reference: Reference,
    columns: list[str],
    rng: np.random.Generator,
    odd: frozenset[int] = frozenset(),
) -> JointSpread:
    """The pairs among these columns, each measured on every day against the others.

    `odd` numbers the reference's days that were faults themselves: they are left out.
    """
    sample = reference.sample
    if sample is None:
        return JointSpread()
    faults = [label for i, label in enumerate(reference.days) if i in odd]
    sample = sample.filter(~pl.col(WINDOW).is_in(faults))
    if sample[WINDOW].n_unique() < ENOUGH_DAYS:
        return JointSpread()
    days = sample[WINDOW].rle_id().to_numpy().astype(np.int64)
    values = codings(sample, reference.plan.columns, columns)
    groups = (values, presence(sample, columns, LEAST_MISSING))
    pairs = [pair for group in groups for pair in _chosen(group, sample, days)]
    kept = dict.fromkeys(coding for pair in pairs for coding in pair.codings)
    codes = {coding: coding.codes(sample) for coding in kept}
    known = {coding: found for coding, found in codes.items() if found is not None}
    return JointSpread(tuple(_measured(p, known, days, rng) for p in pairs))


def _chosen(group: list[Coding], sample: pl.DataFrame, days: Codes) -> list[Pair]:
    """The pairs of one kind of coding, without columns that are the same all day."""
    coded = [(coding, coding.codes(sample)) for coding in group]
    varied = [
        (coding, codes)
        for coding, codes in coded
        if codes is not None
        and (coding.kind is Kind.OPAQUE or told_by(codes, days, coding) < MOST_BY_DAY)
    ]
    return chosen([coding for coding, _ in varied], [codes for _, codes in varied])


def _measured(
    pair: Pair, codes: dict[Coding, Codes], days: Codes, rng: np.random.Generator
) -> PairSpread:
    tables = _by_day(pair, codes, days)
    total = tables.sum(axis=0)
    rows = float(np.median(tables.sum(axis=(1, 2))))
    drawn = rng.multinomial(int(rows), total.ravel() / total.sum(), size=DRAWS)
    chance = drawn.reshape(DRAWS, *pair.shape).astype(np.float64)
    whole = np.broadcast_to(total, (DRAWS, *pair.shape))
    spreads = {
        name: _spread(
            facts, measure(total - tables, tables), measure(whole, chance), rows, total
        )
        for name, facts, measure in STATISTICS
    }
    return PairSpread(pair, total, spreads)


def _by_day(pair: Pair, codes: dict[Coding, Codes], days: Codes) -> Tables:
    first, second = (codes[coding] for coding in pair.codings)
    cells = pair.shape[0] * pair.shape[1]
    flat = (days * pair.shape[0] + first) * pair.shape[1] + second
    count = int(days.max()) + 1
    tables: Tables = np.bincount(flat, minlength=count * cells).astype(np.float64)
    return tables.reshape(count, *pair.shape)


def _spread(
    facts: Facts, values: Array, simulated: Array, rows: float, total: Table
) -> Spread:
    centre = float(values.mean()) if facts.level else 0.0
    seen = float(np.square(values - centre).mean())
    explained = float(simulated.var() if facts.level else np.square(simulated).mean())
    chance = min(explained / seen, 1.0) if seen > 0 else 1.0
    statistic = Statistic(_no_columns, facts)
    return Spread(statistic, values, simulated, rows, int(total.sum()), chance)


def _no_columns(*_: object) -> float:
    """A statistic of a pair is none of two columns' profiles."""
    return float("nan")
