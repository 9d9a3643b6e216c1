"""What the ledger keeps of retraining: one note for each thing that happened to a request."""

from datetime import date
from typing import Any

from driftline.app.job import Job
from driftline.core.action import ActionKind
from driftline.core.model import ModelVersion
from driftline.core.retraining.economics import Record
from driftline.core.retraining.outcome import run_said
from driftline.ports import Ledger

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

SHADOW = "shadow"
"""The kind of note by which a challenger's shadow ends; its key is the run's."""

ENDS = (NOTE, REFUSAL, ROLLED_BACK, SHADOW)
"""After each of these the cool-down begins anew."""


FLIGHT_DAYS = 2
"""A requested run of which nothing was heard for so many days is not waited for."""


def request_key(monitor: str, champion: ModelVersion, as_of: date) -> str:
    """The same for the same champion and day, whoever asks."""
    return f"{monitor}/v{champion.version}/{as_of.isoformat()}"


def requests_of(job: Job) -> list[dict[str, Any]]:
    """What the outbox holds of requests and approvals, oldest first."""
    rows = job.ledger.actions(job.monitor)
    return [row for row in rows if row["kind"] == ActionKind.RETRAIN]


def in_vain_before(job: Job, key: str) -> list[str]:
    """The keys of the requests that this one makes again, latest first.

    None was accepted, answered or followed by a run, and each is at most `FLIGHT_DAYS`
    older than the next.
    """
    later = _day_of(key)
    settled = {k for kind in (APPROVAL, *ENDS) for k in keys_of(job, kind)}
    found: list[str] = []
    for row in reversed(requests_of(job)):
        older = row["payload"]["key"]
        day = _day_of(older)
        if older == key or day > later:
            continue
        lost = row["state"] == "failed" and older not in settled
        if not lost or (later - day).days > FLIGHT_DAYS:
            break
        found.append(older)
        later = day
    return found


def _day_of(key: str) -> date:
    """The day that a request's key ends with."""
    return date.fromisoformat(key.rpartition("/")[2])


def runs_of(job: Job) -> list[dict[str, Any]]:
    """The notes of all finished runs, oldest first, with what came of a shadow."""
    return runs_in(job.ledger, job.monitor)


def runs_in(ledger: Ledger, monitor: str) -> list[dict[str, Any]]:
    """The same of a ledger alone."""
    runs = ledger.notes(monitor, NOTE)
    ends = {note["key"]: note["body"] for note in ledger.notes(monitor, SHADOW)}
    return [
        run | {"body": run["body"] | ends.get(run["key"], {}) | _asked(run["body"])}
        for run in runs
    ]


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    """The day of a run stays that of its request."""
    return {"as_of": body["as_of"]}


def in_shadow(job: Job) -> dict[str, Any] | None:
    """The run whose challenger is scored beside the champion for now, or None."""
    ended = keys_of(job, SHADOW)
    begun = [
        run
        for run in job.ledger.notes(job.monitor, NOTE)
        if run["body"].get("shadow") and run["key"] not in ended
    ]
    return begun[-1] if begun else None


def last_run_said(ledger: Ledger, monitor: str, by: date) -> str:
    """What the last run as of a day came to, by now; empty where there was none."""
    runs = [run["body"] for run in runs_in(ledger, monitor)]
    known = [body for body in runs if body["as_of"] <= by.isoformat()]
    return run_said(monitor, known[-1]) if known else ""


def keys_of(job: Job, kind: str) -> set[str]:
    """The keys of the monitor's notes of a kind."""
    return {note["key"] for note in job.ledger.notes(job.monitor, kind)}


def shadow_said(job: Job) -> str:
    """Which challenger is in shadow, in words; empty where none is."""
    run = in_shadow(job)
    if run is None:
        return ""
    body = run["body"]
    return (
        f"{job.model} v{body['challenger']} is in shadow beside v{body['champion']} "
        f"since {body['as_of']}, until {body['shadow']} windows have their labels"
    )


def helped(job: Job) -> tuple[bool, ...]:
    """Of each finished run, oldest first, whether its challenger was promoted and stayed.

    A run whose challenger is in shadow has not finished.
    """
    undone, open_run = keys_of(job, ROLLED_BACK), in_shadow(job)
    return tuple(
        bool(run["body"]["promoted"]) and run["key"] not in undone
        for run in runs_of(job)
        if open_run is None or run["key"] != open_run["key"]
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
