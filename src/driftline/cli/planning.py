"""Commands that look ahead: what alarms cost, another policy, a fault that is planted."""

from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.arguments import AsJson, Day, First, Last, Name

planning_app = typer.Typer(rich_markup_mode=None)


@planning_app.command(epilog="Example: driftline budget orders")
def budget(monitor: Name = None, json: AsJson = False) -> None:
    """Say what the alarm budget costs and shows.

    Before the first day is judged: how many false alarms a month to expect, by the
    budget and by the reference's own days, and the smallest change of each column and
    of the deciding metric that is seen within 1 and within 7 days, nine times in ten.
    """
    from driftline.cli import outlook

    outlook.budget(monitor, as_json=json)


@planning_app.command(
    epilog="Example: driftline replay orders --policy stricter.yaml "
    "--from 2026-03-01 --to 2026-03-31"
)
def replay(
    policy: Annotated[
        Path,
        typer.Option(help="A monitor file, or only the parts that differ"),
    ],
    first: First,
    last: Last,
    monitor: Name = None,
    json: AsJson = False,
) -> None:
    """Judge recorded days again under another policy.

    Shows what would have been raised, digested and retrained, beside what was. The
    rows are read again; nothing is recorded, written or sent.
    """
    from driftline.cli import replaying

    replaying.replay(monitor, policy, (first, last), as_json=json)


@planning_app.command(epilog="Example: driftline drill orders --fault nulls --size 0.2")
def drill(  # noqa: PLR0913, PLR0917 -- each one is an option of the command
    monitor: Name = None,
    fault: Annotated[
        str | None,
        typer.Option(
            help="nulls, unseen, unit, shift or harm; else a bug, harm, and both"
        ),
    ] = None,
    size: Annotated[
        float | None,
        typer.Option(help="A share; a factor for unit, deviations for shift"),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(help="The column that it happens to; else one is chosen"),
    ] = None,
    day: Day = None,
    send: Annotated[
        bool, typer.Option("--send", help="Send the messages, marked DRILL")
    ] = False,
    json: AsJson = False,
) -> None:
    """Plant a fault; see that it would be told.

    A fault of known size goes the whole way, on copies of a recorded day's rows and of
    the ledger: found, incident, message, retraining request. Nothing is sent and no run
    starts. Exit code: 0 every link is proved or held back by a named interlock, 1 a
    link failed, 2 the drill could not be held.
    """
    from driftline.cli import drilling

    wanted = drilling.Wanted(fault, column, size)
    drilling.drill(monitor, wanted, day, send=send, as_json=json)
