"""The labelled rows that a challenger learns from, and those that it is compared on."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import polars as pl

from driftline.app.job import Job
from driftline.app.pull import pull
from driftline.core.reference import WINDOW
from driftline.core.window import Window, window_at, windows_between
from driftline.errors import SliceCorrupt, SliceTooLarge, TrainingFailed


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

    @property
    def newest(self) -> Window:
        """The last window of which labels are in."""
        held = set(self.holdout[WINDOW])
        return max((self.windows[w] for w in held), key=lambda found: found.start)

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


def gather(job: Job, last: Window) -> Gathered:
    """The labelled rows of the training and holdout periods, cut between two windows.

    Raises `TrainingFailed` when either is empty.
    """
    policy = job.retraining
    assert policy is not None
    border = _earlier(job, last, policy.holdout_days - 1)
    windows = list(windows_between(_earlier(job, border, policy.train_days), last))
    period = job.history(last.following, (last.end - windows[0].start).days + 1)
    broken = {entry.key.window for entry in period if entry.record["broken"]}
    parts = {w: labelled(job, w) for w in windows if w not in broken}
    sound = {w: rows for w, rows in parts.items() if rows is not None}
    gathered = Gathered(
        train=_stacked([r for w, r in sound.items() if w.start < border.start]),
        holdout=_stacked([r for w, r in sound.items() if w.start >= border.start]),
        windows={window.label: window for window in sound},
        left_out=tuple(w.label for w in windows if w not in sound),
    )
    if gathered.train.is_empty() or gathered.holdout.is_empty():
        raise TrainingFailed(
            f"{gathered.train.height} labelled rows to train on and "
            f"{gathered.holdout.height} to compare on up to {last.label}, with "
            f"{len(gathered.left_out)} of {len(windows)} windows left out as broken; "
            "wait for labels, or change retraining.train_days and "
            "retraining.holdout_days"
        )
    return gathered


def _earlier(job: Job, window: Window, days: int) -> Window:
    return window_at(window.start - timedelta(days=days), job.every, job.zone)


def labelled(job: Job, window: Window) -> pl.DataFrame | None:
    """A window's labelled rows in time order, each with its window's label.

    None when the rows, or some of them, cannot be decoded, or are too many.
    """
    label = job.roles.label
    try:
        rows = pull(job, window).slice
        if rows.partial:
            return None
        if label is None or label not in rows.schema:
            return pl.DataFrame()
        table = job.engine.table(rows).filter(pl.col(label).is_not_null())
    except (SliceCorrupt, SliceTooLarge):
        return None
    return table.sort(job.roles.timestamp).with_columns(
        pl.lit(window.label).alias(WINDOW)
    )


def _stacked(parts: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [part for part in parts if not part.is_empty()]
    return pl.concat(filled, how="diagonal_relaxed") if filled else pl.DataFrame()
