"""What to count: fixed once from the reference, the same for every slice after it."""

from dataclasses import dataclass
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
    `(x - centre) / scale`, which keeps large offsets from eating the variance.
    `categories` are the values that the reference holds, most frequent first.
    """

    kind: Kind
    dtype: str
    edges: tuple[float, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    categories: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "kind": self.kind.value,
            "dtype": self.dtype,
            "edges": list(self.edges),
            "centre": self.centre,
            "scale": self.scale,
            "categories": list(self.categories),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(
            kind=Kind(values["kind"]),
            dtype=str(values["dtype"]),
            edges=tuple(values["edges"]),
            centre=values["centre"],
            scale=values["scale"],
            categories=tuple(values["categories"]),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns to count, by name."""

    columns: dict[str, ColumnPlan]

    @property
    def digest(self) -> str:
        """Equal exactly when two plans count the same things the same way."""
        text = repr(sorted((name, repr(plan)) for name, plan in self.columns.items()))
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
