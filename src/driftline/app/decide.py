"""From findings to a judgement: verdict, incidents, and the actions they cause."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from driftline.app.blind import tell_blind
from driftline.app.chart import charts_of
from driftline.app.compare import memory_of, told_before
from driftline.app.deliver import log_action
from driftline.app.gap import look_back
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.pending import is_pending
from driftline.app.retraining.request import STANDING, Request, consider, is_broken
from driftline.app.retraining.tell import tell_request
from driftline.app.summary import (
    late_before,
    next_revision,
    summary_actions,
    told_late,
)
from driftline.app.tell import Scene, Telling, opens, surroundings, tell
from driftline.app.unjudged import AWAITS_REGISTRY
from driftline.core.bounds.lasting import number_name
from driftline.core.bounds.stories import told_by_now
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.incidents.incident import Cause, Incident, Progress, advance_all
from driftline.core.incidents.inhibition import inhibit
from driftline.core.incidents.notice import notes_by_cause
from driftline.core.verdict import reduce
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
    scene = Scene(
        job=job,
        seen=seen,
        verdict=verdict,
        findings=tuple(findings),
        links=links_of(job, seen),
        doing=request.why,
        around=surroundings(job, seen),
        charts=charts_of(job, seen, progress),
        late=late_before(job, seen.window),
        retraining=request.standing,
    )
    gap = look_back(scene, known[Cause.OUTAGE])
    notices = notes_by_cause(heard.by, job.monitor)
    steps = _steps(progress, request)
    carried = _carried(scene)
    judgement = Judgement(
        key=seen.key,
        verdict=verdict,
        findings=scene.findings,
        profile=seen.profile,
        metrics=numbers(seen, findings) | _values(carried["estimated"]),
        record={**_record(scene), **steps, **carried, "notices": notices},
        actions=(
            log_action(job.model, seen.key),
            *request.actions,
            *summary_actions(scene),
        ),
    )

    def settle(others: Sequence[Incident]) -> Judgement:
        telling = tell(scene, progress, others) + tell_blind(scene, gap, others)
        asked = _asked(job, request, telling)
        return _with(judgement, telling, asked)

    if job.manners.group_within and (opens(progress) or gap.opens):
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


def _told(
    job: Job, seen: Observation, findings: Sequence[Finding]
) -> dict[str, dict[str, Any]]:
    """The stories of drift that people know after this window, for the next one."""
    before, label = told_before(job, seen), seen.window.label
    told = told_by_now(findings, before, label, memory_of(job))
    return {story: each.to_json() for story, each in told.items()}


def _asked(job: Job, request: Request, telling: Telling) -> Telling:
    """What people are told of a retraining request, behind the harm that asks for it."""
    if request.message is None:
        return Telling()
    return tell_request(job, request.message, telling.incidents, heard=request.heard)


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


def _values(estimated: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    return {f"estimated/{name}": each["value"] for name, each in estimated.items()}


def _carried(scene: Scene) -> dict[str, Any]:
    """What an earlier judgement of the window said first, and this one keeps.

    `collected` is the revision that was left to a summary, and `caught_up` has, by their
    starts, those that the window's own summary told of.
    """
    job, window = scene.job, scene.seen.window
    before = job.ledger.latest(job.monitor, window)
    first = before.record if before else {}
    left = next_revision(job, window) if job.collecting else first.get("collected", 0)
    return {
        "by_hand": first.get("by_hand", job.by_hand),
        "collected": left,
        "caught_up": first.get("caught_up", {}) | told_late(scene.late),
        "raw": scene.seen.raw or first.get("raw", {}),
        "estimated": _estimated(scene.findings) | first.get("estimated", {}),
    }


def _steps(progress: Sequence[Progress], request: Request) -> dict[str, Any]:
    """What the window did to incidents, and whether a retraining was asked for."""
    return {
        "incidents": {p.incident.key: p.step.name.lower() for p in progress},
        "retraining": request.why,
        STANDING: request.standing.value,
        "balance": request.balance.to_json() if request.balance else None,
    }


def _record(scene: Scene) -> dict[str, Any]:
    """What the report and a later judgement need and the findings do not hold."""
    seen, performance = scene.seen, scene.seen.performance
    pending = is_pending(scene.job, seen.window, scene.verdict.word)
    return {
        "headline": scene.verdict.headline,
        "broken": pending or is_broken(scene.findings),
        AWAITS_REGISTRY: seen.awaits_registry,
        "told": _told(scene.job, seen, scene.findings),
        "contrasts": {n: c.to_json() for n, c in seen.contrasts.items()},
        "model": str(seen.model),
        "rows_manifest": seen.rows_manifest,
        "manifest": seen.manifest,
        "rows": seen.profile.rows if seen.profile else 0,
        "repeats": seen.repeats,
        "labelled": performance.labelled,
        "performance": {n: m.to_json() for n, m in performance.measured.items()},
        "links": scene.links,
    }
