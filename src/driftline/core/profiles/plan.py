"""What to count: fixed once from the reference, the same for every slice after it."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Self


class Kind(StrEnum):
    """How a column is summarised."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    IDENTIFIER = "identifier"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """How one column is counted.

    `edges` ascend strictly; bin `i` holds `edges[i-1] < x <= edges[i]` and the outer
    bins are open, so that an outlier lands in the last one. Moments are taken of
    `(x - centre) / scale`, which keeps large offsets from eating the variance, and of
    which no value counts for more than 1e100.
    `categories` are the values that the reference holds, most frequent first.

    A numeric column may lie on a grid: values with at most so many `decimals`, or all
    of a few hundred values (`grid`, ascending). See `driftline.core.profiles.grid`.
    """

    kind: Kind
    dtype: str
    edges: tuple[float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    categories: tuple[str, ...] = ()
    decimals: int | None = field(default=None, repr=False)
    grid: tuple[float, ...] = field(default=(), repr=False)

    @property
    def has_grid(self) -> bool:
        """Whether a value can be off the reference's grid."""
        return self.decimals is not None or bool(self.grid)

    @property
    def identity(self) -> str:
        """Equal for equal plans; a plan without a grid is called as before grids."""
        return f"{self!r}{(self.decimals, self.grid) if self.has_grid else ''}"

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "kind": self.kind.value,
            "dtype": self.dtype,
            "edges": list(self.edges),
            "centre": self.centre,
            "scale": self.scale,
            "categories": list(self.categories),
            "decimals": self.decimals,
            "grid": list(self.grid),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote, of this version or of one that knew no grids."""
        return cls(
            kind=Kind(values["kind"]),
            dtype=str(values["dtype"]),
            edges=tuple(values["edges"]),
            centre=values["centre"],
            scale=values["scale"],
            categories=tuple(values["categories"]),
            decimals=values.get("decimals"),
            grid=tuple(values.get("grid", ())),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns to count, by name."""

    columns: dict[str, ColumnPlan]

    @property
    def digest(self) -> str:
        """Equal exactly when two plans count the same things the same way."""
        text = repr(
            sorted((name, plan.identity) for name, plan in self.columns.items())
        )
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {name: column.to_json() for name, column in self.columns.items()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            {name: ColumnPlan.from_json(column) for name, column in values.items()}
        )
