"""`driftline compare`: two files, nothing set up, every statistic of every column."""

from pathlib import Path

import typer

from driftline import wiring
from driftline.cli import show
from driftline.core.comparison import compare as compare_profiles
from driftline.core.finding import Finding
from driftline.core.roles import Roles, Task
from driftline.core.verdict import weight

NOBODY = Roles(Task.REGRESSION, timestamp="", prediction="")
"""No column has a part: all are compared alike."""


def compare(reference: Path, current: Path, *, as_json: bool) -> None:
    """Print what moved; exit code 1 when something did."""
    findings = compared(reference, current)
    moved = sorted((f for f in findings if f.matters), key=weight, reverse=True)
    if as_json:
        show.print_json([finding.to_json() for finding in findings])
    else:
        show.finding_table(findings)
        typer.echo(_summary(moved, findings))
        show.reasons(moved[:10])
    raise typer.Exit(1 if moved else 0)


def compared(reference: Path, current: Path) -> list[Finding]:
    """The findings of `current` against `reference`."""
    engine = wiring.local_engine("compare", NOBODY)
    before, now = wiring.open_file(reference), wiring.open_file(current)
    plan = engine.propose_plan(before, list(before.schema))
    old, new = engine.profile(before, plan), engine.profile(now, plan)
    return compare_profiles(old, new, plan)


def _summary(moved: list[Finding], findings: list[Finding]) -> str:
    columns = {finding.subject for finding in findings}
    if not moved:
        return f"nothing moved in {len(columns)} subjects"
    return f"{len({f.subject for f in moved})} of {len(columns)} subjects moved:"
