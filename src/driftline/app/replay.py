"""The recorded windows judged again under another policy: nothing is written or sent.

The same `monitor_day` judges them, over a ledger in memory that knows what was recorded
before the first of them. `run` keeps back what would leave it (the outbox, the report),
and puts what belongs to the time in its place: cost and health as they were.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from driftline.app.job import Job
from driftline.app.judge import KEPT, surround, validate
from driftline.app.monitor_day import deliver_due, monitor_day
from driftline.app.remembered import (
    EARLIER,
    incidents_at,
    remember,
    remember_notes,
    remember_requests,
    requests_in,
)
from driftline.app.report import write_report
from driftline.app.retraining.record import NOTE
from driftline.app.retraining.shadow import watch_shadow
from driftline.app.retraining.watch_promotion import on_watch, watch_promotion
from driftline.core.action import ActionKind
from driftline.core.replayed import Replay, Replayed, Side, Totals
from driftline.core.verdict import Word, reduce
from driftline.core.window import Window
from driftline.ports import Ledger, LedgerEntry, Run

ASSUMED = "assumed"
"""The challenger of a retraining run that only the other policy asked for."""


@dataclass(slots=True)
class _Clock:
    """The moment at which the window in hand was first recorded."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class _Stage:
    """The recorded history, and the job that judges it again on a ledger of its own."""

    was: Job
    would: Job
    clock: _Clock
    same_suite: bool
    first_recorded: dict[Window, datetime] = field(default_factory=dict)


def replay(
    was: Job,
    would: Job,
    windows: Sequence[Window],
    *,
    same_suite: bool = False,
    track: Callable[[list[LedgerEntry]], Iterable[LedgerEntry]] = iter,
) -> Replay:
    """What `would` makes of the windows that `was` has recorded, oldest first.

    `would` is another job of the same monitor, with a ledger in memory that is empty.
    With `same_suite` expectations that were checked on the same rows are not checked
    again. Labels are those that are in by now, as in the newest revision of a window.
    """
    recorded = _recorded(was, windows)
    entries = [entry for entry in recorded if entry.key.window in set(windows)]
    stage = _staged(was, would, recorded, entries, same_suite)
    found = [_judged(stage, entry) for entry in track(entries)]
    told = [entry for entry, each in zip(entries, found, strict=True) if each.would]
    return Replay(
        windows=tuple(found),
        was=_totals(stage, was.ledger, told, [e.was for e in found if e.would]),
        would=_totals(
            stage, would.ledger, told, [e.would for e in found if e.would is not None]
        ),
        skipped=len(windows) - len(entries),
    )


def _recorded(was: Job, windows: Sequence[Window]) -> list[LedgerEntry]:
    """The replayed windows' newest revisions, and the windows before them."""
    if not windows:
        return []
    most = EARLIER + len(windows)
    return was.ledger.history(was.monitor, before=windows[-1].end, limit=most)


def _staged(
    was: Job,
    would: Job,
    recorded: Sequence[LedgerEntry],
    entries: Sequence[LedgerEntry],
    same_suite: bool,
) -> _Stage:
    """The other job as it stood just before the first window."""
    first: dict[Window, datetime] = {}
    for entry in was.ledger.revisions(was.monitor, limit=10 * (len(recorded) + 1)):
        first.setdefault(entry.key.window, entry.recorded_at)
    clock = _Clock(was.clock())
    stage = _Stage(
        was,
        replace(would, clock=clock, costs=(), probes=(), dispatcher=None),
        clock,
        same_suite,
        first,
    )
    before = recorded[: recorded.index(entries[0])] if entries else []
    for entry in before:
        start = entry.key.window.start.isoformat()
        known = incidents_at(was.ledger, was.monitor, start)
        remember(was.ledger, would.ledger, entry, known)
    if entries:
        day = entries[0].key.window.day.isoformat()
        remember_requests(was.ledger, would.ledger, was.monitor, day)
    return stage


