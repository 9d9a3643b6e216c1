"""Why: what explains the findings of a day on which something is outside its bounds."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.retraining.record import NOTE, SHADOW
from driftline.core.bounds.lasting import number_name
from driftline.core.finding import ESTIMATED, Finding, Topic
from driftline.core.why.attribution import judge_attribution
from driftline.core.why.dating import dated
from driftline.core.why.events import Event, Happened, events_of
from driftline.core.why.explanation import Asked, leading, segment_finding
from driftline.core.why.learned import Learned
from driftline.core.why.served import Scorer
from driftline.core.window import Window, day_window
from driftline.errors import (
    DriftlineWarning,
    ModelMissing,
    ModelUnusable,
    RegistryUnavailable,
)
from driftline.ports import Ledger, LedgerEntry

EXPLAINED = (Topic.DRIFT, Topic.PERFORMANCE, Topic.SLICE)

TOLD = (Topic.COST, Topic.HEALTH, Topic.SLICE)
"""What events are read from."""

WINDOWS = 60
"""Windows in which a change is looked for."""


def is_ailing(findings: Sequence[Finding]) -> bool:
    """Whether there is something to explain: a quiet day costs nothing."""
    return any(f.matters and f.topic in EXPLAINED for f in findings)


def explain(job: Job, seen: Observation, findings: list[Finding]) -> list[Finding]:
    """The findings, with why they matter and since when.

    A breached finding gains `matters` (a sentence), `contribution` and `dated` in its
    evidence; findings on the worst segments and on the order of importances are added.
    """
    lessons = job.lessons(seen.model.version, seen.reference)
    learned = lessons.model(lambda: _asked(job, seen))
    more = _dates(job, seen, findings)
    added: list[Finding] = []
    if learned is not None and seen.sample is not None:
        asked = Asked(learned, seen.sample)
        for column, finding in leading(findings).items():
            told = asked.evidence(column)
            more[finding.identity] = more.get(finding.identity, {}) | told
        added = _on_the_model(job, seen, learned, findings)
    return [_with(f, more.get(f.identity, {})) for f in findings] + added


def _asked(job: Job, seen: Observation) -> Scorer | None:
    """How the model itself is asked; None where its registry is not trusted.

    One that cannot be had has its surrogate asked, and the evidence says so.
    """
    if not job.registry.trusted:
        return None
    try:
        predict = job.registry.load(seen.model)
    except (ModelMissing, ModelUnusable, RegistryUnavailable) as error:
        warnings.warn(f"{error}; a surrogate is asked", DriftlineWarning, stacklevel=2)
        return None
    return lambda rows: predict(rows.to_pandas())


def events_between(
    ledger: Ledger, monitor: str, happened: Sequence[Happened]
) -> list[Event]:
    """What came up from window to window, and every retraining noted in their time."""
    if not happened:
        return []
    first, last = happened[0].window, happened[-1].window
    notes = [note for kind in (NOTE, SHADOW) for note in ledger.notes(monitor, kind)]
    noted = [_retraining(note["body"], first) for note in notes]
    events = [*events_of(happened), *noted]
    inside = [e for e in events if first.start <= e.window.start < last.end]
    return sorted(inside, key=lambda event: event.window.start)


def happened_in(entry: LedgerEntry) -> Happened:
    """A recorded window as far as events go."""
    return Happened(entry.key.window, str(entry.record["model"]), entry.findings)


def _on_the_model(
    job: Job, seen: Observation, learned: Learned, findings: Sequence[Finding]
) -> list[Finding]:
    """Worst segments where performance is outside, and the order of importances."""
    assert seen.sample is not None
    worse = any(
        f.matters and f.topic is Topic.PERFORMANCE and f.statistic != ESTIMATED
        for f in findings
    )
    segments = segment_finding(learned, seen.sample, job.roles) if worse else None
    ranking = job.lessons(seen.model.version, seen.reference).ranking(
        seen.sample.height
    )
    attribution = judge_attribution(ranking, seen.sample, job.roles)
    return [f for f in (segments, attribution) if f is not None]


def _dates(
    job: Job, seen: Observation, findings: Sequence[Finding]
) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """Since when, for the findings that are outside and have a usual value."""
    past = job.ledger.history(job.monitor, seen.window.start, WINDOWS - 1, topics=TOLD)
    today = Happened(seen.window, str(seen.model), findings)
    happened = [*map(happened_in, past), today]
    events = events_between(job.ledger, job.monitor, happened)
    found = {}
    for finding in findings:
        shown = _shown_by(finding, findings)
        if shown is None:
            continue
        since = dated(shown, _values(shown, past, seen.window), events)
        if since is not None:
            found[finding.identity] = {"dated": since}
    return found


def _shown_by(finding: Finding, findings: Sequence[Finding]) -> Finding | None:
    """The finding whose values date it: of an accumulated one, that of its statistic."""
    if not finding.matters or finding.value is None or finding.segment:
        return None
    plain = "value" if finding.statistic == "cusum" else finding.statistic
    statistic = str(finding.evidence.get("statistic", plain))
    if statistic == finding.statistic:
        return finding
    wanted = (finding.topic.value, finding.subject, statistic, "")
    return next((f for f in findings if f.identity == wanted), None)


def _values(
    finding: Finding, past: Sequence[LedgerEntry], window: Window
) -> dict[Window, float]:
    """The statistic window by window, as the ledger has it, and today's."""
    names = {
        Topic.DRIFT: number_name(finding),
        Topic.PERFORMANCE: f"{_series(finding)}/{finding.subject}",
    }
    name = names.get(finding.topic, finding.subject)
    known = {e.key.window: e.metrics[name] for e in past if name in e.metrics}
    return known if finding.value is None else known | {window: finding.value}


def _series(finding: Finding) -> str:
    """Under which name the ledger has the metric: as measured, or as estimated."""
    return ESTIMATED if finding.statistic == ESTIMATED else "performance"


def _with(finding: Finding, more: Mapping[str, Any]) -> Finding:
    """The finding with more evidence; its date and its events are part of the sentence."""
    if not more:
        return finding
    since = more.get("dated")
    parts = [str(more.get("matters", "")), _since_said(since) if since else ""]
    said = "; ".join(filter(None, parts))
    return replace(finding, evidence={**finding.evidence, **more, "matters": said})


def _since_said(since: Mapping[str, Any]) -> str:
    """The date, and what may have to do with it.

    A retraining has not: it is dated by the rows it learned from, and is asked for by
    the change. When its version comes into service that is an event of its own.
    """
    told = [e["text"] for e in since["events"] if e["kind"] != "retraining"]
    events = "; ".join(told[:2])
    return f"{since['words']}{f', when {events}' if events else ''}"


def _retraining(body: Mapping[str, Any], like: Window) -> Event:
    day = day_window(date.fromisoformat(body["as_of"]), like.zone)
    outcome = "was promoted" if body["promoted"] else "did not win"
    if body.get("shadow"):
        outcome = "went into shadow"
    return Event(day, "retraining", f"challenger v{body['challenger']} {outcome}")
