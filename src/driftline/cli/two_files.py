"""`driftline compare`: two files, nothing set up."""

from pathlib import Path

import typer

from driftline.cli import show
from driftline.core.bounds.checks import ROWS
from driftline.core.finding import Finding, Outcome
from driftline.core.verdict import weight
from driftline.notebook import compare as findings_of

PLAIN = ("null_rate", "unseen_values", "wasserstein", "total_variation")
"""Statistics whose sentences anybody can read, the plainest first."""


def compare(reference: Path, current: Path, *, every: bool, as_json: bool) -> None:
    """Print what moved; exit code 1 when something did, 2 when nobody can tell."""
    findings = findings_of(reference, current)
    moved = sorted((f for f in findings if f.matters), key=weight, reverse=True)
    blind = not any(f.outcome is Outcome.OK for f in findings)
    if as_json:
        show.print_json([finding.to_json() for finding in findings])
    else:
        _print(findings, moved, every=every)
    raise typer.Exit(1 if moved else 2 if blind else 0)


def _print(findings: list[Finding], moved: list[Finding], *, every: bool) -> None:
    unknown = [f for f in findings if f.outcome is Outcome.UNKNOWN]
    typer.echo(_summary(moved, findings))
    show.reasons(_plainest_of_each(moved) or unknown)
    shown = findings if every else [*moved, *unknown]
    if shown:
        typer.echo("\nby every statistic, with the value and what is allowed:")
        show.finding_table(shown)


def _summary(moved: list[Finding], findings: list[Finding]) -> str:
    subjects, out = (
        {f.subject for f in some if f.subject != ROWS} for some in (findings, moved)
    )
    if all(f.outcome is Outcome.UNKNOWN for f in findings):
        return "cannot tell:"
    if not moved:
        return f"nothing moved among {len(subjects)} columns and the number of rows"
    return f"moved: {len(out)} of {len(subjects)}; most of all:"


def _plainest_of_each(findings: list[Finding]) -> list[Finding]:
    """Of each subject the finding that is read most easily, the weightiest subject first."""
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    return [min(found, key=_plainness) for found in by_subject.values()]


def _plainness(finding: Finding) -> tuple[int, int]:
    """What is graver comes first, then what needs no statistics to be read."""
    name = finding.statistic
    place = PLAIN.index(name) if name in PLAIN else len(PLAIN)
    return -finding.severity.rank, place
