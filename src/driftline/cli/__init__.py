"""The command line. Nothing heavy is imported until a command needs it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="driftline",
    help="One verdict a day for every model in production, with reasons.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
reference_app = typer.Typer(
    help="What drift is measured from.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(reference_app, name="reference")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a date; write 2026-03-31") from error


Name = Annotated[str, typer.Argument(help="A monitor: the name of a file in monitors/")]
Day = Annotated[
    date | None,
    typer.Option(parser=_date, metavar="YYYY-MM-DD", help="Local date of the window"),
]
First = Annotated[
    date,
    typer.Option("--from", parser=_date, metavar="YYYY-MM-DD", help="First day"),
]
Last = Annotated[
    date,
    typer.Option("--to", parser=_date, metavar="YYYY-MM-DD", help="Last day, included"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON")]


@app.command()
def init(
    data: Annotated[Path, typer.Option(help="Parquet or CSV with production rows")],
    timestamp: Annotated[str, typer.Option(help="Column: when it was predicted")],
    prediction: Annotated[str, typer.Option(help="Column: what was predicted")],
    label: Annotated[str | None, typer.Option(help="Column: what came true")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the monitor")] = None,
    force: Annotated[bool, typer.Option(help="Overwrite what is there")] = False,
) -> None:
    """Look at the data and write a commented monitor file that runs as it is."""
    from driftline.cli import start

    start.init(start.Source(data, timestamp, prediction, label), name, force=force)


@reference_app.command("build")
def reference_build(
    monitor: Name,
    first: First | None = None,
    last: Last | None = None,
    enlist: Annotated[
        bool,
        typer.Option("--enlist", help="Enter a model that lives outside MLflow"),
    ] = False,
) -> None:
    """Profile the training or validation days and keep them with the model version.

    Without --from and --to, over all the rows there are.
    """
    from driftline.cli import days

    days.build_reference(monitor, first, last, enlist=enlist)


@app.command()
def run(
    monitor: Name,
    day: Day = None,
    dry_run: Annotated[
        bool, typer.Option(help="Judge, but record nothing and tell nobody")
    ] = False,
    json: AsJson = False,
) -> None:
    """Judge one day; without --day, the last complete one.

    Exit code: 0 healthy or watch, 1 act, 2 could not judge, 75 another worker has it.
    """
    from driftline.cli import days

    days.run(monitor, day, dry_run=dry_run, as_json=json)


@app.command()
def backfill(monitor: Name, first: First, last: Last) -> None:
    """Judge many days, oldest first; days judged before are left alone."""
    from driftline.cli import days

    days.backfill(monitor, first, last)


@app.command()
def status(
    monitor: Annotated[str | None, typer.Argument(help="One monitor; else all")] = None,
    days: Annotated[int, typer.Option(help="How many windows to show", min=1)] = 14,
    json: AsJson = False,
) -> None:
    """What was judged lately, and the incidents that are open."""
    from driftline.cli import history

    history.status(monitor, days, as_json=json)


@app.command()
def findings(
    monitor: Name,
    day: Day = None,
    breached: Annotated[bool, typer.Option(help="Only those out of bounds")] = False,
    json: AsJson = False,
) -> None:
    """Every number of one recorded day, with its bounds."""
    from driftline.cli import history

    history.findings(monitor, day, breached=breached, as_json=json)


@app.command()
def report(monitor: Name, day: Day = None) -> None:
    """Draw a recorded day's report again and say where it is."""
    from driftline.cli import history

    history.report(monitor, day)


@app.command()
def retrain(
    monitor: Name,
    as_of: Annotated[
        date | None,
        typer.Option(parser=_date, metavar="YYYY-MM-DD", help="Last day to learn from"),
    ] = None,
    reason: Annotated[str, typer.Option(help="Kept in the ledger")] = "started by hand",
) -> None:
    """Train a challenger now; the alias moves only if it is better."""
    from driftline.cli import days

    days.retrain(monitor, as_of, reason)


@app.command()
def compare(
    reference: Annotated[Path, typer.Argument(help="Parquet or CSV: how it was")],
    current: Annotated[Path, typer.Argument(help="Parquet or CSV: how it is")],
    json: AsJson = False,
) -> None:
    """Compare two files with nothing set up. Exit code 1 when something moved."""
    from driftline.cli import two_files

    two_files.compare(reference, current, as_json=json)


@app.command()
def doctor(
    monitor: Annotated[str | None, typer.Argument(help="Check this one too")] = None,
) -> None:
    """Check versions, folders and connections; each problem comes with its remedy."""
    from driftline.cli import checkup

    checkup.doctor(monitor)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo lives")] = Path(
        ".driftline/demo"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over")] = False,
) -> None:
    """A year of real flights: a model is watched, degrades, is retrained and recovers."""
    from driftline.cli import guided

    guided.demo(folder, fresh=fresh)


def main() -> None:
    """Run a command; a known error is one message on stderr and its exit code."""
    from driftline.errors import DriftlineError

    try:
        app()
    except DriftlineError as error:
        typer.echo(f"driftline: {error}", err=True)
        raise SystemExit(error.exit_code) from error
