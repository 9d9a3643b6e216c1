"""From findings to a judgement: verdict, incidents, and the actions they cause."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from driftline.app.chart import charts_of
from driftline.app.deliver import log_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.retraining.request import Request, consider, is_broken
from driftline.app.retraining.tell import tell_request
from driftline.app.summary import summary_actions
from driftline.app.tell import Scene, Telling, opens, surroundings, tell
from driftline.core.action import Action, Message
from driftline.core.bounds.familiar import watched_names
from driftline.core.bounds.lasting import number_name
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.incidents.briefing import (
    arrived,
    blind_thread,
    cannot_tell,
    notify_actions,
)
from driftline.core.incidents.incident import Cause, Incident, Progress, advance_all
from driftline.core.incidents.inhibition import inhibit
from driftline.core.incidents.notice import (
    Notice,
    Reason,
    notes_by_cause,
    pending,
    waiting,
)
from driftline.core.incidents.silence import silencer
from driftline.core.late import deadline_of
from driftline.core.verdict import Word, reduce
from driftline.core.window import Window
from driftline.ports import Judgement

WAITS = Request("later windows are judged at once, and the last of them is asked")
"""No run is asked for by a window that is late: the next one knows more."""


def decide(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Judgement:
    """Everything that one transaction will write about the window."""
    verdict = reduce(findings)
    known = {cause: job.ledger.incident(job.monitor, cause) for cause in Cause}
    heard = inhibit(findings, known[Cause.DATA], seen.window.start.isoformat())
    progress = incident_progress(job, seen, heard.findings, known)
    request = WAITS if job.collecting else consider(job, seen, findings)
    links = links_of(job, seen)
    before = job.ledger.latest(job.monitor, seen.window)
    first = before.record if before else {}
    estimated = _estimated(findings) | first.get("estimated", {})
    drawn = Scene(
        job=job,
        seen=seen,
        verdict=verdict,
        findings=tuple(findings),
        links=links,
        doing=request.why,
        around=surroundings(job, seen),
        charts=charts_of(job, seen, progress),
    )
    blind = _blind(drawn)
    judgement = Judgement(
        key=seen.key,
        verdict=verdict,
        findings=tuple(findings),
        profile=seen.profile,
        metrics=numbers(seen, findings)
        | {f"estimated/{name}": each["value"] for name, each in estimated.items()},
        record={
            "headline": verdict.headline,
            "broken": is_broken(findings),
            "collected": job.collecting or first.get("collected", False),
            "raw": seen.raw or first.get("raw", {}),
            "estimated": estimated,
            "watched": watched_names(findings),
            "contrasts": {n: c.to_json() for n, c in seen.contrasts.items()},
            "notices": {**notes_by_cause(heard.by, job.monitor), **blind.notices},
            **_record(seen, progress, request, links),
        },
        actions=(
            log_action(job.model, seen.key),
            *blind.actions,
            *request.actions,
            *summary_actions(drawn),
        ),
    )

    def settle(others: Sequence[Incident]) -> Judgement:
        telling = tell(drawn, progress, others)
        asked = _asked(job, request, telling)
        return _with(judgement, telling, asked)

    if job.manners.group_within and opens(progress):
        return replace(judgement, settle=settle)
    return settle(())


def incident_progress(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
    known: Mapping[Cause, Incident | None],
) -> list[Progress]:
    """What the window did to the incident of every cause that it says something about."""
    return advance_all(
        findings,
        known,
        monitor=job.monitor,
        window=seen.window.start.isoformat(),
        quiet_needed=job.quiet_windows,
    )


def _asked(job: Job, request: Request, telling: Telling) -> Telling:
    """What people are told of a retraining request, behind the harm that asks for it."""
    if request.message is None:
        return Telling()
    return tell_request(job, request.message, telling.incidents)


def _with(judgement: Judgement, telling: Telling, asked: Telling) -> Judgement:
    """The judgement with what people are told of it."""
    notices = {**judgement.record["notices"], **telling.notices, **asked.notices}
    log, *others = judgement.actions
    return replace(
        judgement,
        record={**judgement.record, "notices": notices},
        incidents=telling.incidents,
        actions=(log, *telling.actions, *others, *asked.actions),
        settle=None,
    )


def numbers(seen: Observation, findings: Sequence[Finding]) -> dict[str, float]:
    """What is plotted over time: rows, metrics, and every drift statistic by its name."""
    values = {
        number_name(finding): finding.value
        for finding in findings
        if finding.topic is Topic.DRIFT and finding.value is not None
    }
    values |= {
        f"gap/{finding.subject}": finding.value
        for finding in findings
        if finding.statistic == "gap" and finding.value is not None
    }
    performance = seen.performance
    values |= {f"performance/{n}": m.value for n, m in performance.measured.items()}
    values["rows"] = float(seen.profile.rows) if seen.profile else 0.0
    values["labelled"] = float(performance.labelled)
    return values


def links_of(job: Job, seen: Observation) -> dict[str, str]:
    """Where a person can look further; empty addresses are left out."""
    links = {
        "report": job.report.address(job.monitor, seen.window),
        "model": seen.model.link,
        **job.links,
    }
    return {name: address for name, address in links.items() if address}


def _estimated(findings: Sequence[Finding]) -> dict[str, dict[str, Any]]:
    """The estimates among the findings, by metric."""
    kept = ("lower", "upper", "method", "labels_late_days")
    return {
        finding.subject: {"value": finding.value}
        | {name: finding.evidence[name] for name in kept}
        for finding in findings
        if finding.statistic == ESTIMATED and finding.value is not None
    }


def _blind(scene: Scene) -> Telling:
    """A window that cannot be judged is told of once, unless somebody silenced that."""
    job, around = scene.job, scene.around
    if scene.verdict.word is not Word.CANNOT_TELL:
        return _arrived(scene)
    silence = silencer(["slice"], around.silences, around.now)
    if job.collecting:
        notice = Notice(False, Reason.COLLECTED)
    elif silence is not None:
        notice = Notice(False, Reason.SILENCED, silence.said)
    elif _told_before(job, scene.seen):
        notice = Notice(False, Reason.NOTHING_NEW)
    else:
        first = Notice(True, Reason.FIRST, news=Reason.FIRST)
        notice = pending(first, _due(scene), around)
    was = _slice_notice(scene, scene.seen.window)
    message = cannot_tell(scene.occasion, scene.verdict, _due(scene))
    known = {
        "heard": notice.send or was.get("heard"),
        "thread": message.thread if notice.send else _outage(scene),
        "from": _heard_from(scene, notice) or was.get("from"),
    }
    notices = {f"{job.monitor}/slice": {**notice.to_json(), **known}}
    return Telling((), _told(scene, message, notice), notices)


def _told(scene: Scene, message: Message, notice: Notice) -> tuple[Action, ...]:
    """The message to everybody; before its hour, one for a window that stays unjudged."""
    if not notice.send:
        return ()
    job, window = scene.job, scene.seen.window
    actions = notify_actions(message, job.notifiers, job.places, notice.not_before)
    if not _heard_from(scene, notice):
        return tuple(actions)
    unless = {"unless_judged": window.to_json()}
    return tuple(replace(each, payload=each.payload | unless) for each in actions)


def _heard_from(scene: Scene, notice: Notice) -> str:
    """When people hear of a window whose verdict is not due yet; empty for any other."""
    due = _due(scene)
    pending_yet = notice.send and due is not None and due > scene.around.now
    return notice.not_before.isoformat() if pending_yet and notice.not_before else ""


def _due(scene: Scene) -> datetime | None:
    """When the window's verdict is due; None where no hour is stated."""
    by = scene.job.verdict_by
    return deadline_of(scene.seen.window, by) if by else None


