"""A fault of known size goes the whole way, on copies; each link of the chain is checked.

Source, validation, profile, comparison, verdict, incident, notice, message, retraining
request: all by the code that judges the next day, over rows, a ledger and couriers of
the drill's own. What stays is one note in the monitor's ledger.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Any

from driftline.app.deliver import State as Delivered
from driftline.app.drill.proof import MOST_DAYS, Evidence, links_of
from driftline.app.drill.rehearsal import Rehearsal, rehearsal
from driftline.app.job import Job
from driftline.app.judge import KEPT, surround
from driftline.app.monitor_day import DayReport, deliver_due, monitor_day
from driftline.app.remembered import (
    EARLIER,
    incidents_at,
    remember,
    remember_notes,
    remember_requests,
)
from driftline.app.retraining.shadow import watch_shadow
from driftline.app.summary import OVERDUE
from driftline.app.tell import unless_silenced
from driftline.core.action import Message
from driftline.core.drill.links import NOTE, Drilled, outcome_of
from driftline.core.drill.planting import (
    Fault,
    can_happen,
    column_for,
    fault_of,
    large_enough,
)
from driftline.core.drill.words import could_not_drill, drill_failed
from driftline.core.incidents.briefing import notify_actions
from driftline.core.window import Window, local_day
from driftline.errors import DriftlineError, SettingsError
from driftline.ports import Ledger, LedgerEntry, Run, call

Scratch = Callable[[], AbstractContextManager[Ledger]]
"""An empty ledger that is gone at the end."""


def drill_monitor(
    job: Job,
    scratch: Scratch,
    faults: Sequence[Fault] = (),
    day: date | None = None,
    *,
    post: bool = False,
) -> list[Drilled]:
    """Each fault drilled on the day, or on the latest one judged, and noted in the ledger.

    Without `faults`, the usual ones: a data bug, harm that lasts, and both at once.
    Raises `SettingsError` where there is no such day, column or label.
    """
    until = _latest(job, day)
    done = [_drilled(job, scratch, f, until, post) for f in faults or usual_faults(job)]
    _note(job, done)
    return done


def usual_faults(job: Job) -> list[Fault]:
    """A data bug; where there are labels, harm, and the bug that must not be learned."""
    bug = chosen_fault(job, "nulls")
    if job.roles.label is None or not _labelled(job, None):
        return [bug]
    harm = chosen_fault(job, "harm")
    both = [replace(bug, also=harm)] if job.retraining is not None else []
    return [bug, harm, *both]


def chosen_fault(
    job: Job, name: str, column: str | None = None, size: float | None = None
) -> Fault:
    """The fault, of its usual size and on a feature it can happen to unless told."""
    fault = fault_of(name, column or "", size)
    if fault.on_labels:
        if job.roles.label is None:
            raise SettingsError(f"{job.monitor} has no label, so no fault of labels")
        return replace(fault, column=job.roles.label)
    reference = job.registry.load_reference(job.registry.resolve(job.model, job.alias))
    known = [c for c in reference.plan.columns if c not in job.drift.ignore]
    if column is None:
        profile = next(reversed(reference.days.values()))
        features = job.roles.features_among(known)
        column = column_for(name, reference.plan, profile, features)
    elif column not in reference.plan.columns:
        raise SettingsError(
            f"the reference has no column {column!r}; it has {', '.join(known)}"
        )
    elif not can_happen(name, reference.plan.columns[column]):
        raise SettingsError(
            f"the fault {name} cannot happen to {column!r}, which is "
            f"{reference.plan.columns[column].kind}; name another column or fault"
        )
    fault = replace(fault, column=column)
    if size is not None:
        return fault
    rate = job.drift.budget.any_page(job.drift.windows_per_day)
    return large_enough(fault, len(reference.days), rate)


def held_drill(job: Job, scratch: Scratch, day: date | None = None) -> list[Drilled]:
    """The usual faults drilled, and people told where that failed or could not be done.

    They hear it by the monitor's own notifiers. Raises what kept it from being held.
    """
    try:
        done = drill_monitor(job, scratch, day=day)
    except DriftlineError as error:
        today = local_day(job.clock(), job.zone).isoformat()
        _tell(job, could_not_drill(job.monitor, today, str(error)))
        raise
    if any(each.failed for each in done):
        _tell(job, drill_failed(job.monitor, done[0].windows[-1], done))
    return done


def _drilled(
    job: Job, scratch: Scratch, fault: Fault, until: Window, post: bool
) -> Drilled:
    """The fault in the last day; in the last two where a page waits for a second one."""
    harm = fault.on_labels or (fault.also is not None and fault.also.on_labels)
    windows = _labelled(job, until) if harm else [until]
    if not windows:
        raise SettingsError(
            f"no day of {job.monitor} up to {until.label} has labels enough to drill"
        )
    done = _held(job, scratch, fault, windows, post)
    before = job.ledger.latest(job.monitor, until.previous)
    told = harm or done.was_found or fault.kind.pages is None
    if told or before is None or not before.record["rows"]:
        return done
    again = _held(job, scratch, fault, [until.previous, until], post)
    return again if again.was_found else done


def _held(
    job: Job, scratch: Scratch, fault: Fault, windows: Sequence[Window], post: bool
) -> Drilled:
    with scratch() as ledger:
        _recall(job, ledger, windows[0])
        stage = rehearsal(job, ledger, fault, windows, post=post)
        report = _judge(job, stage, fault, windows)
        return _proved(job, stage, fault, report)


def _judge(
    job: Job, stage: Rehearsal, fault: Fault, windows: Sequence[Window]
) -> DayReport:
    """The days judged, oldest first, until what the fault has to bring about is there."""
    for window in windows:
        report = monitor_day(stage.job, window, _run_of(job.ledger, window))
        stage.windows.append(window)
        if fault.also is None and _complete(stage, fault):
            break
    return report


def _complete(stage: Rehearsal, fault: Fault) -> bool:
    if stage.job.retraining is not None and fault.kind.retrains:
        return bool(stage.requests)
    first = stage.windows[0].start.isoformat()
    opened = stage.job.ledger.incidents(stage.job.monitor)
    return any(i.cause is fault.kind.pages and i.last_window >= first for i in opened)


def _proved(job: Job, stage: Rehearsal, fault: Fault, report: DayReport) -> Drilled:
    window = stage.windows[-1]
    entry = stage.job.ledger.latest(job.monitor, window)
    assert entry is not None
    real = job.ledger.latest(job.monitor, window)
    refused = [d.detail for d in report.deliveries if d.state is not Delivered.DONE]
    evidence = Evidence(
        fault=fault,
        entry=entry,
        before=real.findings if real else (),
        incidents=tuple(stage.job.ledger.incidents(job.monitor)),
        first=stage.windows[0],
        days=len(stage.windows),
        sent=stage.sent,
        refused=tuple(refused),
        requests=tuple(stage.requests),
        interlocks=job.retraining.interlocks if job.retraining else None,
    )
    labels = tuple(each.label for each in stage.windows)
    return Drilled(fault, labels, links_of(evidence), stage.sent)


def _recall(job: Job, scratch: Ledger, first: Window) -> None:
    """The scratch ledger knows the days before; notes and requests as they are now."""
    earlier = job.ledger.history(job.monitor, before=first.start, limit=EARLIER)
    for number, entry in enumerate(earlier, 1):
        known = incidents_at(
            job.ledger, job.monitor, entry.key.window.start.isoformat()
        )
        open_ = known if number == len(earlier) else ()
        remember(job.ledger, scratch, _summed_up(entry), open_)
    remember_notes(job.ledger, scratch, job.monitor, but=(OVERDUE,))
    remember_requests(job.ledger, scratch, job.monitor)
    now = job.clock()
    while (row := scratch.claim_action(job.monitor, job.owner, now)) is not None:
        scratch.finish_action(row, "", now)


def _summed_up(entry: LedgerEntry) -> LedgerEntry:
    """The entry as one that waits for no summary: none of it is the fault's."""
    return replace(entry, record=entry.record | {"collected": 0})


