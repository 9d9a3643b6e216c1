"""A mergeable summary of a slice: kilobytes, and no rows.

Every number is a count, a sum, a least or a greatest, so that profiles of parts add up
to the profile of the whole, whatever the parts, their order or the machine.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from hashlib import blake2b
from itertools import islice
from operator import add
from typing import Any, Self

from driftline.errors import ReferenceCorrupt

FORMAT = 2
"""Version of the JSON written by `Profile.to_json`."""

READABLE = (1, FORMAT)
"""Versions that `Profile.from_json` reads; the first knew no grids."""

EXAMPLES = 5
"""How many unseen values a profile remembers to show a person."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Counts of one column.

    `bins` has one more entry than the plan's edges and counts finite values only.
    `total` and `squares` are sums of `(x - centre) / scale` and of its square.
    `off_grid` counts finite values off the plan's grid, 0 where it has none.
    `counts` holds the plan's categories that occurred; other values are `unseen`.
    `present` is False when the slice had no such column: then nothing else holds.
    """

    rows: int
    nulls: int = 0
    nans: int = 0
    infinities: int = 0
    minimum: float | None = None
    maximum: float | None = None
    total: float = 0.0
    squares: float = 0.0
    bins: tuple[int, ...] = ()
    off_grid: int = 0
    counts: dict[str, int] | None = None
    unseen: int = 0
    unseen_examples: tuple[str, ...] = ()
    present: bool = True
    dtype: str = ""

    @property
    def missing(self) -> int:
        """Rows without a usable value: null or NaN."""
        return self.nulls + self.nans

    @property
    def is_one_value(self) -> bool:
        """Whether all rows that have a value hold the same; False where none has one."""
        if self.counts is None:
            return self.minimum is not None and self.minimum == self.maximum
        known = islice(filter(None, self.counts.values()), 2)  # often ten thousand
        return len(list(known)) + len(self.unseen_examples) == 1

    @property
    def finite(self) -> int:
        """Rows that the bins and moments count."""
        return self.rows - self.nulls - self.nans - self.infinities

    def __add__(self, other: "ColumnProfile") -> "ColumnProfile":
        """The column over both parts' rows."""
        return summed([self, other])

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file; what is at its default is left out."""
        return {
            field.name: _plain(getattr(self, field.name))
            for field in fields(self)
            if field.name == "rows" or getattr(self, field.name) != field.default
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        known = dict(values)
        for name in ("minimum", "maximum", "total", "squares"):
            if isinstance(known.get(name), str):
                known[name] = float(known[name])
        for name in ("bins", "unseen_examples"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Profile:
    """Counts of every column of a slice. `plan` is the digest of what was counted."""

    rows: int
    columns: dict[str, ColumnProfile]
    plan: str
    extra_columns: tuple[str, ...] = ()

    def __add__(self, other: "Profile") -> "Profile":
        """The profile of both parts together; both must follow the same plan."""
        return merged([self, other])

    @property
    def digest(self) -> str:
        """Equal for equal counts, whatever the order in which rows were added."""
        counts = [
            (
                name,
                column.rows,
                column.nulls,
                column.nans,
                column.infinities,
                _unsigned(column.minimum),
                _unsigned(column.maximum),
                column.bins,
                sorted((column.counts or {}).items()),
                column.unseen,
                column.present,
                *([column.off_grid] if column.off_grid else []),
            )
            for name, column in sorted(self.columns.items())
        ]
        text = repr((self.plan, self.rows, self.extra_columns, counts))
        return blake2b(text.encode(), digest_size=12).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "format": FORMAT,
            "rows": self.rows,
            "plan": self.plan,
            "extra_columns": list(self.extra_columns),
            "columns": {name: c.to_json() for name, c in self.columns.items()},
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote; `ReferenceCorrupt` for a format of another version."""
        if values.get("format") not in READABLE:
            raise ReferenceCorrupt(
                f"profile format {values.get('format')!r}; this version reads "
                f"{' and '.join(map(str, READABLE))}. Build the reference again with "
                "`driftline reference build`."
            )
        return cls(
            rows=values["rows"],
            columns={
                name: ColumnProfile.from_json(column)
                for name, column in values["columns"].items()
            },
            plan=values["plan"],
            extra_columns=tuple(values["extra_columns"]),
        )


def merged(profiles: Sequence[Profile]) -> Profile:
    """The sum of at least one profile; all must follow the same plan."""
    first = profiles[0]
    for other in profiles:
        if other.plan != first.plan:
            raise ValueError(
                f"profiles of plans {first.plan} and {other.plan} do not add"
            )
    return Profile(
        rows=sum(p.rows for p in profiles),
        columns={n: summed([p.columns[n] for p in profiles]) for n in first.columns},
        plan=first.plan,
        extra_columns=tuple(sorted({n for p in profiles for n in p.extra_columns})),
    )


def summed(parts: Sequence[ColumnProfile]) -> ColumnProfile:
    """The column over the rows of at least one part.

    All at once: adding 90 days one by one would copy thousands of categories each time.
    """
    if len(parts) == 1:
        return parts[0]
    return ColumnProfile(
        rows=sum(part.rows for part in parts),
        nulls=sum(part.nulls for part in parts),
        nans=sum(part.nans for part in parts),
        infinities=sum(part.infinities for part in parts),
        minimum=_extreme(min, [part.minimum for part in parts]),
        maximum=_extreme(max, [part.maximum for part in parts]),
        total=_total([part.total for part in parts]),
        squares=_total([part.squares for part in parts]),
        bins=_added([part.bins for part in parts]),
        off_grid=sum(part.off_grid for part in parts),
        counts=_merged([part.counts for part in parts]),
        unseen=sum(part.unseen for part in parts),
        unseen_examples=_examples([part.unseen_examples for part in parts]),
        present=all(part.present for part in parts),
        dtype=_dtype([part.dtype for part in parts]),
    )


def _total(values: Sequence[float]) -> float:
    """Added in their order, since Python's `sum` of floats depends on its version."""
    return reduce(add, values)


def _added(bins: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Bins add; a part without them (an absent column) leaves the others as they are."""
    held = [counts for counts in bins if counts]
    return tuple(map(sum, zip(*held, strict=True)))


def _merged(parts: Sequence[dict[str, int] | None]) -> dict[str, int] | None:
    held = [counts for counts in parts if counts is not None]
    if len(held) < 2:
        return held[0] if held else None
    total = dict(held[0])
    known = total.get
    for counts in held[1:]:
        for value, n in counts.items():
            total[value] = known(value, 0) + n
    return {value: total[value] for value in sorted(total)}


def _examples(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The first few in sorted order, so that the order of merging does not show."""
    return tuple(sorted({value for part in parts for value in part})[:EXAMPLES])


def _extreme(
    choose: Callable[[list[float]], float], values: Sequence[float | None]
) -> float | None:
    held = [value for value in values if value is not None]
    return float(choose(held)) if held else None


def _dtype(names: Sequence[str]) -> str:
    """One name where all parts agree, or all of their names.

    A part without a value has no type of its own beside one that has.
    """
    if len(set(names)) == 1:
        return names[0]
    types = {n for name in names for n in name.split("|")} - {""}
    return "|".join(sorted(types - {"Null"} or types))


def _unsigned(value: float | None) -> float | None:
    """The same number for both zeros: which of them is least depends on the order."""
    return None if value is None else value + 0.0


def _plain(value: Any) -> Any:
    """JSON has no infinity: such sums travel as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
