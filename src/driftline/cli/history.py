"""Commands that look back: status, findings, report, export."""

from datetime import date, datetime

import typer

from driftline import wiring
from driftline.app.export import exported
from driftline.app.report import write_report
from driftline.app.retraining.record import last_run_said
from driftline.cli import show
from driftline.cli.which import all_monitors, chosen, ledger_name
from driftline.core.drill.links import NOTE
from driftline.core.finding import Finding
from driftline.core.verdict import reduce
from driftline.core.window import local_day
from driftline.errors import LedgerDamaged, SettingsError
from driftline.ports import Ledger, LedgerEntry


def status(monitor: str | None, days: int, *, as_json: bool) -> None:
    """The latest windows of one monitor or all, and what is open."""
    names = [chosen(monitor)] if monitor else all_monitors()
    found = []
    for name in names:
        with wiring.open_ledger(name) as ledger:
            found.append(_status(ledger, ledger_name(name), days))
    if as_json:
        show.print_json(found)
        return
    for entry in found:
        _print_status(entry)


def findings(
    monitor: str | None, day: date | None, *, breached: bool, as_json: bool
) -> None:
    """Every finding of one recorded window; with `breached`, those that count."""
    name = chosen(monitor)
    entry = _entry(name, day)
    wanted = [f for f in entry.findings if not breached or _counts(f)]
    if as_json:
        show.print_json([finding.to_json() for finding in wanted])
        return
    verdict = show.word(entry.verdict)
    typer.echo(
        f"{name} {entry.key.window.label}: {verdict} (revision {entry.revision})"
    )
    show.finding_table(wanted)
    if not wanted:
        typer.echo("nothing is outside its bounds")


def report(monitor: str | None, day: date | None) -> None:
    """Draw the report of a recorded window again."""
    name = chosen(monitor)
    entry = _entry(name, day)
    with wiring.open_job(name) as job:
        typer.echo(write_report(job, entry))


def export(monitor: str | None) -> None:
    """All that the ledger holds of the monitor, a line of JSON for each thing."""
    name = chosen(monitor)
    with wiring.open_ledger(name) as ledger:
        said = set[int]()
        try:
            _print_lines(ledger, name, said)
        except LedgerDamaged as error:
            _print_salvaged(ledger, name, said, error)


def _print_salvaged(
    ledger: Ledger, name: str, said: set[int], error: LedgerDamaged
) -> None:
    """The rest of what can be read, and what cannot; exit code 2."""
    with ledger.salvaged() as (readable, lost):
        _print_lines(readable, name, said)
    gone = f"Not to be read: {', '.join(lost)}" if lost else "Every row could be read."
    typer.echo(f"driftline: {show.clean(str(error))} {gone}", err=True)
    raise typer.Exit(2)


def _print_lines(ledger: Ledger, name: str, said: set[int]) -> None:
    """A line for each thing that was not said before."""
    for each in exported(ledger, ledger_name(name)):
        line = show.json_line(each)
        if hash(line) not in said:
            said.add(hash(line))
            typer.echo(line)


def _counts(finding: Finding) -> bool:
    """Out of bounds, or an unknown for which the slice could not be judged."""
    return finding.matters or finding.blinds


def _entry(monitor: str, day: date | None) -> LedgerEntry:
    with wiring.open_ledger(monitor) as ledger:
        history = ledger.history(ledger_name(monitor))
    found = [e for e in history if day is None or e.key.window.day == day]
    if not found:
        which = f"for {day}" if day else "yet"
        raise SettingsError(
            f"nothing is recorded of {monitor} {which}; judge it with "
            f"`driftline run {monitor}{f' --day {day}' if day else ''}`"
        )
    return found[-1]


def _status(ledger: Ledger, name: str, days: int) -> dict[str, object]:
    entries = ledger.history(name, limit=days)
    return {
        "monitor": name,
        "zone": entries[-1].key.window.zone if entries else "UTC",
        "windows": [
            {
                "window": entry.key.window.label,
                "verdict": entry.verdict,
                "revision": entry.revision,
                "headline": reduce(entry.findings).headline,
            }
            for entry in entries
        ],
        "incidents": [
            {"cause": i.cause.value, "since": i.opened, "subjects": list(i.subjects)}
            for i in ledger.incidents(name)
            if i.is_open
        ],
        "last_run": last_run_said(ledger, name, date.max),
        "waiting": [a["key"] for a in ledger.actions(name) if a["state"] == "pending"],
        "drill": _drill(ledger, name),
    }


def _drill(ledger: Ledger, name: str) -> dict[str, object] | None:
    """When the monitor was drilled last, and what came of it."""
    notes = ledger.notes(name, NOTE)
    if not notes:
        return None
    note = notes[-1]
    body = note["body"]
    return {"at": note["at"], "passed": body["passed"], "outcome": body["outcome"]}


def _print_status(entry: dict[str, object]) -> None:
    typer.echo(typer.style(str(entry["monitor"]), bold=True))
    zone = str(entry["zone"])
    windows = entry["windows"]
    assert isinstance(windows, list)
    for window in windows:
        headline = show.clean(window["headline"].partition(": ")[2])
        verdict = show.word(window["verdict"], padded=True)
        typer.echo(f"  {window['window']}  {verdict}  {headline}".rstrip())
    if not windows:
        typer.echo(
            f"  nothing judged yet; `driftline run {entry['monitor']}` judges a day"
        )
    if entry["last_run"]:
        typer.echo(f"  last retraining: {show.clean(str(entry['last_run']))}")
    incidents = entry["incidents"]
    assert isinstance(incidents, list)
    for incident in incidents:
        subjects = show.clean(", ".join(incident["subjects"]))
        since = local_day(datetime.fromisoformat(incident["since"]), zone)
        typer.echo(f"  open since {since}: {incident['cause']}: {subjects}")
    drill = entry["drill"]
    if isinstance(drill, dict):
        outcome = show.clean(drill["outcome"])
        typer.echo(f"  drilled on {local_day(drill['at'], zone)}: {outcome}")
