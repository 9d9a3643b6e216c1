"""Train a challenger, hold it against the champion on the same rows, promote if it pays."""

from dataclasses import dataclass, replace
from datetime import timedelta

import polars as pl

from driftline.app.build_reference import profile_windows
from driftline.app.deliver import deliver
from driftline.app.job import Job, RetrainingPolicy
from driftline.app.pull import pull
from driftline.app.windows import cut
from driftline.core import briefing
from driftline.core.model import ModelVersion
from driftline.core.promotion import Contest, hold_contest
from driftline.core.reference import Reference
from driftline.core.window import Window, spanning, window_at
from driftline.errors import SettingsError, TrainingFailed
from driftline.ports import Run, Trained, call


@dataclass(frozen=True, slots=True)
class RetrainReport:
    """What a retraining run came to; `promoted` says whether the alias moved."""

    champion: ModelVersion
    challenger: ModelVersion
    contest: Contest
    promoted: bool
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """Labelled rows in time order: the challenger learns from `train` only."""

    train: pl.DataFrame
    holdout: pl.DataFrame


def retrain_model(
    job: Job, last: Window, reason: str, run: Run = call
) -> RetrainReport:
    """A registered challenger with its own reference, promoted only if it is better.

    Trains on the labelled rows up to and including `last`; the latest `holdout_days` of
    them are kept for the contest. Raises `TrainingFailed` when there are too few.
    """
    policy = _policy(job)
    champion = run(job.registry.resolve, job.model, job.alias)
    split = run(gather, job, policy, last)
    trained = run(train, job, policy, split)
    contest = run(compare, job, policy, split, trained)
    challenger = run(enlist, job, champion, trained, contest, last, reason)
    run(refer, job, challenger, split, trained, last)
    run(promote, job, champion, challenger, contest)
    report = RetrainReport(champion, challenger, contest, contest.better)
    run(tell, job, report, last, reason)
    return report


def gather(job: Job, policy: RetrainingPolicy, last: Window) -> Split:
    """The labelled rows of the training and holdout periods, cut at a window's border."""
    border = _days_before(job, last, policy.holdout_days - 1)
    start = _days_before(job, border, policy.train_days)
    rows = _labelled(job, spanning(start, last))
    split = Split(
        train=rows.filter(_before(job, rows, border)),
        holdout=rows.filter(~_before(job, rows, border)),
    )
    if split.train.is_empty() or split.holdout.is_empty():
        raise TrainingFailed(
            f"{split.train.height} labelled rows to train on and {split.holdout.height} "
            f"to compare on up to {last.label}; wait for labels, or lower "
            "retraining.train_days and retraining.holdout_days"
        )
    return split
