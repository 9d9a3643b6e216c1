"""A challenger in the registry, with the reference that it would be watched by."""

import numpy as np
import polars as pl

from driftline.app.build_reference import profile_windows
from driftline.app.gather import Gathered
from driftline.app.job import Job
from driftline.app.retraining.challenger import predicted, with_predictions
from driftline.core.model import ModelVersion
from driftline.core.reference import WINDOW
from driftline.core.retraining.promotion import Promotion
from driftline.core.slice import Slice
from driftline.core.window import Window, spanning
from driftline.ports import Trained

CHALLENGER = "challenger"
"""The alias of the version that was trained last."""


def enlist(
    job: Job, gathered: Gathered, trained: Trained, promotion: Promotion
) -> ModelVersion:
    """The challenger in the registry, with a reference of its own predictions."""
    tags = {"driftline.monitor": job.monitor, "driftline.contest": promotion.reason}
    challenger = job.registry.register(job.model, trained, tags)
    rows = _as_served(job, gathered, trained)
    slices = [
        (window, _slice(job, rows.filter(pl.col(WINDOW) == label), window))
        for label, window in gathered.windows.items()
    ]
    windows = list(gathered.windows.values())
    whole = _slice(job, rows, spanning(windows[0], windows[-1]))
    reference = profile_windows(job, whole, slices, len(windows))
    job.registry.save_reference(challenger, reference)
    job.registry.move_alias(job.model, CHALLENGER, challenger.version)
    return challenger


def _as_served(job: Job, gathered: Gathered, trained: Trained) -> pl.DataFrame:
    """All rows with the challenger's predictions, out of fold where it trained."""
    on_train = trained.reference_predictions
    known = (
        predicted(job, trained.predict, gathered.train)
        if on_train is None
        else pl.Series("challenger", np.asarray(on_train))
    )
    held = predicted(job, trained.predict, gathered.holdout)
    rows = pl.concat([gathered.train, gathered.holdout], how="diagonal_relaxed")
    return with_predictions(job, rows, pl.concat([known, held]))


def _slice(job: Job, rows: pl.DataFrame, window: Window) -> Slice:
    return job.engine.from_table(rows.drop(WINDOW), window, "the challenger's rows")
