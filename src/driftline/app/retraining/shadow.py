"""Shadow mode: a challenger is scored beside the champion before it may take its place.

It serves nobody meanwhile. Every window of the champion after those whose labels the run
knew is scored by it too, and what it says is kept as counts, never as rows. Once enough
of these windows have their labels, the two are compared on the same rows, by the test that
the run itself was decided by, and the challenger is promoted or dropped. One whose gain may
have been chance has gained once already: one standard error more is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from driftline.app.deliver import promote_action
from driftline.app.gather import labelled
from driftline.app.job import Job
from driftline.app.pull import pull
from driftline.app.retraining.challenger import compared, predicted, with_predictions
from driftline.app.retraining.record import SHADOW, in_shadow, keys_of
from driftline.app.retraining.tell import tell_outcome
from driftline.core.labels.realised import measure
from driftline.core.model import ModelVersion
from driftline.core.profiles.plan import Plan
from driftline.core.reference import WINDOW
from driftline.core.retraining.contest import SURE
from driftline.core.retraining.promotion import SURE_AGAIN
from driftline.core.retraining.words import News
from driftline.errors import (
    ModelMissing,
    ModelUnusable,
    RegistryUnavailable,
    SchemaMismatch,
    SliceCorrupt,
    SliceTooLarge,
    TrainingFailed,
)
from driftline.ports import LedgerEntry, Predict, Trained

SHADOW_DAY = "shadow-day"
"""The kind of note that counts what a challenger says of one window, as it was judged."""

MOST_ROWS = 50_000
"""Rows of one window that are scored for its counts; the comparison takes all."""

ASKED = 500
"""Rows on which it is looked at whether a challenger can be loaded again."""

PATIENCE = 2
"""A shadow that has lasted this many times its windows, and the label period, is over."""

NUMBERS = ("promote", "contest", "segments", "guards")


@dataclass(frozen=True, slots=True)
class Shadow:
    """A challenger beside the champion, and the sound windows that both have scored."""

    run: dict[str, Any]
    champion: ModelVersion
    challenger: ModelVersion
    entries: tuple[LedgerEntry, ...]

    @property
    def needed(self) -> int:
        """The windows that must have their labels."""
        return int(self.run["body"]["shadow"])


def try_loading(
    job: Job, challenger: ModelVersion, trained: Trained, rows: pl.DataFrame
) -> str:
    """Why a challenger that was registered cannot be in shadow; empty where it can.

    It is loaded as it will be then, and has to say again what its trainer says of rows.
    """
    some = rows[:: max(rows.height // ASKED, 1)]
    try:
        again = predicted(job, job.registry.load(challenger), some)
    except (ModelUnusable, TrainingFailed) as error:
        return str(error)
    said = predicted(job, trained.predict, some)
    if again.dtype.is_numeric() and said.dtype.is_numeric():
        same = np.allclose(again.to_numpy(), said.to_numpy(), equal_nan=True)
    else:
        same = again.equals(said)
    return (
        "" if same else f"loaded again, {challenger} says other scores than its trainer"
    )


def watch_shadow(job: Job) -> None:
    """The challenger in shadow has scored every window so far; its end is in the ledger, once.

    A winner is promoted through the outbox, with a message. Nothing happens where no
    challenger is in shadow.
    """
    run = in_shadow(job)
    if run is None:
        return
    body = run["body"]
    champion = ModelVersion(job.model, body["champion"], job.alias)
    known_by = body.get("checksum", "")
    challenger = ModelVersion(job.model, body["challenger"], checksum=known_by)
    shadow = Shadow(run, champion, challenger, _beside(job, body))
    serving = job.registry.resolve(job.model, job.alias)
    if serving.version != champion.version:
        _end(job, shadow, f"{serving} came into service meanwhile")
        return
    try:
        _go_on(job, shadow)
    except (ModelUnusable, ModelMissing, TrainingFailed) as error:
        _end(job, shadow, str(error))
    except RegistryUnavailable as error:
        if not _is_over(job, shadow):
            raise
        _end(job, shadow, str(error))


def _go_on(job: Job, shadow: Shadow) -> None:
    """The challenger is loaded only where there is something to score."""
    known = keys_of(job, SHADOW_DAY)
    keys = [
        f"{shadow.run['key']}/{entry.key.window.label}/{entry.key.fingerprint}"
        for entry in shadow.entries
    ]
    new = {k: e for k, e in zip(keys, shadow.entries, strict=True) if k not in known}
    mature = [entry for entry in shadow.entries if job.labels_in(entry)]
    ready = len(mature) >= shadow.needed
    if new or ready:
        predict = job.registry.load(shadow.challenger)
        for key, entry in new.items():
            counted = _counted(job, shadow, entry, predict)
            job.ledger.note(job.monitor, SHADOW_DAY, key, counted, job.clock())
    if ready:
        _decide(job, shadow, mature[: shadow.needed], predict)
    elif _is_over(job, shadow):
        why = f"only {len(mature)} of {shadow.needed} windows had their labels in time"
        _end(job, shadow, why)


def _beside(job: Job, body: dict[str, Any]) -> tuple[LedgerEntry, ...]:
    """The champion's windows after those whose labels the run knew, oldest first.

    Windows of broken data tell of the data.
    """
    return tuple(
        entry
        for entry in job.since(datetime.fromisoformat(body["last"]))
        if entry.key.model_version == body["champion"] and not entry.record["broken"]
    )


def _is_over(job: Job, shadow: Shadow) -> bool:
    if not shadow.entries:
        return False
    window = shadow.entries[-1].key.window
    begun = datetime.fromisoformat(shadow.run["body"]["last"])
    most = PATIENCE * shadow.needed * (window.end - window.start)
    return window.start - begun > most + timedelta(days=job.refresh_days)


def _counted(
    job: Job, shadow: Shadow, entry: LedgerEntry, predict: Predict
) -> dict[str, Any]:
    """What the challenger says of one window, as counts; the metric of both on its labels.

    A window that can no longer be read has none.
    """
    said = {"window": entry.key.window.label, "rows": entry.record["rows"]}
    try:
        rows = job.engine.table(pull(job, entry.key.window).slice, limit=MOST_ROWS)
    except (SliceCorrupt, SliceTooLarge, SchemaMismatch):
        return said
    if rows.is_empty():
        return said
    theirs = with_predictions(job, rows, predicted(job, predict, rows))
    name = job.roles.score or job.roles.prediction
    plan = job.registry.load_reference(shadow.challenger).plan
    own = Plan({name: plan.columns[name]} if name in plan.columns else {})
    slice_ = job.engine.from_table(theirs, entry.key.window, "the challenger's scores")
    profile = job.engine.profile(slice_, own)
    return said | {
        "scores": {n: p.to_json() for n, p in profile.columns.items()},
        "metrics": _metrics(job, shadow, {"champion": rows, "challenger": theirs}),
    }


def _metrics(
    job: Job, shadow: Shadow, sides: dict[str, pl.DataFrame]
) -> dict[str, float]:
    """The deciding metric of each side, where the labels that are in allow one."""
    metric = job.primary_metric(job.registry.load_reference(shadow.champion))
    found = {who: measure(rows, job.roles, [metric]) for who, rows in sides.items()}
    return {
        who: each.measured[metric].value
        for who, each in found.items()
        if metric in each.measured
    }


def _decide(
    job: Job, shadow: Shadow, mature: Sequence[LedgerEntry], predict: Predict
) -> None:
    """The paired test over the windows, and what follows from it."""
    parts = [labelled(job, entry.key.window) for entry in mature]
    rows = pl.concat([p for p in parts if p is not None], how="diagonal_relaxed")
    scores = predicted(job, predict, rows)
    sure = SURE_AGAIN if shadow.run["body"]["unsure"] else SURE
    found = compared(job, shadow.champion, rows, scores, sure).to_json()
    windows = len(rows[WINDOW].unique())
    reason = f"over {windows} windows in shadow {found['reason']}"
    more = {name: found[name] for name in NUMBERS}
    _end(job, shadow, reason, more | {"windows": windows})


def _end(
    job: Job, shadow: Shadow, reason: str, found: dict[str, Any] | None = None
) -> None:
    """The note that ends the shadow, with the promotion and the message in one write."""
    key, won = shadow.run["key"], bool(found and found["promote"])
    day = shadow.entries[-1].key.window.day.isoformat() if shadow.entries else None
    body = {
        "as_of": day or shadow.run["body"]["as_of"],
        "champion": shadow.champion.version,
        "challenger": shadow.challenger.version,
        "promoted": won,
        "shadow": 0,
        "reason": reason,
        **(found or {}),
    }
    news = News.PROMOTED if won else News.DROPPED
    message = news.of(job.monitor, key, reason, job.links, shadow.challenger)
    moves = [promote_action(shadow.champion, shadow.challenger)] if won else []
    told = tell_outcome(job, key, message)
    body["notices"] = told.notices
    actions = [*moves, *told.actions]
    job.ledger.note(job.monitor, SHADOW, key, body, job.clock(), actions)
