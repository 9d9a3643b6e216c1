"""How far back a challenger learns: the length that predicts best, not the usual one."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from driftline.app.gather import Gathered
from driftline.app.job import Job
from driftline.core.labels.realised import measure
from driftline.core.performance._metric import load_metric
from driftline.core.reference import WINDOW
from driftline.ports import Trained

Predict = Callable[[Trained, pl.DataFrame], pl.DataFrame]
"""The rows as they would have been served by a model."""


def backtested(job: Job, gathered: Gathered, metric: str, served: Predict) -> Gathered:
    """The rows of the length that did best on the latest trained days, left out for it.

    Nothing of the holdout is looked at. With one length to choose from, or too few days
    for a test, the rows stay as they are.
    """
    assert job.retraining is not None
    lengths = sorted(job.retraining.train_lengths)
    labels = list(dict.fromkeys(gathered.train[WINDOW]))
    tested = labels[-job.retraining.holdout_days :]
    if len(lengths) < 2 or len(labels) < 2 * len(tested):
        return gathered
    block = gathered.train.filter(pl.col(WINDOW).is_in(tested))
    earlier = replace(
        gathered, train=gathered.train.filter(~pl.col(WINDOW).is_in(tested))
    )
    values: dict[int, float] = {}
    for days in lengths:
        rows = earlier.since(days).train.drop(WINDOW)
        trained = job.retraining.trainer.fit(rows, job.roles, job.retraining.seed)
        found = measure(served(trained, block), job.roles, [metric]).measured
        if metric in found:
            values[days] = found[metric].value
    if not values:
        return gathered
    gain = load_metric(metric).facts.gain
    best = max(values, key=lambda days: gain(0.0, values[days]))
    return replace(gathered.since(best), backtest=values)
