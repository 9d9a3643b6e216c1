"""Count, mean and spread of what each row gives, so that parts add up to the whole."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Moments:
    """Of one number per row, or of several: `means`, and products of deviations from them.

    `products[i, j]` is the sum over rows of (xᵢ − meanᵢ)(xⱼ − meanⱼ).
    """

    count: int
    means: Array
    products: Array

    @classmethod
    def of(cls, values: Array, weight: Array | None = None) -> Self:
        """Those of an array of rows, or of several arrays; `weight` counts equal rows.

        >>> Moments.of(np.array([1.0, 2.0]), np.array([3, 1])) == Moments.of(
        ...     np.array([1.0, 1.0, 1.0, 2.0])
        ... )
        True
        """
        rows = np.atleast_2d(np.asarray(values, dtype=float))
        heavy = np.ones(rows.shape[1]) if weight is None else weight
        count = rows.shape[1] if weight is None else int(weight.sum())
        if not count:
            return cls(0, np.zeros(len(rows)), np.zeros((len(rows), len(rows))))
        means = (rows if weight is None else rows * heavy).sum(axis=1) / count
        apart = rows - means[:, None]
        return cls(count, means, (apart if weight is None else apart * heavy) @ apart.T)

    def __add__(self, other: "Moments") -> "Moments":
        """Those of both sets of rows (Chan, Golub & LeVeque 1983)."""
        if not self.count or not other.count:
            return other if other.count else self
        count = self.count + other.count
        with np.errstate(all="ignore"):
            apart = other.means - self.means
            means = self.means + apart * (other.count / count)
            between = np.outer(apart, apart) * (self.count * other.count / count)
            return Moments(count, means, self.products + other.products + between)

    def __eq__(self, other: object) -> bool:
        """The same count and numbers."""
        return isinstance(other, Moments) and self.to_json() == other.to_json()

    @property
    def mean(self) -> float:
        """The first number's mean."""
        return float(self.means[0])

    @property
    def error(self) -> float:
        """The standard error of `mean`; 0 for a single row."""
        if self.count < 2:
            return 0.0
        return math.sqrt(float(self.products[0, 0]) / (self.count - 1) / self.count)

    def to_json(self) -> list[Any]:
        """Plain values."""
        return [self.count, self.means.tolist(), self.products.tolist()]

    @classmethod
    def from_json(cls, values: list[Any]) -> Self:
        """What `to_json` wrote."""
        count, means, products = values
        return cls(count, np.array(means), np.array(products))
