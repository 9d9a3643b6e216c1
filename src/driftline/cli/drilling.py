"""`driftline drill`: a planted fault, and what each link of the chain made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import typer

from driftline import wiring
from driftline.app.drill.drill import chosen_fault, drill_monitor
from driftline.app.job import Job
from driftline.cli import show
from driftline.cli.which import opened
from driftline.core.drill.links import Drilled, State
from driftline.core.drill.planting import Fault
from driftline.errors import SettingsError

COLOURS = {
    State.PROVED: typer.colors.GREEN,
    State.HELD: typer.colors.YELLOW,
    State.FAILED: typer.colors.RED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The fault to plant; without a name, the usual ones."""

    fault: str | None = None
    column: str | None = None
    size: float | None = None


def drill(
    monitor: str | None,
    wanted: Wanted,
    day: date | None,
    *,
    send: bool,
    as_json: bool,
) -> None:
    """Plant, judge, print each link, and leave with 1 when one failed."""
    with opened(monitor) as job:
        faults = _faults(job, wanted)
        done = drill_monitor(job, wiring.scratch_ledger, faults, day, post=send)
    if as_json:
        show.print_json([each.to_json() for each in done])
    else:
        _print(done, sent=send)
    raise typer.Exit(int(any(each.failed for each in done)))


def _faults(job: Job, wanted: Wanted) -> list[Fault]:
    if wanted.fault is not None:
        return [chosen_fault(job, wanted.fault, wanted.column, wanted.size)]
    if wanted.size is not None or wanted.column is not None:
        raise SettingsError("--size and --column are those of a --fault; name one")
    return []


def _print(done: Sequence[Drilled], *, sent: bool) -> None:
    for each in done:
        typer.echo(typer.style(f"{each.fault.said}", bold=True))
        show.table(
            [
                (link.name, _coloured(link.state), show.clean(link.said))
                for link in each.links
            ],
            indent="  ",
        )
        _print_messages(each, sent=sent)
        typer.echo("")
    failed = [each for each in done if each.failed]
    if failed:
        typer.echo(f"{len(failed)} of {len(done)} chains are broken")
    else:
        typer.echo("every link is proved, or held back for the reason that is named")


def _print_messages(drilled: Drilled, *, sent: bool) -> None:
    """Each message as its notifier would have sent it."""
    for each in drilled.sent:
        word = "sent" if sent else "not sent"
        typer.echo(f"  {each.notifier} ({word}):")
        for line in each.draft.splitlines():
            typer.echo(f"    {show.clean(line)}")


def _coloured(state: State) -> str:
    return typer.style(state.value, fg=COLOURS[state])
