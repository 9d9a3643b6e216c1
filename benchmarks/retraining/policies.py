"""When to train: by the calendar, by Driftline, and with hindsight."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import numpy as np

from benchmarks.retraining.service import Service
from benchmarks.retraining.year import (
    DAYS,
    STEP,
    Year,
)
from driftline.core.economics import (
    Costs,
)

Schedule = tuple[list[int], list[int]]
"""Candidates that were trained, and the candidate that serves each day."""


def every(days: int) -> Callable[[Year, float], Schedule]:
    """A run every so many days, promoted whatever it is worth."""

    def policy(year: Year, price: float) -> Schedule:
        wanted = [k for k in range(1, len(year.losses)) if (k * STEP) % days < STEP]
        return wanted, serving(wanted)

    return policy


def serving(promoted: Sequence[int]) -> list[int]:
    """The candidate in service on each day when these are promoted at once."""
    return [max([0, *(k for k in promoted if k * STEP <= t)]) for t in range(DAYS)]


def never(year: Year, price: float) -> Schedule:
    """The first model serves all year."""
    return [], serving([])


def hindsight(year: Year, price: float) -> Schedule:
    """The cheapest schedule of all, by dynamic programming over the last run."""
    count = len(year.losses)
    summed = np.concatenate(
        [np.zeros((count, 1)), np.cumsum(year.losses - year.floor, axis=1)], axis=1
    )
    until = np.minimum(np.arange(count + 1) * STEP, DAYS)
    best, before = np.zeros(count), np.zeros(count, dtype=int)
    for k in range(1, count):
        costs = [
            best[j] + summed[j, until[k]] - summed[j, until[j]] + price
            for j in range(k)
        ]
        before[k] = int(np.argmin(costs))
        best[k] = costs[before[k]]
    ends = [best[k] + summed[k, DAYS] - summed[k, until[k]] for k in range(count)]
    runs, k = [], int(np.argmin(ends))
    while k:
        runs, k = [k, *runs], int(before[k])
    return runs, serving(runs)


def driftline(year: Year, price: float) -> Schedule:
    """The decisions of the project's own code, with the labels known on each evening."""
    state = Service(year, Costs(Decimal(1), "units", run=Decimal(price)))
    return state.runs, [state.serve(day) for day in range(DAYS)]


POLICIES: dict[str, Callable[[Year, float], Schedule]] = {
    "never": never,
    "weekly": every(6),
    "monthly": every(30),
    "driftline": driftline,
}


def needless_runs(
    year: Year, runs: Sequence[int], serves: Sequence[int], price: float
) -> int:
    """Runs without which the year would have been cheaper, each left out by itself."""
    whole = year.cost(runs, serves, price)
    needless = 0
    for run in runs:
        fewer = [r for r in runs if r != run]
        before = max([0, *(k for k in serves if k < run)])
        without = [before if k == run else k for k in serves]
        needless += year.cost(fewer, without, price) < whole
    return needless
