"""The arguments and options that several commands share."""

from datetime import date
from typing import Annotated, Any

import typer


def as_date(text: str) -> date:
    """A day as people write it; anything else is a usage error."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write 2026-03-31") from error


def _day(*names: str, said: str) -> Any:
    return typer.Option(*names, parser=as_date, metavar="YYYY-MM-DD", help=said)


Name = Annotated[
    str | None,
    typer.Argument(
        metavar="MONITOR",
        help="The name of a file in monitors/; may be left out where there is only one",
        show_default=False,
    ),
]
Day = Annotated[date | None, _day("--day", said="Local date of the window")]
First = Annotated[date, _day("--from", said="First day")]
Last = Annotated[date, _day("--to", said="Last day, included")]
FirstIfAny = Annotated[date | None, _day("--from", said="First day; else the first")]
LastIfAny = Annotated[
    date | None, _day("--to", said="Last day, included; else the last")
]
LearnUntil = Annotated[date | None, _day("--as-of", said="Last day to learn from")]
Author = Annotated[
    str | None,
    typer.Option("--author", help="Kept in the ledger; else the user's name"),
]
Cause = Annotated[
    str | None,
    typer.Option("--cause", help="data, performance, cost, health or outage; else all"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
