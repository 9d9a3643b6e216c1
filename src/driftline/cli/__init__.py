"""The command line, one list of all commands; nothing heavy is imported until one runs.

Over 300 lines because the help of every command is read off here.
"""

import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from driftline.cli.arguments import (
    AsJson,
    Day,
    First,
    FirstIfAny,
    Last,
    LastIfAny,
    LearnUntil,
    Name,
)
from driftline.cli.people import people_app
from driftline.cli.planning import planning_app

app = typer.Typer(
    name="driftline",
    help="One verdict a day for every model in production, with reasons.",
    epilog="Start with `driftline demo`, or with `driftline init` on data of your own.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
reference_app = typer.Typer(
    help="What drift is measured from.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(reference_app, name="reference")
app.add_typer(planning_app)
app.add_typer(people_app)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"driftline {version('driftline')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version",
            callback=_print_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Options that stand before a command."""


@app.command(
    epilog="Example: driftline init --data orders.parquet --timestamp predicted_at "
    "--prediction score --label refunded"
)
def init(  # noqa: PLR0913, PLR0917 -- each one is an option of the command
    data: Annotated[Path, typer.Option(help="Parquet or CSV with production rows")],
    timestamp: Annotated[str, typer.Option(help="Column: when it was predicted")],
    prediction: Annotated[str, typer.Option(help="Column: what was predicted")],
    label: Annotated[str | None, typer.Option(help="Column: what came true")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the monitor")] = None,
    prefect: Annotated[
        bool, typer.Option("--prefect", help="Write prefect.yaml and flows/ too")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files")] = False,
) -> None:
    """Write a monitor file for your data.

    Looks at the data and writes monitors/NAME.yaml, commented, and the expectations
    that its days meet. The file runs as it is. Nothing is written when that fails.
    """
    from driftline.cli import start

    source = start.Source(data, timestamp, prediction, label)
    start.init(source, name, force=force, deployments=prefect)


@reference_app.command(
    "build", epilog="Example: driftline reference build orders --enlist --to 2026-02-28"
)
def reference_build(
    monitor: Name = None,
    first: FirstIfAny = None,
    last: LastIfAny = None,
    enlist: Annotated[
        bool,
        typer.Option("--enlist", help="Enter a model that lives outside MLflow"),
    ] = False,
) -> None:
    """Profile the days that are normal and keep them.

    Days on which the model was sound become the reference of the version in service;
    best those it was validated on, since on the rows it was trained on its performance
    looks better than it is. Without --from and --to, over all the rows there are.
    """
    from driftline.cli import days

    days.build_reference(monitor, first, last, enlist=enlist)


@app.command(epilog="Example: driftline run orders --day 2026-03-31")
def run(
    monitor: Name = None,
    day: Day = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Judge, but record nothing and tell nobody"),
    ] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Judge the --day anew, whatever is recorded of it"
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Judge one day, or all that are due.

    Without --day, the last complete day and every day since the last verdict, oldest
    first: a cron job that did not run for a week makes it up, with one summary message.
    Nothing older than 31 days is fetched back, and --dry-run looks at the last day alone.
    A day that is not over is refused, but for a --dry-run. With --force a day whose rows,
    labels and policy are as they were is another revision beside the one that is there;
    people hear only of what is new to them.

    Exit code, the worst of the days': 0 healthy or watch, 1 act, 2 could not judge or
    the job broke, 75 another worker has this window.
    """
    from driftline.cli import days

    days.run(monitor, day, dry_run=dry_run, force=force, as_json=json)


@app.command(
    epilog="Example: driftline backfill orders --from 2026-03-01 --to 2026-03-31"
)
def backfill(first: First, last: Last, monitor: Name = None) -> None:
    """Judge many days, oldest first.

    Days that were judged before are left alone unless their data has changed. The exit
    code is the worst of the days', or 75 where another worker has some of them; the
    others are judged all the same.
    """
    from driftline.cli import days

    days.backfill(monitor, first, last)


@app.command(epilog="Example: driftline status orders --days 30")
def status(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="One monitor; without it, all"),
    ] = None,
    days: Annotated[int, typer.Option(help="How many windows to show", min=1)] = 14,
    json: AsJson = False,
) -> None:
    """Show the latest verdicts and open incidents."""
    from driftline.cli import history

    history.status(monitor, days, as_json=json)


@app.command(epilog="Example: driftline findings orders --day 2026-03-31 --breached")
def findings(
    monitor: Name = None,
    day: Day = None,
    breached: Annotated[
        bool, typer.Option("--breached", help="Only those out of bounds")
    ] = False,
    json: AsJson = False,
) -> None:
    """Show every number of a recorded day.

    Without --day, of the latest one. Each number comes with its bounds.
    """
    from driftline.cli import history

    history.findings(monitor, day, breached=breached, as_json=json)


