"""How many rows say again what another row said, in one pass and bounded memory.

A row is known by a 64-bit hash. Hashes of all rows are kept up to a limit; beyond it only
those in one of 2, 4, 8, … classes, the more the more rows there are. Which classes these
are depends on the rows alone, so parts may be counted anywhere, in any order, and merged.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import polars as pl
import polars.selectors as cs

from driftline.adapters.engines._polars import batches_of, collect, schema_of
from driftline.adapters.engines._tables import require
from driftline.adapters.engines._types import family, text
from driftline.core.slice import Slice

LIMIT = 500_000
"""Hashes kept at most."""

ODD = 0x9E3779B97F4A7C15
"""2^64 over the golden ratio: it spreads each column's hash over all bits."""

HASH = "\0driftline hash"

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Rows, those of them that have a value, and the hashes of one class in `classes`."""

    rows: int
    held: int
    classes: int
    hashes: Hashes

    @property
    def share(self) -> float:
        """Share of all rows that repeat another one; 0 without rows.

        Up to `LIMIT` rows exact. Beyond, the class tells (its rows that repeat), unless a
        few rows that came very often make it unlike the whole: then the number of
        different rows in it does, which is off by a fraction of a percent.
        """
        if not self.held:
            return 0.0
        distinct = np.unique(self.hashes).size
        overall = max(1 - self.classes * distinct / self.held, 0.0)
        inside = 1 - distinct / max(self.hashes.size, 1)
        alike = abs(inside - overall) <= 5 / math.sqrt(max(distinct, 1))
        found = inside if alike and distinct else overall
        return found * self.held / self.rows


def repeats_of(rows: Slice, names: Sequence[str] | None) -> Repeats:
    """What is known of one part, by these columns or by all.

    Rows that are null in every one of them repeat nothing. `SchemaMismatch` without one.
    """
    schema = schema_of(rows)
    require(schema, names or (), rows.origin)
    chosen = list(schema if names is None else names)
    hashed = replace(rows, data=rows.data.select(_hash(schema, chosen).alias(HASH)))
    batches = (collect([b.data], rows.origin)[0] for b in batches_of(hashed, [HASH]))
    return together(_of_batch(batch[HASH]) for batch in batches)


def together(parts: Iterable[Repeats]) -> Repeats:
    """What is known of all parts."""
    return reduce(_sum, parts, Repeats(0, 0, 1, np.empty(0, np.uint64)))


def _sum(a: Repeats, b: Repeats) -> Repeats:
    classes = max(a.classes, b.classes)
    hashes = np.concatenate([_in_class(part.hashes, classes) for part in (a, b)])
    while hashes.size > LIMIT:
        classes *= 2
        hashes = _in_class(hashes, classes)
    return Repeats(a.rows + b.rows, a.held + b.held, classes, hashes)


def _in_class(hashes: Hashes, classes: int) -> Hashes:
    return hashes[hashes % np.uint64(classes) == 0] if classes > 1 else hashes


def _of_batch(hashes: pl.Series) -> Repeats:
    held = hashes.drop_nulls().to_numpy()
    return Repeats(hashes.len(), held.size, 1, held)


def _hash(schema: pl.Schema, names: Sequence[str]) -> pl.Expr:
    """Column by column, which is quicker than of whole rows; null for rows of nulls."""
    if not names:
        return pl.lit(None, pl.UInt64)
    hashes = [_comparable(name, schema[name]).hash(seed=1) for name in names]
    mixed = reduce(lambda mix, one: mix * pl.lit(ODD, pl.UInt64) + one, hashes)
    return pl.when(pl.any_horizontal(cs.by_name(*names).is_not_null())).then(mixed)


def _comparable(name: str, dtype: pl.DataType) -> pl.Expr:
    """Codes of categories differ between parts; their text does not."""
    return text(name, dtype) if family(str(dtype)) == "text" else cs.by_name(name)
