"""All that a ledger holds of a monitor, as plain values."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from driftline.ports import Ledger, LedgerEntry

AT_ONCE = 50
"""Judgements that are in memory at a time."""


def exported(ledger: Ledger, monitor: str) -> Iterator[dict[str, Any]]:
    """Verdicts in order of record, then incidents, notes and actions, each oldest first.

    Every revision of a window is a verdict of its own, with findings, record and
    profile. What is recorded meanwhile may be among them; nothing is held up.
    """
    for entry in _entries(ledger, monitor):
        yield {"type": "verdict", **_verdict(ledger, entry)}
    for incident in ledger.incidents(monitor):
        yield {"type": "incident", **asdict(incident)}
    for note in ledger.notes(monitor):
        yield {"type": "note", "monitor": monitor, **note}
    for action in ledger.actions(monitor):
        yield {"type": "action", **action}


def _entries(ledger: Ledger, monitor: str) -> Iterator[LedgerEntry]:
    last = 0
    while some := ledger.judgements(monitor, last, AT_ONCE):
        yield from some
        last = some[-1].id


def _verdict(ledger: Ledger, entry: LedgerEntry) -> dict[str, Any]:
    key, profile = entry.key, ledger.profile(entry)
    return {
        "monitor": key.monitor,
        "window": {"label": key.window.label, **key.window.to_json()},
        "model_version": key.model_version,
        "fingerprint": key.fingerprint,
        "policy": key.policy,
        "revision": entry.revision,
        "verdict": entry.verdict,
        "recorded_at": entry.recorded_at,
        "metrics": entry.metrics,
        "findings": [finding.to_json() for finding in entry.findings],
        "record": entry.record,
        "profile": profile and profile.to_json(),
    }
