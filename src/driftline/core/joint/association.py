"""What a day's pairs of values say against the reference's: two statistics of tables.

Both leave what each column does by itself out of account, which its own checks see.
"""

from functools import partial

import numpy as np
import numpy.typing as npt

from driftline.core.drift import Facts

Tables = npt.NDArray[np.float64]

ROUNDS = 8
"""Passes of raking: enough for a thousandth, and what matters is that all have the same."""

joint_share = partial(
    Facts,
    kinds=frozenset(),
    highest=1.0,
    level=True,
    percent=True,
    trifle=0.02,
    convention=None,
    tail=6.0,
)
"""The facts of a share that speaks of columns together."""

ASSOCIATION = joint_share(
    description="share of rows that would have to move for the pair to go together as before",
    sentence="{subject} no longer go together as in the reference: {value} of rows are off",
    lowest=-1.0,
)

COMBINATIONS = joint_share(
    description="share of rows whose pair of values the reference never had together",
    sentence="{value} of rows have values of {subject} that never came together before",
    critical=lambda value, usual, bound: False,
)


def associations(before: Tables, today: Tables) -> npt.NDArray[np.float64]:
    """The share of each day's rows that a pairing at random would have moved, 0 on average.

    `before` and `today` are counts of shape (days, cells, cells). The reference's table
    is raked to the day's own margins (Deming and Stephan, 1940). By how much likely pairs
    are rarer than there, as a part of what they would lose at random, is the share of
    rows that are paired at random; as many of these are off as chance moves elsewhere.
    A mean over rows: unlike a distance, it does not drown in the noise of many cells.
    Below 0 where pairs are likelier than usual; NaN for a day without rows.
    """
    rows = today.sum(axis=(1, 2), keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = today / rows
        expected = before / before.sum(axis=(1, 2), keepdims=True)
        each = _moved_per_nat(expected, likely := _likelihoods(before))
        for _ in range(ROUNDS):
            expected = expected * _ratio(shares.sum(2), expected.sum(2))[:, :, None]
            expected = expected * _ratio(shares.sum(1), expected.sum(1))[:, None, :]
        lost = ((expected - shares) * likely).sum(axis=(1, 2))
    off = np.clip(lost * each, -1.0, 1.0)
    found: npt.NDArray[np.float64] = np.where(rows[:, 0, 0] > 0, off, np.nan)
    return found


def _moved_per_nat(shares: Tables, likely: Tables) -> npt.NDArray[np.float64]:
    """How many rows a pairing at random moves per nat that it costs; 0 where it costs none."""
    apart = shares - shares.sum(2)[:, :, None] * shares.sum(1)[:, None, :]
    moved, cost = np.abs(apart).sum(axis=(1, 2)) / 2, (apart * likely).sum(axis=(1, 2))
    return np.asarray(np.where(cost > 1e-9, moved / cost, 0.0))


def _likelihoods(before: Tables) -> Tables:
    """The log of how much likelier each pair is than at random, in nats.

    Half a row is added to both counts (Haldane, 1956): a pair that was never met says
    the more, the more often chance alone would have brought it.
    """
    rows = before.sum(axis=(1, 2), keepdims=True)
    chance = (
        before.sum(axis=2, keepdims=True) * before.sum(axis=1, keepdims=True) / rows
    )
    found: Tables = np.log((before + 0.5) / (chance + 0.5))
    return found


def combinations_unseen(before: Tables, today: Tables) -> npt.NDArray[np.float64]:
    """The share of each day's rows in pairs of cells that the reference never had.

    Only cells that the reference had on their own count: a new value is no new pair.
    """
    known = (before.sum(axis=2) > 0)[:, :, None] & (before.sum(axis=1) > 0)[:, None, :]
    strange = known & (before == 0)
    rows = today.sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: npt.NDArray[np.float64] = (today * strange).sum(axis=(1, 2)) / rows
    return found


def _ratio(wanted: Tables, held: Tables) -> Tables:
    """What to multiply by; cells that the reference lacks stay empty."""
    ratio: Tables = np.where(held > 0, wanted / np.where(held > 0, held, 1), 0.0)
    return ratio