def _arrived(scene: Scene) -> Telling:
    """People who heard that the window could not be judged hear that it is by now.

    Of a later window of the same outage they had heard nothing: it is a reply in the
    outage's thread, and no message where there are no threads.
    """
    was = _slice_notice(scene, scene.seen.window)
    thread = was.get("thread") or blind_thread(scene.occasion)
    if not (was.get("heard") or was.get("thread")):
        return Telling()
    job = scene.job
    begins = was.get("from")
    if begins and scene.around.now < datetime.fromisoformat(begins):
        untold = Notice(False, Reason.UNTOLD)
        return Telling((), (), {f"{job.monitor}/slice": untold.to_json()})
    resolved = Notice(True, Reason.RESOLVED, news=Reason.RESOLVED)
    notice = waiting(resolved, scene.around)
    message = arrived(scene.occasion, scene.verdict, thread)
    names = [n for n, each in job.notifiers.items() if was.get("heard") or each.threads]
    actions = notify_actions(message, names, job.places, notice.not_before)
    return Telling((), tuple(actions), {f"{job.monitor}/slice": notice.to_json()})


def _outage(scene: Scene) -> str:
    """The thread of the outage that this window goes on with; empty where none was told."""
    window = scene.seen.window
    known = (_slice_notice(scene, each) for each in (window, window.previous))
    return next((each["thread"] for each in known if each.get("thread")), "")


def _slice_notice(scene: Scene, window: Window) -> dict[str, Any]:
    """Whether people heard that a window could not be judged, and in which thread."""
    before = scene.job.ledger.latest(scene.job.monitor, window)
    notices = before.record.get("notices", {}) if before else {}
    found: dict[str, Any] = notices.get(f"{scene.job.monitor}/slice", {})
    return found


def _told_before(job: Job, seen: Observation) -> bool:
    """Whether this window, or the one before it, was not to be judged either."""
    around = (seen.window, seen.window.previous)
    entries = (job.ledger.latest(job.monitor, window) for window in around)
    return any(e is not None and e.verdict == Word.CANNOT_TELL for e in entries)


def _record(
    seen: Observation,
    progress: Sequence[Progress],
    request: Request,
    links: dict[str, str],
) -> dict[str, Any]:
    """What the report and a later judgement need and the findings do not hold."""
    performance = seen.performance
    return {
        "model": str(seen.model),
        "rows_manifest": seen.rows_manifest,
        "manifest": seen.manifest,
        "rows": seen.profile.rows if seen.profile else 0,
        "labelled": performance.labelled,
        "performance": {n: m.to_json() for n, m in performance.measured.items()},
        "incidents": {p.incident.key: p.step.name.lower() for p in progress},
        "retraining": request.why,
        "balance": request.balance.to_json() if request.balance else None,
        "links": links,
    }
