"""Train a challenger, hold it against the champion on the same rows, promote if it pays."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from driftline.app.gather import Gathered, gather
from driftline.app.job import Job, Retraining
from driftline.app.monitor_day import deliver_due
from driftline.app.retraining.challenger import compared, predicted, with_predictions
from driftline.app.retraining.conclude import conclude
from driftline.app.retraining.enlist import enlist
from driftline.app.retraining.record import in_shadow, runs_of, shadow_said
from driftline.app.retraining.shadow import try_loading, watch_shadow
from driftline.app.retraining.train_window import backtested
from driftline.core.model import ModelVersion
from driftline.core.reference import WINDOW
from driftline.core.retraining.outcome import prediction_said
from driftline.core.retraining.promotion import Promotion
from driftline.core.window import Window
from driftline.errors import SettingsError
from driftline.ports import Run, Trained, call


@dataclass(frozen=True, slots=True)
class RetrainReport:
    """What a retraining run came to. `repeated` means that it had been done before.

    With `in_shadow` the challenger is scored beside the champion before that is decided.
    `prediction` says what one prediction of it takes and costs.
    """

    challenger: str
    promoted: bool
    reason: str
    repeated: bool = False
    in_shadow: bool = False
    prediction: str = ""


def retrain_model(
    job: Job, last: Window, reason: str, run: Run = call
) -> RetrainReport:
    """A registered challenger with its own reference, promoted only if it is better.

    Learns from the labelled windows up to and including `last`; the latest
    `holdout_days` of them are kept for the comparison, and windows that were judged
    broken are left out. The outcome, the message and the promotion are recorded at
    once and carried out then, or by whoever drains the outbox next. The same day again
    returns what came of it, as long as its winner is in service. While a challenger is
    in shadow none is trained, and that one is reported.
    """
    began = job.clock()
    _policy(job)
    champion = run(resolve_champion, job)
    if in_shadow(job):
        run(watch_shadow, job)
    done = _done(job, champion, last) or _shadowed(job)
    if done is not None:
        run(deliver_due, job)
        return _report(job, done, repeated=True)
    challenger, found = _challenge(job, champion, last, run)
    body = {
        "as_of": last.day.isoformat(),
        "why": reason,
        "champion": champion.version,
        "hours": (job.clock() - began) / timedelta(hours=1),
        "balance": _balance(job, last),
        **found,
    }
    first = run(conclude, job, champion, challenger, body)
    run(deliver_due, job)
    return _report(job, body if first else _done(job, champion, last) or body)


def _challenge(
    job: Job, champion: ModelVersion, last: Window, run: Run
) -> tuple[ModelVersion, dict[str, Any]]:
    """A registered challenger, with what is recorded of its rows and how it fared."""
    gathered = run(choose_window, job, champion, run(gather, job, last))
    trained = run(fit, job, gathered)
    promotion = run(contest, job, champion, gathered, trained)
    challenger = run(enlist, job, gathered, trained, promotion)
    wanted = shadow_windows(job, promotion)
    rows = gathered.holdout
    barred = run(try_loading, job, challenger, trained, rows) if wanted else ""
    return challenger, {
        "last": gathered.newest.start.isoformat(),
        "challenger": challenger.version,
        "promoted": promotion.promote and not wanted,
        "shadow": 0 if barred else wanted,
        "barred": barred,
        "checksum": challenger.checksum,
        "unsure": promotion.unsure,
        "left_out": list(gathered.left_out),
        "backtest": {str(days): v for days, v in gathered.backtest.items()},
        "prediction": run(time_predictions, job, trained, rows),
        **promotion.to_json(),
    }


def resolve_champion(job: Job) -> ModelVersion:
    """The version in service, pinned for the whole run."""
    return job.registry.resolve(job.model, job.alias)


def choose_window(job: Job, champion: ModelVersion, gathered: Gathered) -> Gathered:
    """The rows of as many days as a backtest found best, of those to choose from."""
    metric = job.primary_metric(job.registry.load_reference(champion))

    def served(trained: Trained, rows: pl.DataFrame) -> pl.DataFrame:
        return with_predictions(job, rows, predicted(job, trained.predict, rows))

    return backtested(job, gathered, metric, served)


def time_predictions(
    job: Job, trained: Trained, rows: pl.DataFrame
) -> dict[str, float | str]:
    """Seconds that the challenger takes for one prediction, in a batch, and its price."""
    began = job.clock()
    predicted(job, trained.predict, rows)
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
    scores = predicted(job, trained.predict, gathered.holdout)
    return compared(job, champion, gathered.holdout, scores)


def shadow_windows(job: Job, promotion: Promotion) -> int:
    """Over how many labelled windows the challenger is scored beside the champion first."""
    policy = _policy(job)
    won = promotion.promote and not policy.shadow_unsure_only
    return policy.shadow_windows if won or promotion.unsure else 0


def _done(job: Job, champion: ModelVersion, last: Window) -> dict[str, Any] | None:
    """What came of the day's retraining from this champion, or to it."""
    bodies = [note["body"] for note in runs_of(job)]
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


def _shadowed(job: Job) -> dict[str, Any] | None:
    """The run whose challenger is in shadow: another one would overtake it."""
    run = in_shadow(job)
    return None if run is None else run["body"] | {"reason": shadow_said(job)}


def _report(job: Job, body: dict[str, Any], *, repeated: bool = False) -> RetrainReport:
    challenger = f"{job.model} v{body['challenger']}"
    return RetrainReport(
        challenger=challenger,
        promoted=body["promoted"],
        reason=body["reason"],
        repeated=repeated,
        in_shadow=bool(body.get("shadow")),
        prediction=prediction_said(body.get("prediction", {})),
    )


def _policy(job: Job) -> Retraining:
    if job.retraining is None:
        raise SettingsError(
            f"monitor {job.monitor} has no `retraining:`; name a trainer there"
        )
    return job.retraining
