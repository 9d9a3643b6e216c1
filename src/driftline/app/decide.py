"""From findings to a judgement: verdict, incidents, and the actions they cause."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from driftline.app.blind import tell_blind
from driftline.app.chart import charts_of
from driftline.app.gap import look_back
from driftline.app.job import Job
from driftline.app.judgement import judgement_of
from driftline.app.late import tell_late
from driftline.app.observe import Observation
from driftline.app.retraining.request import STANDING, Request, consider
from driftline.app.retraining.tell import tell_request
from driftline.app.summary import late_before, summary_notices, summary_of
from driftline.app.tell import Scene, Telling, shares, surroundings, tell
from driftline.core.finding import Finding
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
    known = {cause: job.ledger.incident(job.monitor, cause) for cause in Cause}
    heard = inhibit(findings, known[Cause.DATA], seen.window.start.isoformat())
    progress = _progress(job, seen, heard.findings, known)
    request = WAITS if job.collecting else consider(job, seen, findings)
    scene = _scene(job, seen, findings, progress, request)
    gap = look_back(scene, known[Cause.OUTAGE])
    notices = notes_by_cause(heard.by, job.monitor) | summary_notices(scene)
    steps = _steps(progress, request) | {"notices": notices}
    judgement = judgement_of(scene, steps, request.actions)
    summary = summary_of(scene)

    def settle(others: Sequence[Incident]) -> Judgement:
        lasting = [other for other in others if other.is_open]
        telling = tell(scene, progress, lasting) + tell_blind(scene, gap, lasting)
        asked = _asked(job, request, telling)
        late = tell_late(scene, summary, others) if summary else Telling()
        return _with(judgement, telling + late, asked)

    if job.manners.group_within and (shares(progress) or gap.opens or summary):
        return replace(judgement, settle=settle)
    return settle(())


def _scene(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
    progress: Sequence[Progress],
    request: Request,
) -> Scene:
    """What every message about the window shows."""
    return Scene(
        job=job,
        seen=seen,
        verdict=reduce(findings),
        findings=tuple(findings),
        links=_links(job, seen),
        doing=request.why,
        around=surroundings(job, seen),
        charts=charts_of(job, seen, progress),
        late=late_before(job, seen.window),
        retraining=request.standing,
    )


def _progress(
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
        awaited=job.roles.label,
    )


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


def _links(job: Job, seen: Observation) -> dict[str, str]:
    """Where a person can look further; empty addresses are left out."""
    links = {
        "report": job.report.address(job.monitor, seen.window),
        "model": seen.model.link,
        **job.links,
    }
    return {name: address for name, address in links.items() if address}


def _steps(progress: Sequence[Progress], request: Request) -> dict[str, Any]:
    """What the window did to incidents, and whether a retraining was asked for."""
    return {
        "incidents": {p.incident.key: p.step.name.lower() for p in progress},
        "retraining": request.why,
        STANDING: request.standing.value,
        "balance": request.balance.to_json() if request.balance else None,
    }
