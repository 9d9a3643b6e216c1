"""References of days that are given as tables, and days after them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from driftline.adapters.engines.local import LocalEngine, Settings
from driftline.core.diagnosis import Day
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.reference import WINDOW, Reference
from driftline.core.window import day_window, spanning

ENGINE = LocalEngine(Settings())


def reference_of(
    first: datetime,
    tables: Sequence[pl.DataFrame],
    watched: Sequence[str],
    repeats: float | None = None,
) -> Reference:
    """Days from the first on, with all of their rows as the sample.

    `repeats` is the share of rows that come again on every day, where it was counted.
    """
    windows = [
        day_window((first + timedelta(days=n)).date()) for n in range(len(tables))
    ]
    pairs = list(zip(windows, tables, strict=True))
    whole = ENGINE.from_table(
        pl.concat(tables), spanning(windows[0], windows[-1]), "rows"
    )
    plan = ENGINE.propose_plan(whole, list(watched))
    return Reference(
        plan,
        {w.label: ENGINE.profile(ENGINE.from_table(t, w, "r"), plan) for w, t in pairs},
        sample=pl.concat(
            [t.with_columns(pl.lit(w.label).alias(WINDOW)) for w, t in pairs]
        ),
        repeats={}
        if repeats is None
        else dict.fromkeys([w.label for w in windows], repeats),
    )


def sample_of(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The rows of days that have numbers for names."""
    return pl.concat(
        [t.with_columns(pl.lit(f"{n:02}").alias(WINDOW)) for n, t in enumerate(tables)]
    )


def day_after(
    before: pl.DataFrame, rows: pl.DataFrame, plan: Plan, **known: Any
) -> Day:
    """A day of which every planned column is asked, after days of which there are rows."""
    reference = Reference(plan, {}, sample=before)
    profile = Profile(rows.height, {}, plan.digest)
    return Day(reference, before, rows, profile, judged=tuple(plan.columns), **known)
