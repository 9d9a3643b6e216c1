"""Which rows a sample picks: the same of a window always, and others of every window."""

import numpy as np

from driftline.core.window import Window

_POSITIVE = 2**63


def seed_of(window: Window, seed: int) -> int:
    """A window's own seed, 0 to 2³² - 1.

    Were it the same for all, days of as many rows would give the rows of the same hours,
    and a reference's sample would hold no others, however many its days are.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> one, next_one = (day_window(date(2026, 3, n)) for n in (1, 2))
    >>> seed_of(one, 0) == seed_of(one, 0) != seed_of(next_one, 0)
    True
    """
    start = int(window.start.timestamp()) % _POSITIVE
    return int(np.random.SeedSequence([seed, start]).generate_state(1)[0])
