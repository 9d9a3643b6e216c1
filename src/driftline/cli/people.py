"""The commands about incidents and messages, as `--help` and the pages show them."""

from datetime import date
from typing import Annotated

import typer

from driftline.cli.arguments import AsJson, Author, Cause, Name, as_date

people_app = typer.Typer(rich_markup_mode=None)


@people_app.command(epilog="Example: driftline incidents orders --all")
def incidents(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="One monitor; without it, all"),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that ended too")] = False,
    json: AsJson = False,
) -> None:
    """Show what is open, and who was told why.

    Each incident comes with its state, the owner's answer and the reason for which
    people were told of it, or not, in the latest window.
    """
    from driftline.cli import answers

    answers.incidents(monitor, every=every, as_json=json)


@people_app.command(epilog="Example: driftline ack orders --cause data")
def ack(monitor: Name = None, cause: Cause = None, author: Author = None) -> None:
    """Take the open incidents on.

    No reminders and no escalation any more; people still hear what is new, worse or
    resolved.
    """
    from driftline.cli import answers

    answers.acknowledge(monitor, cause, author)


@people_app.command(
    "false-alarm", epilog="Example: driftline false-alarm orders --cause data"
)
def false_alarm(
    monitor: Name = None, cause: Cause = None, author: Author = None
) -> None:
    """Say that the open incidents were none.

    Nobody is reminded of them any more. They are kept in the ledger: `driftline budget`
    counts them against the alarm budget.
    """
    from driftline.cli import answers

    answers.false_alarm(monitor, cause, author)


@people_app.command(
    epilog="Example: driftline silence orders --subject price --for 7d "
    '--because "new price list, known to the team"'
)
def silence(
    because: Annotated[str, typer.Option(help="Kept in the ledger, and shown")],
    monitor: Name = None,
    subject: Annotated[
        str,
        typer.Option(
            help="A column, a metric or a group such as channel=web; else everything"
        ),
    ] = "",
    length: Annotated[str, typer.Option("--for", help="90m, 12h, 7d or 2w")] = "7d",
    author: Author = None,
) -> None:
    """Tell nobody of something for a while.

    Days are judged and recorded as ever; what lasts longer than its silence is told
    then. `driftline silences` lists them and `driftline lift` ends one.
    """
    from driftline.cli import answers

    answers.silence(monitor, subject, length, because, author)


@people_app.command(epilog="Example: driftline silences orders")
def silences(monitor: Name = None, json: AsJson = False) -> None:
    """List the silences in force."""
    from driftline.cli import answers

    answers.silences(monitor, as_json=json)


@people_app.command(epilog="Example: driftline lift orders orders-20260331060000000000")
def lift(
    monitor: Annotated[
        str, typer.Argument(metavar="MONITOR", help="The name of a file in monitors/")
    ],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="As `driftline silences` lists it")
    ],
    author: Author = None,
) -> None:
    """End a silence before its time."""
    from driftline.cli import answers

    answers.lift(monitor, key, author)


@people_app.command(epilog="Example: driftline approve orders")
def approve(
    monitor: Name = None,
    request: Annotated[
        str, typer.Option(help="Key of the request; else the latest one")
    ] = "",
    author: Author = None,
) -> None:
    """Approve a retraining that waits for it."""
    from driftline.cli import answers

    answers.approve(monitor, request, author)


@people_app.command(epilog="Example: driftline digest --dry-run")
def digest(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="One monitor; without it, all"),
    ] = None,
    day: Annotated[
        date | None,
        typer.Option(
            "--day",
            parser=as_date,
            metavar="YYYY-MM-DD",
            help="A day of the week to tell; else the last complete week",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print it, and tell nobody")
    ] = False,
) -> None:
    """Tell the week: what was watched, what is open.

    One message for each channel, once, with every monitor that is told there.
    """
    from driftline.cli import messages

    messages.digest(monitor, day, dry_run=dry_run)


@people_app.command(epilog="Example: driftline deliver")
def deliver(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="One monitor; without it, all"),
    ] = None,
) -> None:
    """Send what waits and is due.

    Messages that failed before, that waited for the end of quiet hours, or that go to
    somebody else because nobody acknowledged the first.
    """
    from driftline.cli import messages

    messages.deliver(monitor)


@people_app.command(epilog="Example: driftline listen")
def listen(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="One monitor; without it, all"),
    ] = None,
) -> None:
    """Hear the buttons of Slack's messages.

    Runs until it is stopped, and sends what falls due meanwhile. Needs a `listen:` in
    the monitor file; nothing has to reach this machine from outside.
    """
    from driftline.cli import messages

    messages.listen(monitor)
