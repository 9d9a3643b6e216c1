"""Train a challenger, hold it against the champion on the same rows, promote if it pays."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from driftline.app.build_reference import profile_windows
from driftline.app.deliver import promote_action
from driftline.app.gather import Gathered, gather
from driftline.app.job import Job, Retraining
from driftline.app.monitor_day import deliver_due
from driftline.app.retraining_record import NOTE, request_key
from driftline.app.tell_retraining import tell_outcome
from driftline.app.train_window import backtested
from driftline.core.labelled import holds_probabilities
from driftline.core.model import ModelVersion
from driftline.core.promotion import Promotion, PromotionRule, decide_promotion
from driftline.core.reference import WINDOW
from driftline.core.retraining_words import not_better, promoted
from driftline.core.roles import Task
from driftline.core.slice import Slice
from driftline.core.window import Window, spanning
from driftline.errors import SettingsError, TrainingFailed
from driftline.ports import Run, Trained, call

CHALLENGER = "challenger"
"""The alias of the version that was trained last."""


@dataclass(frozen=True, slots=True)
class RetrainReport:
    """What a retraining run came to. `repeated` means that it had been done before."""

    challenger: str
    promoted: bool
    reason: str
    repeated: bool = False


def retrain_model(
    job: Job, last: Window, reason: str, run: Run = call
) -> RetrainReport:
    """A registered challenger with its own reference, promoted only if it is better.

    Learns from the labelled windows up to and including `last`; the latest
    `holdout_days` of them are kept for the comparison, and windows that were judged
    broken are left out. The outcome, the message and the promotion are recorded at
    once and carried out then, or by whoever drains the outbox next. The same day again
    returns what came of it, as long as its winner is in service.
    """
    began = job.clock()
    _policy(job)
    champion = run(resolve_champion, job)
    done = _done(job, champion, last)
    if done is not None:
        run(deliver_due, job)
        return _report(job, done, repeated=True)
    gathered = run(choose_window, job, champion, run(gather, job, last))
    trained = run(fit, job, gathered)
    promotion = run(contest, job, champion, gathered, trained)
    challenger = run(enlist, job, gathered, trained, promotion)
    body = {
        "as_of": last.day.isoformat(),
        "why": reason,
        "champion": champion.version,
        "challenger": challenger.version,
        "promoted": promotion.promote,
        "left_out": list(gathered.left_out),
        "backtest": {str(days): v for days, v in gathered.backtest.items()},
        "prediction": run(time_predictions, job, trained, gathered.holdout),
        "hours": (job.clock() - began) / timedelta(hours=1),
        "balance": _balance(job, last),
        **promotion.to_json(),
    }
    first = run(conclude, job, champion, challenger, body)
    run(deliver_due, job)
    return _report(job, body if first else _done(job, champion, last) or body)


def resolve_champion(job: Job) -> ModelVersion:
    """The version in service, pinned for the whole run."""
    return job.registry.resolve(job.model, job.alias)


def choose_window(job: Job, champion: ModelVersion, gathered: Gathered) -> Gathered:
    """The rows of as many days as a backtest found best, of those to choose from."""
    metric = job.primary_metric(job.registry.load_reference(champion))

    def served(trained: Trained, rows: pl.DataFrame) -> pl.DataFrame:
        return _with_predictions(job, rows, _predicted(job, trained, rows))

    return backtested(job, gathered, metric, served)


def time_predictions(
    job: Job, trained: Trained, rows: pl.DataFrame
) -> dict[str, float | str]:
    """Seconds that the challenger takes for one prediction, in a batch, and its price."""
    began = job.clock()
    _predicted(job, trained, rows)
    seconds = (job.clock() - began).total_seconds() / rows.height
    costs = _policy(job).costs
    found: dict[str, float | str] = {"seconds": seconds}
    if costs is not None and costs.compute_hour:
        found["cost"] = str(costs.compute_hour * Decimal(repr(seconds)) / 3600)
        found["currency"] = costs.currency
    return found


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
    reference = profile_windows(job, whole, slices, len(windows))
    job.registry.save_reference(challenger, reference)
    job.registry.move_alias(job.model, CHALLENGER, challenger.version)
    return challenger


def conclude(
    job: Job, champion: ModelVersion, challenger: ModelVersion, body: dict[str, Any]
) -> bool:
    """The outcome, the promotion and the message in the ledger; False if it had one."""
    key = request_key(job.monitor, champion, date.fromisoformat(body["as_of"]))
    better = body["promoted"]
    compose, winner = (promoted, challenger) if better else (not_better, champion)
    link = {"model": winner.link} if winner.link else {}
    message = compose(job.monitor, key, winner, body["reason"], {**job.links, **link})
    moves = [promote_action(champion, challenger)] if better else []
    told = tell_outcome(job, key, message)
    actions = [*moves, *told.actions]
    body = body | {"notices": told.notices}
    return job.ledger.note(job.monitor, NOTE, key, body, job.clock(), actions)


def _done(job: Job, champion: ModelVersion, last: Window) -> dict[str, Any] | None:
    """What came of the day's retraining from this champion, or to it."""
    bodies = [note["body"] for note in job.ledger.notes(job.monitor, NOTE)]
    today = [body for body in bodies if body["as_of"] == last.day.isoformat()]
    concerned = [
        body
        for body in today
        if body["champion"] == champion.version
        or (body["promoted"] and body["challenger"] == champion.version)
    ]
    return concerned[-1] if concerned else None


def _balance(job: Job, last: Window) -> dict[str, Any] | None:
    """The sum by which the run was asked for, where its window was judged."""
    entry = job.ledger.latest(job.monitor, last)
    return entry.record.get("balance") if entry else None


def _report(job: Job, body: dict[str, Any], *, repeated: bool = False) -> RetrainReport:
    challenger = f"{job.model} v{body['challenger']}"
    return RetrainReport(challenger, body["promoted"], body["reason"], repeated)


def _policy(job: Job) -> Retraining:
    if job.retraining is None:
        raise SettingsError(
            f"monitor {job.monitor} has no `retraining:`; name a trainer there"
        )
    return job.retraining


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
    served = rows[roles.prediction]
    if roles.task is not Task.BINARY or holds_probabilities(served, roles):
        return rows.with_columns(predictions.alias(roles.prediction))
    called = _called(predictions >= roles.decision_threshold, served, roles.positive)
    scored = [] if roles.score is None else [predictions.alias(roles.score)]
    return rows.with_columns(called.alias(roles.prediction), *scored)


def _called(positive: pl.Series, served: pl.Series, yes: str) -> pl.Series:
    """Classes in the words, or of the type, in which the champion writes them."""
    if served.dtype.is_numeric() or served.dtype == pl.Boolean:
        return positive.cast(served.dtype)
    words = served.cast(pl.String).drop_nulls().alias("word")
    ranked = words.value_counts(sort=True, name="rows")["word"]
    others = [word for word in ranked if word != yes]
    words_of = {True: yes, False: others[0] if others else f"not {yes}"}
    return positive.replace_strict(words_of, return_dtype=pl.String)


def _slice(job: Job, rows: pl.DataFrame, window: Window) -> Slice:
    return job.engine.from_table(rows.drop(WINDOW), window, "the challenger's rows")
