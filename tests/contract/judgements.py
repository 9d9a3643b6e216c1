"""Judgements to record, and SQL ledgers to record them in."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from driftline.adapters.ledgers import sql
from driftline.core.action import Action, ActionKind
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.roles import Roles, Task
from driftline.core.verdict import reduce
from driftline.core.window import day_window
from driftline.ports import Context, Judgement, Ledger, WindowKey

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
DAY = date(2026, 3, 1)
ODD = "flüge 'x\"; DROP TABLE driftline_windows;-- 😀"


def context(root: Path | str) -> Context:
    return Context("flights", str(root), "UTC", Roles(Task.BINARY, "at", "late"))


def sql_ledger(url: str, root: Path | str = "/") -> Ledger:
    return sql.build(sql.Settings.model_validate({"url": url}), context(root))


def finding(subject: str = "delay", value: float = 0.6) -> Finding:
    return Finding(
        Topic.DRIFT,
        subject,
        "psi",
        Outcome.BREACHED,
        Severity.CRITICAL,
        f"{subject} moved",
        value,
        Bounds(upper=0.2, origin="reference"),
        "origin=JFK",
        {"bins": [1, 2], "note": "ü"},
    )


def judgement(fingerprint: str = "f1", day: date = DAY, **changes) -> Judgement:
    window = day_window(day, "America/New_York")
    findings = (finding(), finding("distance", 0.3))
    key = WindowKey("flights", "7", window, fingerprint, "p1")
    made = Judgement(
        key=replace(key, **changes.pop("key", {})),
        verdict=reduce(findings),
        findings=findings,
        profile=Profile(3, {"delay": ColumnProfile(3, total=float("inf"))}, "plan"),
        metrics={"auc": 0.71, "undefined": float("nan")},
        record={"title": "ü", "rows": [1, None]},
    )
    return replace(made, **changes)


def recorded(ledger: Ledger, made: Judgement, owner: str = "ann"):
    monitor, label = made.key.monitor, made.key.window.label
    lease = ledger.acquire(monitor, label, owner, NOW)
    return ledger.record(lease, made, NOW)


def notify(key: str, lane: str = "") -> Action:
    return Action(ActionKind.NOTIFY, key, {"text": "ü", "notifier": "slack"}, lane)


def incident(window: str = "2026-03-01", **changes) -> Incident:
    key = f"flights/data/{window}"
    made = Incident(key, "flights", Cause.DATA, window, window, ("delay",))
    return replace(made, **changes)


def outboxed(ledger: Ledger, *actions: Action) -> None:
    recorded(ledger, judgement(actions=actions))
