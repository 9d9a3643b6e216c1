"""A ledger's history told to another ledger, on which something is tried."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from driftline.core.action import Action, ActionKind
from driftline.core.incidents.incident import Incident
from driftline.core.verdict import Verdict, Word, reduce
from driftline.ports import Judgement, Ledger, LedgerEntry

EARLIER = 400
"""Windows that are known to what is tried."""


def remember(
    was: Ledger, scratch: Ledger, entry: LedgerEntry, incidents: Sequence[Incident]
) -> None:
    """The scratch ledger holds the entry, and the incidents as they are given."""
    at = entry.recorded_at
    lease = scratch.acquire(entry.key.monitor, entry.key.window.label, "replay", at)
    judgement = Judgement(
        key=entry.key,
        verdict=Verdict(Word(entry.verdict), reduce(entry.findings).reasons),
        findings=entry.findings,
        profile=was.profile(entry),
        metrics=entry.metrics,
        record=entry.record,
        incidents=tuple(incidents),
    )
    scratch.record(lease, judgement, at)
    scratch.release(lease)


def remember_notes(
    was: Ledger,
    scratch: Ledger,
    monitor: str,
    until: datetime | None = None,
    but: Collection[str] = (),
) -> None:
    """What people and finished runs had noted by then is known; without `until`, all.

    `but` are the kinds of note that are left out.
    """
    for note in was.notes(monitor):
        if note["kind"] not in but and (until is None or note["at"] <= until):
            scratch.note(monitor, note["kind"], note["key"], note["body"], note["at"])


def remember_requests(
    was: Ledger, scratch: Ledger, monitor: str, before: str | None = None
) -> None:
    """Retraining runs that were asked for as of earlier days are known to be under way.

    `before` is a local date in ISO form; without it, all.
    """
    for asked in requests_in(was, monitor):
        if before is None or asked["payload"]["as_of"] < before:
            action = Action(ActionKind.RETRAIN, asked["key"], asked["payload"])
            scratch.note(
                monitor, "replay", asked["key"], {}, asked["created_at"], [action]
            )


def requests_in(ledger: Ledger, monitor: str) -> list[dict[str, Any]]:
    """The retraining runs that were asked for and not given up."""
    return [
        each
        for each in ledger.actions(monitor)
        if each["kind"] == ActionKind.RETRAIN and each["state"] != "failed"
    ]


def incidents_at(was: Ledger, monitor: str, window: str) -> list[Incident]:
    """Incidents that had been opened by a window (ISO); what ended later was open then."""
    return [
        incident
        if incident.resolved and incident.resolved <= window
        else replace(incident, resolved="", quiet_windows=0, last_window=window)
        for incident in was.incidents(monitor)
        if incident.opened <= window
    ]
