"""Between the ledger's rows and the values that the application knows."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Table, and_

from driftline.adapters.ledgers._faults import Senseless
from driftline.adapters.ledgers._tables import (
    findings,
    incidents,
    outbox,
    profiles,
    windows,
)
from driftline.core.action import Action, ActionKind, Message
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import Cause, Incident, Told
from driftline.core.profiles.profile import Profile
from driftline.core.window import Every, Window
from driftline.errors import DriftlineError
from driftline.ports import Judgement, LedgerEntry, OutboxRow, WindowKey

Values = dict[str, Any]
More = ParamSpec("More")
Made = TypeVar("Made")
Maker = Callable[Concatenate[Row[Any], More], Made]

NONSENSE = (DriftlineError, ValueError, LookupError, TypeError, AttributeError)
"""What is raised where a row's values are not what was written."""


def _of_a_row(table: Table) -> Callable[[Maker[More, Made]], Maker[More, Made]]:
    """Whoever makes something of a row raises `Senseless` where it cannot be."""

    def guard(make: Maker[More, Made]) -> Maker[More, Made]:
        @wraps(make)
        def made(row: Row[Any], /, *args: More.args, **more: More.kwargs) -> Made:
            try:
                return make(row, *args, **more)
            except NONSENSE as error:
                named = (
                    f"{c.name} {getattr(row, c.name)!r}" for c in table.primary_key
                )
                raise Senseless(
                    f"a row of {table.name} that makes no sense, the one with "
                    f"{', '.join(named)} ({error})"
                ) from error

        return made

    return guard


def has_key(key: WindowKey) -> ColumnElement[bool]:
    """The condition that a row of windows was recorded under this key."""
    return and_(
        has_window(key.monitor, key.window),
        windows.c.model_version == key.model_version,
        windows.c.fingerprint == key.fingerprint,
        windows.c.policy == key.policy,
    )


def has_window(monitor: str, window: Window) -> ColumnElement[bool]:
    """The condition that a row of windows is a revision of this window."""
    return and_(
        windows.c.monitor == monitor,
        windows.c.starts == window.start,
        windows.c.ends == window.end,
    )


def window_values(judgement: Judgement, revision: int, now: datetime) -> Values:
    """A row of windows."""
    key = judgement.key
    return {
        "monitor": key.monitor,
        "model_version": key.model_version,
        "starts": key.window.start,
        "ends": key.window.end,
        "zone": key.window.zone,
        "every": key.window.every.value,
        "fingerprint": key.fingerprint,
        "policy": key.policy,
        "revision": revision,
        "verdict": judgement.verdict.word.value,
        "headline": judgement.verdict.headline,
        "recorded_at": now,
        "metrics": {n: v for n, v in judgement.metrics.items() if math.isfinite(v)},
        "record": judgement.record,
    }


@_of_a_row(windows)
def entry_of(row: Row[Any], findings: Sequence[Finding]) -> LedgerEntry:
    """The judgement that a row of windows and its findings hold."""
    ZoneInfo(row.zone)  # or a label would fail later
    window = Window(row.starts, row.ends, row.zone, Every(row.every))
    return LedgerEntry(
        id=row.id,
        key=WindowKey(
            row.monitor, row.model_version, window, row.fingerprint, row.policy
        ),
        revision=row.revision,
        verdict=row.verdict,
        recorded_at=row.recorded_at,
        metrics=dict(row.metrics),
        findings=tuple(findings),
        record=dict(row.record),
    )


def finding_values(window_id: int, position: int, finding: Finding) -> Values:
    """A row of findings; what is not a finite number is absent."""
    return {
        "window_id": window_id,
        "position": position,
        "topic": finding.topic.value,
        "subject": finding.subject,
        "statistic": finding.statistic,
        "segment": finding.segment,
        "outcome": finding.outcome.value,
        "severity": finding.severity.value,
        "message": finding.message,
        "value": _finite(finding.value),
        "lower": _finite(finding.bounds.lower),
        "upper": _finite(finding.bounds.upper),
        "origin": finding.bounds.origin,
        "evidence": finding.evidence,
    }


@_of_a_row(findings)
def finding_of(row: Row[Any]) -> Finding:
    """The finding that a row holds."""
    return Finding(
        topic=Topic(row.topic),
        subject=row.subject,
        statistic=row.statistic,
        outcome=Outcome(row.outcome),
        severity=Severity(row.severity),
        message=row.message,
        value=row.value,
        bounds=Bounds(row.lower, row.upper, row.origin),
        segment=row.segment,
        evidence=dict(row.evidence),
    )


@_of_a_row(profiles)
def profile_of(row: Row[Any]) -> Profile:
    """The profile that a row holds."""
    return Profile.from_json(row.body)


def incident_values(incident: Incident) -> Values:
    """A row of incidents."""
    return {
        "key": incident.key,
        "monitor": incident.monitor,
        "cause": incident.cause.value,
        "opened": incident.opened,
        "last_window": incident.last_window,
        "subjects": list(incident.subjects),
        "quiet_windows": incident.quiet_windows,
        "resolved": incident.resolved,
        "source": incident.source,
        "thread": incident.thread,
        "told": None if incident.told is None else incident.told.to_json(),
        "card": None if incident.card is None else incident.card.to_json(),
    }


@_of_a_row(incidents)
def incident_of(row: Row[Any]) -> Incident:
    """The incident that a row holds."""
    return Incident(
        key=row.key,
        monitor=row.monitor,
        cause=Cause(row.cause),
        opened=row.opened,
        last_window=row.last_window,
        subjects=tuple(row.subjects),
        quiet_windows=row.quiet_windows,
        resolved=row.resolved,
        source=row.source,
        thread=row.thread,
        told=None if row.told is None else Told.from_json(row.told),
        card=None if row.card is None else Message.from_json(row.card),
    )


def action_values(monitor: str, action: Action, now: datetime) -> Values:
    """A row of the outbox for an action that is due at once, or when it says."""
    return {
        "monitor": monitor,
        "kind": action.kind.value,
        "key": action.key,
        "lane": action.lane,
        "payload": action.payload,
        "state": "pending",
        "attempts": 0,
        "due_at": max(now, action.not_before or now),
        "owner": "",
        "reason": "",
        "receipt": "",
        "created_at": now,
    }


@_of_a_row(outbox)
def outbox_row_of(row: Row[Any], owner: str) -> OutboxRow:
    """The action that a row holds, claimed by its owner."""
    action = Action(ActionKind(row.kind), row.key, row.payload, row.lane)
    again = row.attempts > 0 or row.claimed_until is not None
    return OutboxRow(row.id, action, row.attempts, owner, again)


def _finite(number: float | None) -> float | None:
    return number if number is None or math.isfinite(number) else None
