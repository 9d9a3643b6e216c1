"""Train a challenger, hold it against the champion on the same rows, promote if it pays."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from driftline.app.build_reference import profile_windows
from driftline.app.job import Job, Retraining
from driftline.app.monitor_day import deliver_due
from driftline.app.pull import pull
from driftline.app.request_retraining import NOTE, is_broken, request_key
from driftline.core.briefing import not_better, notify_actions, promoted
from driftline.core.model import ModelVersion
from driftline.core.promotion import Promotion, PromotionRule, decide_promotion
from driftline.core.slice import Slice
from driftline.core.window import Window, spanning, window_at, windows_between
from driftline.errors import SettingsError, TrainingFailed
from driftline.ports import Run, Trained, call

CHALLENGER, PREVIOUS = "challenger", "previous"
"""Aliases beside the champion's."""

WINDOW = "__window__"
"""A column of our own: the label of each row's window, while rows are in memory."""


@dataclass(frozen=True, slots=True)
class RetrainReport:
    """What a retraining run came to. `repeated` means that it had been done before."""

    challenger: str
    promoted: bool
    reason: str
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """Labelled rows in time order: the challenger learns from `train` only."""

    train: pl.DataFrame
    holdout: pl.DataFrame
    windows: dict[str, Window]
    left_out: tuple[str, ...] = ()


def retrain_model(
    job: Job, last: Window, reason: str, run: Run = call
) -> RetrainReport:
    """A registered challenger with its own reference, promoted only if it is better.

    Learns from the labelled windows up to and including `last`; the latest
    `holdout_days` of them are kept for the comparison, and windows that were judged
    broken are left out. The same champion and day again return what came of it then.
    """
    champion = run(resolve_champion, job)
    key = request_key(job.monitor, champion, last.day)
    before = _done(job, key)
    if before is not None:
        run(deliver_due, job)
        return before
    gathered = run(gather, job, last)
    trained = run(fit, job, gathered)
    promotion = run(contest, job, champion, gathered, trained)
    challenger = run(enlist, job, gathered, trained, promotion)
    run(promote, job, champion, challenger, promotion)
    body = {
        "as_of": last.day.isoformat(),
        "why": reason,
        "champion": champion.version,
        "challenger": challenger.version,
        "promoted": promotion.promote,
        "left_out": list(gathered.left_out),
        **promotion.to_json(),
    }
    run(tell, job, key, challenger if promotion.promote else champion, body)
    return _report(job, body)


def resolve_champion(job: Job) -> ModelVersion:
    """The version in service, pinned for the whole run."""
    return job.registry.resolve(job.model, job.alias)


def gather(job: Job, last: Window) -> Gathered:
    """The labelled rows of the training and holdout periods, cut between two windows.

    Raises `TrainingFailed` when either is empty.
    """
    policy = _policy(job)
    border = _earlier(job, last, policy.holdout_days - 1)
    windows = list(windows_between(_earlier(job, border, policy.train_days), last))
    broken = _broken(job, last)
    clean = [window for window in windows if window.label not in broken]
    parts = [(window, _labelled(job, window)) for window in clean]
    train = [rows for window, rows in parts if window.start < border.start]
    holdout = [rows for window, rows in parts if window.start >= border.start]
    gathered = Gathered(
        train=_stacked(train),
        holdout=_stacked(holdout),
        windows={window.label: window for window in clean},
        left_out=tuple(w.label for w in windows if w.label in broken),
    )
    if gathered.train.is_empty() or gathered.holdout.is_empty():
        raise TrainingFailed(
            f"{gathered.train.height} labelled rows to train on and "
            f"{gathered.holdout.height} to compare on up to {last.label}; wait for "
            "labels, or change retraining.train_days and retraining.holdout_days"
        )
    return gathered


def fit(job: Job, gathered: Gathered) -> Trained:
    """The challenger."""
    policy = _policy(job)
    return policy.trainer.fit(gathered.train.drop(WINDOW), job.roles, policy.seed)


def contest(
    job: Job, champion: ModelVersion, gathered: Gathered, trained: Trained
) -> Promotion:
    """The challenger against the predictions that the champion made on the same rows."""
    policy = _policy(job)
    scores = _predicted(job, trained, gathered.holdout)
    reference = job.registry.load_reference(champion)
    rule = PromotionRule(
        metric=job.primary_metric(reference),
        margin=policy.margin,
        tolerance=policy.guard_tolerance,
    )
    rng = np.random.default_rng(policy.seed)
    days = gathered.holdout[WINDOW]
    return decide_promotion(gathered.holdout, job.roles, scores, rule, rng, days)


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
    job.registry.save_reference(challenger, profile_windows(job, whole, slices))
    job.registry.move_alias(job.model, CHALLENGER, challenger.version)
    return challenger


