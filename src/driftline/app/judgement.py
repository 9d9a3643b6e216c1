"""What the ledger keeps of a judged window, whoever is told of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from driftline.app.compare import memory_of, told_before
from driftline.app.deliver import log_action
from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.pending import is_pending
from driftline.app.retraining.request import is_broken
from driftline.app.summary import next_revision, told_late
from driftline.app.tell import Scene
from driftline.app.unjudged import AWAITS_REGISTRY
from driftline.core.action import Action
from driftline.core.bounds.lasting import number_name
from driftline.core.bounds.stories import told_by_now
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.ports import Judgement


def judgement_of(
    scene: Scene, steps: Mapping[str, Any], asked: Sequence[Action]
) -> Judgement:
    """What is written of the window whoever is told of it; `asked` is for retraining."""
    seen, carried = scene.seen, _carried(scene)
    logged = log_action(scene.job.model, seen.key)
    return Judgement(
        key=seen.key,
        verdict=scene.verdict,
        findings=scene.findings,
        profile=seen.profile,
        metrics=_numbers(seen, scene.findings) | _values(carried["estimated"]),
        record={**_record(scene), **steps, **carried},
        actions=(logged, *asked),
        in_service=seen.in_service,
    )


def _carried(scene: Scene) -> dict[str, Any]:
    """What an earlier judgement of the window said first, and this one keeps.

    `collected` is the revision that was left to a summary, and `caught_up` has, by their
    starts, those that the window's own summary told of.
    """
    job, window = scene.job, scene.seen.window
    before = job.ledger.latest(job.monitor, window)
    first = before.record if before else {}
    same = before is not None and before.key.model_version == scene.seen.model.version
    said = first if same else {}  # another version's estimates are not this one's
    left = next_revision(job, window) if job.collecting else first.get("collected", 0)
    return {
        "by_hand": first.get("by_hand", job.by_hand),
        "collected": left,
        "caught_up": first.get("caught_up", {}) | told_late(scene.late),
        "raw": scene.seen.raw or said.get("raw", {}),
        "estimated": _estimated(scene.findings) | said.get("estimated", {}),
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


def _told(
    job: Job, seen: Observation, findings: Sequence[Finding]
) -> dict[str, dict[str, Any]]:
    """The stories of drift that people know after this window, for the next one."""
    before, label = told_before(job, seen), seen.window.label
    told = told_by_now(findings, before, label, memory_of(job))
    return {story: each.to_json() for story, each in told.items()}


def _numbers(seen: Observation, findings: Sequence[Finding]) -> dict[str, float]:
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
