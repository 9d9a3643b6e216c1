"""What a day's pairs of values say against the reference's: two statistics of tables.

Both leave what each column does by itself out of account, which its own checks see.
"""

import numpy as np
import numpy.typing as npt

from driftline.core.drift import Facts, Noise

Tables = npt.NDArray[np.float64]

ROUNDS = 8
"""Passes of raking: enough for a thousandth, and what matters is that all have the same."""

ASSOCIATION = Facts(
    kinds=frozenset(),
    description="share of rows that would have to move for the pair to go together as before",
    sentence="{subject} no longer go together as in the reference: {value} of rows are off",
    highest=1.0,
    percent=True,
    trifle=0.01,
    convention=None,
    tail=6.0,
    noise=Noise.ROOT,
)

COMBINATIONS = Facts(
    kinds=frozenset(),
    description="share of rows whose pair of values the reference never had together",
    sentence="{value} of rows have values of {subject} that never came together before",
    highest=1.0,
    level=True,
    percent=True,
    trifle=0.02,
    convention=None,
    tail=6.0,
    critical=lambda value, usual, bound: False,
)


def associations(before: Tables, today: Tables) -> npt.NDArray[np.float64]:
    """How far each day's table is from the reference's association, 0 to 1.

    `before` and `today` are counts of shape (days, cells, cells). The reference's table
    is raked to the day's own margins (Deming and Stephan, 1940): what is left is the
    total variation that only the pairing explains. NaN for a day without rows.
    """
    rows = today.sum(axis=(1, 2), keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = today / rows
        expected = before / before.sum(axis=(1, 2), keepdims=True)
        for _ in range(ROUNDS):
            expected = expected * _ratio(shares.sum(2), expected.sum(2))[:, :, None]
            expected = expected * _ratio(shares.sum(1), expected.sum(1))[:, None, :]
        apart = np.abs(shares - expected).sum(axis=(1, 2)) / 2
    found: npt.NDArray[np.float64] = np.where(rows[:, 0, 0] > 0, apart, np.nan)
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
