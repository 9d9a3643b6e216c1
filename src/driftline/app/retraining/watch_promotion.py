"""The watch after a promotion: a version that does harm goes back, once, by its alias."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from driftline.app.deliver import rollback_action
from driftline.app.job import Job
from driftline.app.retraining.record import (
    KEPT,
    ROLLED_BACK,
    keys_of,
    runs_of,
)
from driftline.app.retraining.tell import tell_outcome
from driftline.core.action import Action
from driftline.core.bounds.spread import spread_of
from driftline.core.model import ModelVersion
from driftline.core.reference import Measured
from driftline.core.retraining.watch_window import (
    Promise,
    Promoted,
    Watched,
    judge_watch,
)
from driftline.core.retraining.words import News
from driftline.core.window import day_window
from driftline.ports import LedgerEntry


def on_watch(job: Job) -> dict[str, Any] | None:
    """The run whose promotion was the last one, while its watch lasts.

    A promotion is watched once: what was kept or taken back is not judged again, so
    that the alias never swings to and fro.
    """
    if job.retraining is None or not job.retraining.watch_windows:
        return None
    promotions = [run for run in runs_of(job) if run["body"]["promoted"]]
    if not promotions:
        return None
    ended = keys_of(job, KEPT) | keys_of(job, ROLLED_BACK)
    return None if promotions[-1]["key"] in ended else promotions[-1]


def watch_promotion(job: Job) -> Watched | None:
    """How the promoted version stands; the end of its watch is in the ledger, once.

    A harmful one goes back through the outbox, with a message. None where nothing is
    watched, or no window of it has its labels yet.
    """
    run = on_watch(job)
    if run is None:
        return None
    body = run["body"]
    version = job.registry.resolve(job.model, body["challenger"])
    metric = body["contest"]["metric"]
    spread = spread_of(job.registry.load_reference(version).metric(metric))
    assert job.retraining is not None
    windows = job.retraining.watch_windows
    entries = _sound(job, body["as_of"], windows)
    realised = _realised(job, entries, version.version, metric)
    before = _realised(job, entries, body["champion"], metric)
    if spread is None or not realised:
        return None
    challenger = Measured(**body["contest"]["challenger"])
    gain, last = body["contest"]["gain"], tuple(before[-windows:])
    promise = Promise(metric, challenger, gain, last)
    found = judge_watch(promise, realised, spread, windows)
    _conclude(job, run, found, entries[-1].key.window.day.isoformat())
    return found


def _conclude(job: Job, run: dict[str, Any], found: Watched, as_of: str) -> None:
    """The note that ends the watch, with what follows from it."""
    if found.promoted is Promoted.WATCHED:
        return
    harmful = found.promoted is Promoted.HARMFUL
    body = {
        "as_of": as_of,
        "champion": run["body"]["champion"],
        "challenger": run["body"]["challenger"],
        "windows": found.windows,
        "shortfall": found.shortfall,
        "limit": found.limit,
        "reason": found.sentence,
    }
    actions = _back(job, run["key"], body) if harmful else []
    kind = ROLLED_BACK if harmful else KEPT
    job.ledger.note(job.monitor, kind, run["key"], body, job.clock(), actions)


def _back(job: Job, key: str, body: dict[str, Any]) -> list[Action]:
    bad = ModelVersion(job.model, body["challenger"], job.alias)
    good = ModelVersion(job.model, body["champion"], job.alias)
    told = News.ROLLED_BACK.of(job.monitor, key, body["reason"], job.links, bad, good)
    return [rollback_action(bad, good), *tell_outcome(job, key, told).actions]


def _sound(job: Job, as_of: str, compared: int) -> list[LedgerEntry]:
    """Windows that tell of the model and not of broken data, oldest first.

    All since the version was asked for, however late their labels come, and before
    that as many as are `compared` whose labels need not be waited for.
    """
    waited = timedelta(days=job.refresh_days + compared / job.drift.windows_per_day)
    known = job.since(day_window(date.fromisoformat(as_of), job.zone).start - waited)
    return [entry for entry in known if not entry.record["broken"]]


def _realised(
    job: Job, entries: Sequence[LedgerEntry], version: str, metric: str
) -> list[Measured]:
    """A version's metric on its windows that have their labels, oldest first."""
    own = [entry for entry in entries if entry.key.model_version == version]
    return [m for entry in own if (m := _measured(job, entry, metric)) is not None]


def _measured(job: Job, entry: LedgerEntry, metric: str) -> Measured | None:
    """A window's metric where as many labels are in as harm is judged by."""
    known = entry.record["performance"].get(metric)
    return Measured(**known) if known and job.labels_in(entry) else None
