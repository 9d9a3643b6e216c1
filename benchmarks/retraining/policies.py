"""When to train: by the calendar, by other tools' alarms, by Driftline, with hindsight.

A schedule is the candidates that were trained, and the candidate that serves each day from
the first on. `first` is the candidate in service at the start: the year begins on its day.
"""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from benchmarks.retraining.peers import Peer
from benchmarks.retraining.service import Service
from benchmarks.retraining.year import COOL_DOWN, DAYS, STEP, Year
from driftline.core.retraining.economics import Costs
from driftline.core.retraining.promotion import SHADOW_DAYS

Schedule = tuple[list[int], list[int]]


def never(first: int = 0) -> Schedule:
    """The first model serves to the end."""
    return [], serving([], first)


def every(days: int, first: int = 0) -> Schedule:
    """A run every so many days, promoted whatever it is worth."""
    wanted = [k for k in range(first + 1, -(-DAYS // STEP)) if k * STEP % days < STEP]
    return wanted, serving(wanted, first)


def serving(promoted: Sequence[int], first: int = 0) -> list[int]:
    """The candidate in service on each day when these are promoted at once."""
    return [
        max([first, *(k for k in promoted if k * STEP <= t)])
        for t in range(first * STEP, DAYS)
    ]


def alarmed(peer: Peer, name: str) -> Schedule:
    """A run on the first day after an alarm that is one, a cool-down after the last.

    Promoted whatever it is worth, as by the calendars.
    """
    runs: list[int] = []
    asked, last = False, -COOL_DOWN
    for day in range(DAYS):
        if asked and day % STEP == 0:
            runs.append(day // STEP)
            asked, last = False, day
        champion = runs[-1] if runs else 0
        waits = day + 1 - last < COOL_DOWN
        asked = asked or (not waits and peer.alarm(name, champion, day))
    return runs, serving(runs)


def driftline(
    year: Year, price: float, shadow: int = SHADOW_DAYS, first: int = 0
) -> Schedule:
    """The decisions of the project's own code, with the labels known on each evening.

    `shadow` is over how many labelled days a challenger whose gain may be chance is
    scored beside the champion; with 0 it is dropped.
    """
    costs = Costs(Decimal(1), "units", run=Decimal(price))
    state = Service(year, costs, shadow, first)
    serves = [state.serve(day) for day in range(first * STEP, DAYS)]
    return state.runs, serves


def hindsight(year: Year, price: float, first: int = 0) -> Schedule:
    """The cheapest schedule of all, by dynamic programming over the last run."""
    count = len(year.losses)
    summed = np.concatenate(
        [np.zeros((count, 1)), np.cumsum(year.losses - year.floor, axis=1)], axis=1
    )
    until = np.minimum(np.arange(count + 1) * STEP, DAYS)
    best, before = np.zeros(count), np.zeros(count, dtype=int)
    for k in range(first + 1, count):
        costs = [
            best[j] + summed[j, until[k]] - summed[j, until[j]] + price
            for j in range(first, k)
        ]
        before[k] = first + int(np.argmin(costs))
        best[k] = costs[before[k] - first]
    ends = [
        best[k] + summed[k, DAYS] - summed[k, until[k]] for k in range(first, count)
    ]
    runs, k = [], first + int(np.argmin(ends))
    while k != first:
        runs, k = [k, *runs], int(before[k])
    return runs, serving(runs, first)


def moved(schedule: Schedule, by: int) -> Schedule:
    """The same runs, each so many candidates later (earlier when negative)."""
    runs = [min(max(k + by, 1), DAYS // STEP - 1) for k in schedule[0]]
    return runs, serving(runs)


def needless_runs(
    year: Year, runs: Sequence[int], serves: Sequence[int], price: float
) -> int:
    """Runs without which the year would have been cheaper, each left out by itself."""
    whole = year.cost(runs, serves, price)
    needless = 0
    for run in runs:
        fewer = [r for r in runs if r != run]
        before = max([serves[0], *(k for k in serves if k < run)])
        without = [before if k == run else k for k in serves]
        needless += year.cost(fewer, without, price) < whole
    return needless
