"""What the ledger keeps of retraining: one note for each thing that happened to a request."""

from datetime import date
from typing import Any

from driftline.app.job import Job
from driftline.core.economics import Record
from driftline.core.model import ModelVersion

NOTE = "retraining"
"""The kind of note that a finished retraining run leaves in the ledger."""

APPROVAL = "approval"
"""The kind of note by which a person approves a retraining; its key is the request's."""

REFUSAL = "refusal"
"""The kind of note by which a person refuses one; its key is the request's."""

ROLLED_BACK = "rollback"
"""The kind of note by which a promotion is taken back; its key is the run's."""

KEPT = "kept"
"""The kind of note by which a promotion has stood its watch; its key is the run's."""

ENDS = (NOTE, REFUSAL, ROLLED_BACK)
"""After each of these the cool-down begins anew."""


def request_key(monitor: str, champion: ModelVersion, as_of: date) -> str:
    """The same for the same champion and day, whoever asks."""
    return f"{monitor}/v{champion.version}/{as_of.isoformat()}"


def runs_of(job: Job) -> list[dict[str, Any]]:
    """The notes of all finished runs, oldest first."""
    return job.ledger.notes(job.monitor, NOTE)


def keys_of(job: Job, kind: str) -> set[str]:
    """The keys of the monitor's notes of a kind."""
    return {note["key"] for note in job.ledger.notes(job.monitor, kind)}


def helped(job: Job) -> tuple[bool, ...]:
    """Of each finished run, oldest first, whether its challenger was promoted and stayed."""
    undone = keys_of(job, ROLLED_BACK)
    return tuple(
        bool(run["body"]["promoted"]) and run["key"] not in undone
        for run in runs_of(job)
    )


def days_since_last(job: Job, day: date) -> int | None:
    """Days since the last run, refusal or roll-back; None before the first."""
    days = [
        date.fromisoformat(note["body"]["as_of"])
        for kind in ENDS
        for note in job.ledger.notes(job.monitor, kind)
    ]
    return (day - max(days)).days if days else None


def record_of(job: Job) -> Record:
    """What the monitor's earlier runs took and came to."""
    runs = [note["body"] for note in runs_of(job)]
    hours = [float(run["hours"]) for run in runs if "hours" in run]
    return Record(
        hours=sum(hours) / len(hours) if hours else 0.0,
        swaps=sum(bool(run["promoted"]) for run in runs),
        harmful=len(keys_of(job, ROLLED_BACK)),
    )
