"""From findings to a judgement: verdict, incidents, and the actions they cause."""

from collections.abc import Sequence
from typing import Any

from driftline.app.deliver import log_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.request_retraining import Request, consider, is_broken
from driftline.core.action import Action
from driftline.core.briefing import Occasion, brief, cannot_tell, notify_actions
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.incident import Cause, Progress, advance_all
from driftline.core.lasting import number_name
from driftline.core.verdict import Verdict, Word, reduce
from driftline.ports import Judgement


def decide(
    job: Job,
    seen: Observation,
    findings: Sequence[Finding],
) -> Judgement:
    """Everything that one transaction will write about the window."""
    verdict = reduce(findings)
    progress = incident_progress(job, seen, findings)
    request = consider(job, seen, findings)
    links = links_of(job, seen)
    before = job.ledger.latest(job.monitor, seen.window)
    first = before.record if before else {}
    estimated = _estimated(findings) | first.get("estimated", {})
    return Judgement(
        key=seen.key,
        verdict=verdict,
        findings=tuple(findings),
        profile=seen.profile,
        metrics=numbers(seen, findings)
        | {f"estimated/{name}": each["value"] for name, each in estimated.items()},
        record={
            "headline": verdict.headline,
            "broken": is_broken(findings),
            "raw": seen.raw or first.get("raw", {}),
            "estimated": estimated,
            **_record(seen, progress, request, links),
        },
        incidents=tuple(step.incident for step in progress),
        actions=(
            log_action(job.model, seen.key),
            *_messages(job, seen, verdict, progress, links),
            *request.actions,
        ),
    )


def incident_progress(
    job: Job, seen: Observation, findings: Sequence[Finding]
) -> list[Progress]:
    """What the window did to the incident of every cause that it says something about."""
    current = {cause: job.ledger.incident(job.monitor, cause) for cause in Cause}
    return advance_all(
        findings,
        current,
        monitor=job.monitor,
        window=seen.window.start.isoformat(),
        quiet_needed=job.quiet_windows,
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


def _messages(
    job: Job,
    seen: Observation,
    verdict: Verdict,
    progress: Sequence[Progress],
    links: dict[str, str],
) -> list[Action]:
    """One action per message and notifier; the silent steps have none."""
    occasion = Occasion(job.monitor, seen.window, links, job.owners.by_cause)
    messages = [brief(occasion, step, verdict) for step in progress]
    if verdict.word is Word.CANNOT_TELL and not _told_before(job, seen):
        messages.append(cannot_tell(occasion, verdict))
    return [
        action
        for message in messages
        if message is not None
        for action in notify_actions(message, job.notifiers)
    ]


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
        "links": links,
    }
