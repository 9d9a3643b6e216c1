"""How far back a challenger learns: the length that predicts best, not the usual one."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import polars as pl

from driftline.app.job import Job
from driftline.core.performance._metric import load_metric
from driftline.core.realised import measure
from driftline.core.reference import WINDOW
from driftline.core.window import Window
from driftline.ports import Trained


@dataclass(frozen=True, slots=True)
class Gathered:
    """Labelled rows in time order: the challenger learns from `train` only.

    `left_out` are the labels of windows that were judged broken or cannot be read.
    `backtest` has, by days of training, the metric on days that were not trained on.
    """

    train: pl.DataFrame
    holdout: pl.DataFrame
    windows: dict[str, Window]
    left_out: tuple[str, ...] = ()
    backtest: dict[int, float] = field(default_factory=dict)

    def since(self, days: int) -> "Gathered":
        """The same without what is older than so many days before the last trained one."""
        learnt = set(self.train[WINDOW])
        held = {label for label in self.windows if label not in learnt}
        newest = max(self.windows[label].start for label in learnt)
        first = newest - timedelta(days=days - 1)
        windows = {
            label: window
            for label, window in self.windows.items()
            if label in held or window.start >= first
        }
        train = self.train.filter(pl.col(WINDOW).is_in(list(windows)))
        return replace(self, train=train, windows=windows)


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
