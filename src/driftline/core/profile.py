"""A mergeable summary of a slice: kilobytes, and no rows.

Every number is a count, a sum, a least or a greatest, so that profiles of parts add up
to the profile of the whole, whatever the parts, their order or the machine.
"""

import math
from dataclasses import dataclass, fields
from functools import reduce
from hashlib import blake2b
from typing import Any, Self

from driftline.errors import ReferenceCorrupt

FORMAT = 1
"""Version of the JSON written by `Profile.to_json`."""

EXAMPLES = 5
"""How many unseen values a profile remembers to show a person."""


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Counts of one column.

    `bins` has one more entry than the plan's edges and counts finite values only.
    `total` and `squares` are sums of `(x - centre) / scale` and of its square.
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
    def finite(self) -> int:
        """Rows that the bins and moments count."""
        return self.rows - self.nulls - self.nans - self.infinities

    def __add__(self, other: "ColumnProfile") -> "ColumnProfile":
        """The column over both parts' rows."""
        return ColumnProfile(
            rows=self.rows + other.rows,
            nulls=self.nulls + other.nulls,
            nans=self.nans + other.nans,
            infinities=self.infinities + other.infinities,
            minimum=_fold(min, self.minimum, other.minimum),
            maximum=_fold(max, self.maximum, other.maximum),
            total=self.total + other.total,
            squares=self.squares + other.squares,
            bins=_added(self.bins, other.bins),
            counts=_merged(self.counts, other.counts),
            unseen=self.unseen + other.unseen,
            unseen_examples=_examples(self.unseen_examples, other.unseen_examples),
            present=self.present and other.present,
            dtype=self.dtype if self.dtype == other.dtype else _both(self, other),
        )

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
        if self.plan != other.plan:
            raise ValueError(
                f"profiles of plans {self.plan} and {other.plan} do not add"
            )
        return Profile(
            rows=self.rows + other.rows,
            columns={
                name: column + other.columns[name]
                for name, column in self.columns.items()
            },
            plan=self.plan,
            extra_columns=tuple(sorted({*self.extra_columns, *other.extra_columns})),
        )

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
                column.minimum,
                column.maximum,
                column.bins,
                sorted((column.counts or {}).items()),
                column.unseen,
                column.present,
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
        if values.get("format") != FORMAT:
            raise ReferenceCorrupt(
                f"profile format {values.get('format')!r}; this version reads {FORMAT}. "
                "Build the reference again with `driftline reference build`."
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


def merged(profiles: list[Profile]) -> Profile:
    """The sum of at least one profile."""
    return reduce(lambda left, right: left + right, profiles)


def _added(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    """Bins add; a part without them (an absent column) leaves the other's as they are."""
    if not left or not right:
        return left or right
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _merged(
    left: dict[str, int] | None, right: dict[str, int] | None
) -> dict[str, int] | None:
    if left is None or right is None:
        return right if left is None else left
    return {
        value: left.get(value, 0) + right.get(value, 0)
        for value in sorted({*left, *right})
    }


def _examples(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    """The first few in sorted order, so that the order of merging does not show."""
    return tuple(sorted({*left, *right})[:EXAMPLES])


def _fold(choose: Any, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return right if left is None else left
    return float(choose(left, right))


def _both(left: ColumnProfile, right: ColumnProfile) -> str:
    """A part without a value has no type of its own beside one that has."""
    types = {*left.dtype.split("|"), *right.dtype.split("|")} - {""}
    return "|".join(sorted(types - {"Null"} or types))


def _plain(value: Any) -> Any:
    """JSON has no infinity: such sums travel as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