@app.command(epilog="Example: driftline report orders --day 2026-03-31")
def report(monitor: Name = None, day: Day = None) -> None:
    """Draw a recorded day's report again.

    Without --day, of the latest one. Prints where the page is.
    """
    from driftline.cli import history

    history.report(monitor, day)


@app.command(epilog="Example: driftline export orders")
def export(monitor: Name = None) -> None:
    """Print the whole history as JSON lines.

    Every verdict with its findings, record and profile, each revision of its own, in
    the order in which they were recorded; then incidents, notes and actions, oldest
    first. `type` says which of them a line is. It reads while others write. Of a
    damaged SQLite file every row that can be read is printed, and in one line what
    cannot; the exit code is 2 then, and no row of the file is changed. In PostgreSQL it
    ends at a row that makes no sense, and names it.
    """
    from driftline.cli import history

    history.export(monitor)


@app.command(
    epilog="Example: driftline retrain orders --as-of 2026-03-31 "
    '--reason "new prices since March"'
)
def retrain(
    monitor: Name = None,
    as_of: LearnUntil = None,
    reason: Annotated[str, typer.Option(help="Kept in the ledger")] = "started by hand",
) -> None:
    """Train a challenger now.

    The alias moves only if the challenger is better on the same held-out rows.
    """
    from driftline.cli import days

    days.retrain(monitor, as_of, reason)


@app.command(epilog="Example: driftline compare last_month.parquet this_month.parquet")
def compare(
    reference: Annotated[
        Path, typer.Argument(metavar="REFERENCE", help="Parquet or CSV: how it was")
    ],
    current: Annotated[
        Path, typer.Argument(metavar="CURRENT", help="Parquet or CSV: how it is")
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Every statistic, also of unmoved columns")
    ] = False,
    json: AsJson = False,
) -> None:
    """Compare two files with nothing set up.

    Exit code: 0 nothing moved, 1 something did, 2 could not tell.
    """
    from driftline.cli import two_files

    two_files.compare(reference, current, every=every, as_json=json)


@app.command(epilog="Example: driftline doctor orders")
def doctor(
    monitor: Annotated[
        str | None,
        typer.Argument(metavar="MONITOR", help="Check its connections too"),
    ] = None,
) -> None:
    """Check this installation; say what to mend.

    Looks at versions, monitor files and, for a monitor that you name, at its source,
    ledger, model version and reference. Exit code 2 when something needs a remedy.
    """
    from driftline.cli import checkup

    checkup.doctor(monitor)


@app.command(epilog="Example: driftline deploy --alarms-only")
def deploy(
    alarms_only: Annotated[
        bool, typer.Option("--alarms-only", help="Leave the deployments as they are")
    ] = False,
) -> None:
    """Deploy to Prefect, and set the alarms.

    Makes the work pool, deploys what prefect.yaml names (where there is none, one is
    written for every monitor here), and keeps one automation for each monitor that
    states an hour (`verdict_by`): it fires when the verdict is not there by then. One
    more calls runs crashed whose machine is gone. Doing it again changes only what
    differs.
    """
    from driftline.cli import deploying

    deploying.deploy(alarms_only=alarms_only)


@app.command(epilog="Example: driftline demo --folder flights-demo --fresh")
def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo lives")] = Path(
        ".driftline/demo"
    ),
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over")] = False,
) -> None:
    """Watch a real model degrade and recover.

    Ten weeks of real flights: a model is watched day by day, gets worse, is retrained
    and recovers; at the end an honest summary of what was found and what was missed.
    """
    from driftline.cli import guided

    guided.demo(folder, fresh=fresh)


def main() -> None:
    """Run a command; a known error is one message on stderr and its exit code.

    Any other error is a broken job: its traceback, and exit code 2.

    A worker that is told to stop (SIGTERM) leaves with 143 and gives its lease back.
    """
    from driftline.core.collecting import collect_seldom
    from driftline.errors import DriftlineError

    collect_seldom()
    signal.signal(signal.SIGTERM, _stop)
    if not sys.warnoptions:
        # Advice between libraries about their next versions, not about this job.
        warnings.simplefilter("ignore", FutureWarning)
    try:
        app()
    except DriftlineError as error:
        from driftline.cli.show import clean

        said = [f"driftline: {error}", *getattr(error, "__notes__", [])]
        for line in "\n".join(said).splitlines():
            typer.echo(clean(line), err=True)
        raise SystemExit(error.exit_code) from error
    except Exception as error:
        # Python's own exit code for it is 1, which means `act` here.
        traceback.print_exception(error)
        raise SystemExit(2) from error


def _stop(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
