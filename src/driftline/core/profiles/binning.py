"""Where to cut a numeric column into bins, and the units in which to take moments."""

import numpy as np
from numpy.typing import NDArray

FEW = 12
"""Up to so many distinct values each get a bin of their own."""

TAILS = (0.001, 0.005, 0.995, 0.999)
"""Levels of the outermost edges: rows moved far out multiply the mass beyond them."""

TAIL_ROWS = 10
"""Rows at least that lie beyond such an edge, so that its bin is no accident."""


def edges(values: NDArray[np.float64], most: int) -> tuple[float, ...]:
    """Finite edges in strictly ascending order, about `most` of them and four more.

    `values` are finite and ascend. Edges lie at their quantiles, and in both tails
    where the rows suffice. A value that makes up
    `1 / most` of the rows or more is an atom: it has an edge at and one just below it,
    so that its bin holds nothing else.

    >>> edges(np.array([]), 20)
    ()
    >>> below, at = edges(np.zeros(10), 20)
    >>> below < at == 0.0
    True
    """
    if not values.size:
        return ()
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    distinct, counts = values[starts], np.diff(starts, append=values.size)
    common = counts >= (1 if distinct.size <= FEW else values.size / most)
    atoms = distinct[common]
    rest = np.repeat(distinct[~common], counts[~common]) if atoms.size else values
    bounds = [atoms, np.nextafter(atoms, -np.inf)]
    cuts = [*bounds, _quantiles(rest, values.size, most), _tails(values)]
    found = np.unique(np.concatenate(cuts))
    return tuple(float(edge) for edge in found[np.isfinite(found)])


def _quantiles(rest: NDArray[np.float64], total: int, most: int) -> NDArray[np.float64]:
    """As many quantiles as the share of rows outside atoms deserves."""
    wanted = round(most * rest.size / total)
    if wanted == 0:
        return np.empty(0)
    levels = np.arange(1, wanted + 1) / (wanted + 1)
    return _at(rest, levels)


def _tails(values: NDArray[np.float64]) -> NDArray[np.float64]:
    levels = np.array(TAILS)
    beyond = np.minimum(levels, 1 - levels) * values.size
    return _at(values, levels[beyond >= TAIL_ROWS])


def centre_and_scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median, and the spread of a normal distribution with the same quartiles.

    `values` are finite and ascend. The standard deviation stands in when half of
    them are equal, and 1 when there is no finite positive spread at all.

    >>> centre_and_scale(np.array([3.0, 3.0]))
    (3.0, 1.0)
    """
    if not values.size:
        return 0.0, 1.0
    low, middle, high = _at(values, np.array([0.25, 0.5, 0.75]))
    with np.errstate(over="ignore", invalid="ignore"):
        scale = float(high - low) / 1.349
        if not _is_scale(scale):
            scale = float(values.std())
    return float(middle), scale if _is_scale(scale) else 1.0


def _is_scale(spread: float) -> bool:
    return bool(np.isfinite(spread) and spread > np.finfo(float).tiny)


def _at(
    values: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Quantiles by the inverse of the distribution function (Hyndman and Fan, 1996, 1)."""
    places = np.ceil(values.size * levels - 1).astype(np.int64)
    return values[np.maximum(places, 0)]