def _run_of(ledger: Ledger, window: Window) -> Run:
    """Steps run plainly; cost and health are as they were recorded.

    A challenger in shadow is not shown rows that have a fault.
    """

    def run(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        if step is watch_shadow:
            return None
        if step is surround:
            entry = ledger.latest(args[0].monitor, window)
            findings = entry.findings if entry else ()
            return [finding for finding in findings if finding.topic in KEPT]
        return call(step, *args, **kwargs)

    return run


def _latest(job: Job, day: date | None) -> Window:
    """The day that is named, or the latest one judged whose rows could be read."""
    if day is not None:
        return job.window_of(day, job.clock())
    known = job.ledger.history(job.monitor, limit=MOST_DAYS, topics=())
    read = [entry for entry in known if entry.record["rows"]]
    if not read:
        raise SettingsError(
            f"no day of {job.monitor} with rows is judged yet; judge one with "
            f"`driftline run {job.monitor}`, or name one with --day"
        )
    return read[-1].key.window


def _labelled(job: Job, until: Window | None) -> list[Window]:
    """The latest judged windows that have labels enough, oldest first."""
    before = until.end if until else None
    known = job.ledger.history(job.monitor, before=before, limit=90, topics=())
    return [e.key.window for e in known if job.labels_in(e)][-MOST_DAYS:]


def _note(job: Job, done: Sequence[Drilled]) -> None:
    now = job.clock()
    body = {
        "passed": not any(each.failed for each in done),
        "outcome": outcome_of(done),
        "drilled": [each.to_json() for each in done],
    }
    job.ledger.note(job.monitor, NOTE, now.isoformat(), body, now)


def _tell(job: Job, message: Message) -> None:
    """People hear it once, however often it is said, unless `drill` is silenced."""
    notice = unless_silenced(job, NOTE)
    names = job.notifiers if notice.send else ()
    actions = notify_actions(message, names, job.places)
    body = {"notice": notice.to_json()}
    told = f"{NOTE}-told"
    job.ledger.note(job.monitor, told, message.key, body, job.clock(), actions)
    deliver_due(job)