def _judged(stage: _Stage, entry: LedgerEntry) -> Replayed:
    """The window judged by the model version that judged it, at the time it was judged."""
    window = entry.key.window
    stage.clock.moment = stage.first_recorded.get(window, entry.recorded_at)
    remember_notes(
        stage.was.ledger, stage.would.ledger, stage.was.monitor, stage.clock.moment
    )
    job = replace(stage.would, alias=entry.key.model_version or stage.would.alias)
    report = monitor_day(job, window, _run_of(stage, entry))
    again = job.ledger.latest(job.monitor, window)
    assert again is not None
    _assume_run(stage, window)
    was = Side(entry.verdict, reduce(entry.findings).reasons)
    manifest = entry.record.get("rows_manifest", "")
    if manifest and not again.record["rows_manifest"]:
        return Replayed(window, was, None, "its rows can no longer be read")
    would = Side(report.verdict.word.value, report.verdict.reasons)
    changed = manifest != again.record["rows_manifest"]
    note = "its rows have changed since it was recorded" if changed else ""
    return Replayed(window, was, would, note)


def _run_of(stage: _Stage, entry: LedgerEntry) -> Run:
    """Steps run plainly, but for those that look at the present or leave the process."""

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if step is surround:
            return [finding for finding in entry.findings if finding.topic in KEPT]
        if step is validate:
            job, seen, _ = args
            return validate(job, seen, _same_policy(stage, entry, seen.key.policy))
        if step is watch_shadow or (
            step is watch_promotion and _is_assumed(on_watch(stage.would))
        ):  # a shadow has ended in its own note; an assumed run trained no version
            return None
        if step is deliver_due:
            return []
        if step is write_report:
            return ""
        return step(*args, **kwargs)

    return run


def _is_assumed(run: dict[str, Any] | None) -> bool:
    return run is not None and run["body"]["challenger"] == ASSUMED


def _same_policy(stage: _Stage, entry: LedgerEntry, policy: str) -> LedgerEntry:
    """The entry, as of the other policy where that validates by the same suite."""
    if not stage.same_suite or entry.key.policy != stage.was.policy:
        return entry
    return replace(entry, key=replace(entry.key, policy=policy))


def _assume_run(stage: _Stage, window: Window) -> None:
    """A run that only the other policy asks for is taken to have ended, and to help.

    What it would have changed cannot be known; that it holds off the next one can.
    """
    ledger, monitor = stage.would.ledger, stage.would.monitor
    really = {each["payload"]["key"] for each in requests_in(stage.was.ledger, monitor)}
    for asked in requests_in(ledger, monitor):
        key, as_of = asked["payload"]["key"], asked["payload"]["as_of"]
        if as_of == window.day.isoformat() and key not in really:
            body = {"as_of": as_of, "promoted": True, "challenger": ASSUMED}
            ledger.note(monitor, NOTE, key, body, stage.clock.moment)


def _totals(
    stage: _Stage, ledger: Ledger, entries: Sequence[LedgerEntry], sides: Sequence[Side]
) -> Totals:
    """Counted over the same windows for both: what each of them set in motion."""
    monitor = stage.was.monitor
    starts = {entry.key.window.start.isoformat() for entry in entries}
    days = {entry.key.window.day.isoformat() for entry in entries}
    windows = {entry.key.window for entry in entries}
    moments = {
        entry.recorded_at
        for entry in ledger.revisions(monitor, limit=100_000)
        if entry.key.window in windows
    }
    words = [side.verdict for side in sides]
    return Totals(
        pages=words.count(Word.ACT),
        digests=words.count(Word.WATCH),
        cannot_tell=words.count(Word.CANNOT_TELL),
        incidents=sum(i.opened in starts for i in ledger.incidents(monitor)),
        messages=sum(
            each["kind"] == ActionKind.NOTIFY and each["created_at"] in moments
            for each in ledger.actions(monitor)
        ),
        retraining=sum(
            each["payload"]["as_of"] in days for each in requests_in(ledger, monitor)
        ),
    )
