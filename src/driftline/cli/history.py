"""Commands that look back: status, findings, report."""

from datetime import date

import typer

from driftline import wiring
from driftline.app.report import write_report
from driftline.cli import show
from driftline.core.verdict import reduce
from driftline.errors import SettingsError
from driftline.ports import Ledger, LedgerEntry


def status(monitor: str | None, days: int, *, as_json: bool) -> None:
    """The latest windows of one monitor or all, and what is open."""
    root = wiring.project_root()
    names = [monitor] if monitor else wiring.monitor_names(root)
    if not names:
        raise SettingsError(f"no monitors in {root / 'monitors'}; make one with `init`")
    found = []
    for name in names:
        with wiring.open_ledger(name) as ledger:
            found.append(_status(ledger, name, days))
    if as_json:
        show.print_json(found)
        return
    for entry in found:
        _print_status(entry)


def findings(monitor: str, day: date | None, *, breached: bool, as_json: bool) -> None:
    """Every finding of one recorded window."""
    entry = _entry(monitor, day)
    chosen = [f for f in entry.findings if f.matters or not breached]
    if as_json:
        show.print_json([finding.to_json() for finding in chosen])
        return
    typer.echo(f"{monitor} {entry.key.window.label} (revision {entry.revision})")
    show.finding_table(chosen)


def report(monitor: str, day: date | None) -> None:
    """Draw the report of a recorded window again."""
    entry = _entry(monitor, day)
    with wiring.open_job(monitor) as job:
        typer.echo(write_report(job, entry))


def _entry(monitor: str, day: date | None) -> LedgerEntry:
    with wiring.open_ledger(monitor) as ledger:
        history = ledger.history(monitor)
    chosen = [e for e in history if day is None or e.key.window.day == day]
    if not chosen:
        which = f"for {day}" if day else "yet"
        raise SettingsError(
            f"nothing is recorded of {monitor} {which}; judge it with "
            f"`driftline run {monitor}{f' --day {day}' if day else ''}`"
        )
    return chosen[-1]


def _status(ledger: Ledger, name: str, days: int) -> dict[str, object]:
    entries = ledger.history(name, limit=days)
    return {
        "monitor": name,
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
        "waiting": [a["key"] for a in ledger.actions(name) if a["state"] == "pending"],
    }


def _print_status(entry: dict[str, object]) -> None:
    typer.echo(typer.style(str(entry["monitor"]), bold=True))
    windows = entry["windows"]
    assert isinstance(windows, list)
    for window in windows:
        headline = show.clean(window["headline"].partition(": ")[2])
        typer.echo(f"  {window['window']}  {show.word(window['verdict'])}  {headline}")
    if not windows:
        typer.echo("  nothing judged yet")
    incidents = entry["incidents"]
    assert isinstance(incidents, list)
    for incident in incidents:
        subjects = ", ".join(incident["subjects"])
        typer.echo(f"  open since {incident['since']}: {incident['cause']}: {subjects}")
