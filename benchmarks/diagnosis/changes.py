"""Real changes of the world, made of one day's own values: none of them is a bug."""

import numpy as np
import polars as pl

from benchmarks.detection.inject import Rng
from benchmarks.diagnosis.bugs import Plant


def shifted(deviations: float) -> Plant:
    """On its own quantiles, so that no new value appears."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        from scipy.stats import norm

        values = rows[name].cast(pl.Float64)
        held = values.drop_nulls().to_numpy()
        noise = rng.normal(0, 1e-9, len(held))
        ranks = (np.argsort(np.argsort(held + noise)) + 0.5) / len(held)
        to = norm.cdf(norm.ppf(ranks) + deviations)
        full = values.to_numpy().copy()
        full[values.is_not_null().to_numpy()] = np.quantile(held, to, method="nearest")
        return rows.with_columns(pl.Series(name, full, nan_to_null=True))

    return plant


def tilted(k: float, *, again: bool) -> Plant:
    """Rows drawn with weights exp(kz)."""

    def plant(rows: pl.DataFrame, name: str, rng: Rng) -> pl.DataFrame:
        values = rows[name].cast(pl.Float64).to_numpy()
        deviation = max(float(np.nanstd(values)), 1e-9)
        z = np.nan_to_num((values - np.nanmean(values)) / deviation)
        weights = np.exp(np.clip(k * z, -30, 30))
        n = rows.height if again else round(0.85 * rows.height)
        picked = rng.choice(rows.height, n, replace=again, p=weights / weights.sum())
        return rows[np.sort(picked)]

    return plant


REAL: dict[str, Plant] = {
    **{f"on-grid shift {d}": shifted(d) for d in (0.25, 0.5, 1.0)},
    **{f"exp({k}z) drawn again": tilted(k, again=True) for k in (0.5, 1.0)},
    **{f"exp({k}z) of 85%": tilted(k, again=False) for k in (0.5, 1.0)},
}
