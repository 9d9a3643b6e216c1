"""From the breached findings of a day to what was done to its data, if anything was."""

from collections.abc import Iterable, Sequence
from functools import cache

from driftline.core.bounds.stories import lasts
from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._undo import (
    SLICE,
    Diagnosis,
    Subject,
    Undo,
    all_names,
    named,
)
from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.profiles.plan import Kind
from driftline.core.why.ranking import OUTPUTS

SYMPTOMS = (Topic.DRIFT, Topic.SLICE)
"""Findings on the data itself: what is diagnosed."""

ENOUGH = 0.5
"""Less of a change explained is no explanation."""

MEASURED = ("missing_values", "unseen_values")
"""Causes that a hard signal measures: whether they page is said by its own bounds."""

MOVED = ("unit_scale", "offset", "sign_flip")
"""Causes that move numbers as another world may move a model's answers."""

NOW = "~"
"""Stands behind the label of every window."""

LARGE = 0.05
"""From this share of the rows on, a certain bug is critical by itself."""


def diagnose(day: Day, findings: Sequence[Finding], owner: str = "") -> list[Finding]:
    """At most one finding per breached column, and one for the slice.

    Nothing is looked at where nothing is breached. A breach that names no judged column,
    as of the whole slice's rows, leads to a look at every column.
    """
    symptoms = [f for f in findings if f.matters and f.topic in SYMPTOMS]
    if not symptoms or day.rows.is_empty() or day.before.is_empty():
        return []
    found: dict[str, Diagnosis] = {}
    for name in [SLICE, *_examined(day, symptoms)]:
        if not any(name in other.columns for other in found.values()):
            diagnosis = _explained(day, name)
            if diagnosis is not None and not _follows(name, diagnosis, symptoms):
                found[name] = diagnosis
    return [_finding(name, d, symptoms, owner) for name, d in found.items()]


def _examined(day: Day, symptoms: Iterable[Finding]) -> list[str]:
    named_there: dict[str, None] = {}
    for finding in symptoms:
        about = [finding.subject, *finding.evidence.get("partners", ())]
        known = [name for name in about if name in day.judged]
        if not known and finding.statistic not in ("row_count", "duplicates"):
            return list(day.judged)
        named_there.update(dict.fromkeys(known))
    return list(named_there)


def _follows(name: str, diagnosis: Diagnosis, symptoms: Sequence[Finding]) -> bool:
    """Whether what the model says moved as it may: what it was fed had moved.

    Drift of the features that people know excuses no new step. It excuses what moved
    with it for as long as it lasts.
    """
    said = [
        f for f in symptoms if f.subject == name and f.evidence.get("role") in OUTPUTS
    ]
    fed = [f for f in symptoms if f.evidence.get("role") == "feature"]
    if not said or diagnosis.cause not in MOVED:
        return False
    if any(finding.severity is not Severity.INFO for finding in fed):
        return True
    steps = (f.severity is not Severity.INFO and not lasts(f) for f in said)
    return not any(steps) and max(map(_since, fed), default="") >= min(
        map(_since, said)
    )


def _since(finding: Finding) -> str:
    """The window of which people heard it; what is new comes after all of them."""
    return str(finding.evidence.get("told_since", NOW))


def _explained(day: Day, name: str) -> Diagnosis | None:
    """What the first undo says that explains the column."""
    subject = Subject.SLICE
    if name != SLICE:
        kind = day.kind(name)
        if kind is None:
            return None
        numeric = kind is Kind.NUMERIC
        subject = Subject.NUMBERS if numeric else Subject.CATEGORIES
    for undo in _undos(subject):
        diagnosis = undo(day, name)
        if diagnosis is not None and diagnosis.explains >= ENOUGH:
            return diagnosis
    return None


@cache
def _undos(subject: Subject) -> tuple[Undo, ...]:
    """The undos for a subject in their order; files are looked up once."""
    fitting = [u for u in map(named, all_names()) if subject in u.facts.subjects]
    return tuple(sorted(fitting, key=lambda undo: undo.facts.order))


def _finding(
    name: str, diagnosis: Diagnosis, symptoms: Sequence[Finding], owner: str
) -> Finding:
    about = {name, *diagnosis.columns}
    critical = any(
        f.severity is Severity.CRITICAL and f.subject in about for f in symptoms
    )
    if diagnosis.cause not in MEASURED:
        critical |= diagnosis.certain and diagnosis.share >= LARGE
    return Finding(
        Topic.SLICE if name == SLICE else Topic.DRIFT,
        name,
        DIAGNOSIS,
        Outcome.BREACHED,
        Severity.CRITICAL if critical else Severity.WARNING,
        diagnosis.sentence + (f"; ask {owner}" if owner else ""),
        value=diagnosis.explains,
        evidence={
            "cause": diagnosis.cause,
            "explains": diagnosis.explains,
            "share": diagnosis.share,
            "parameters": diagnosis.parameters,
            "undo": diagnosis.undo,
            "columns": sorted(about),
            "certain": diagnosis.certain,
        },
    )