def promote(
    job: Job, champion: ModelVersion, challenger: ModelVersion, promotion: Promotion
) -> None:
    """The alias names the challenger, if it is better; the old one stays `previous`."""
    if promotion.promote:
        job.registry.move_alias(job.model, PREVIOUS, champion.version)
        job.registry.move_alias(job.model, job.alias, challenger.version)


def tell(job: Job, key: str, winner: ModelVersion, body: dict[str, Any]) -> None:
    """The outcome in the ledger and in people's channels, once."""
    compose = promoted if body["promoted"] else not_better
    link = {"model": winner.link} if winner.link else {}
    message = compose(job.monitor, key, winner, body["reason"], {**job.links, **link})
    actions = notify_actions(message, job.notifiers)
    job.ledger.note(job.monitor, NOTE, key, body, job.clock(), actions)
    deliver_due(job)


def _done(job: Job, key: str) -> RetrainReport | None:
    notes = job.ledger.notes(job.monitor, NOTE)
    body = next((note["body"] for note in notes if note["key"] == key), None)
    return None if body is None else _report(job, body, repeated=True)


def _report(job: Job, body: dict[str, Any], *, repeated: bool = False) -> RetrainReport:
    challenger = f"{job.model} v{body['challenger']}"
    return RetrainReport(challenger, body["promoted"], body["reason"], repeated)


def _policy(job: Job) -> Retraining:
    if job.retraining is None:
        raise SettingsError(
            f"monitor {job.monitor} has no `retraining:`; name a trainer there"
        )
    return job.retraining


def _broken(job: Job, last: Window) -> set[str]:
    history = job.ledger.history(job.monitor, before=last.end)
    return {entry.key.window.label for entry in history if is_broken(entry)}


def _earlier(job: Job, window: Window, days: int) -> Window:
    return window_at(window.start - timedelta(days=days), job.every, job.zone)


def _labelled(job: Job, window: Window) -> pl.DataFrame:
    """A window's labelled rows in time order, each with its window's label."""
    rows = pull(job, window).slice
    label = job.roles.label
    if label is None or label not in rows.schema:
        return pl.DataFrame()
    table = job.engine.table(rows).filter(pl.col(label).is_not_null())
    return table.sort(job.roles.timestamp).with_columns(
        pl.lit(window.label).alias(WINDOW)
    )


def _stacked(parts: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [part for part in parts if not part.is_empty()]
    return pl.concat(filled, how="diagonal_relaxed") if filled else pl.DataFrame()


def _predicted(job: Job, trained: Trained, rows: pl.DataFrame) -> pl.Series:
    features = job.roles.features_among([c for c in rows.columns if c != WINDOW])
    try:
        found = trained.predict(rows.select(features).to_pandas())
    except Exception as error:
        raise TrainingFailed(
            f"the challenger cannot score {rows.height} rows: {type(error).__name__}; "
            "its predict takes a pandas frame of the feature columns"
        ) from error
    return pl.Series("challenger", np.asarray(found))


def _as_served(job: Job, gathered: Gathered, trained: Trained) -> pl.DataFrame:
    """All rows with the challenger's predictions, out of fold where it trained."""
    on_train = trained.reference_predictions
    known = (
        _predicted(job, trained, gathered.train)
        if on_train is None
        else pl.Series("challenger", np.asarray(on_train))
    )
    held = _predicted(job, trained, gathered.holdout)
    rows = pl.concat([gathered.train, gathered.holdout], how="diagonal_relaxed")
    return _with_predictions(job, rows, pl.concat([known, held]))


def _with_predictions(
    job: Job, rows: pl.DataFrame, predictions: pl.Series
) -> pl.DataFrame:
    """Score and prediction columns as the challenger would have written them."""
    roles = job.roles
    if roles.score is None:
        return rows.with_columns(predictions.alias(roles.prediction))
    positive = predictions >= roles.decision_threshold
    dtype = rows.schema[roles.prediction]
    return rows.with_columns(
        predictions.alias(roles.score), positive.cast(dtype).alias(roles.prediction)
    )


def _slice(job: Job, rows: pl.DataFrame, window: Window) -> Slice:
    return job.engine.from_table(rows.drop(WINDOW), window, "the challenger's rows")
