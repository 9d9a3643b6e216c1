"""`driftline replay`: recorded days under another policy, beside what was."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import typer

from driftline import wiring
from driftline.app.backfill import windows_of
from driftline.app.replay import replay as replayed
from driftline.cli import show
from driftline.cli.days import require_order, tracked
from driftline.cli.which import chosen
from driftline.core.finding import Finding
from driftline.core.replayed import Replay, Replayed, Side
from driftline.errors import SettingsError

SHOWN = 3
"""Reasons that are shown of each day that differs; --json has them all."""

COUNTED = {
    "pages": "pages (act)",
    "digests": "days in the digest (watch)",
    "cannot_tell": "cannot tell",
    "incidents": "incidents opened",
    "messages": "messages",
    "retraining": "retraining runs requested",
}


def replay(
    monitor: str | None, policy: Path, span: tuple[date, date], *, as_json: bool
) -> None:
    """Print day by day what the policy would have said, the totals and the differences."""
    require_order(*span)
    name = chosen(monitor)
    found = _replayed(name, policy, span)
    if as_json:
        show.print_json(_as_json(name, policy, found))
        return
    if not found.windows:
        raise SettingsError(
            f"nothing is recorded of {name} from {span[0]} to {span[1]}; judge these "
            f"days first with `driftline backfill {name} --from {span[0]} --to {span[1]}`"
        )
    _print(found)


def _replayed(name: str, policy: Path, span: tuple[date, date]) -> Replay:
    from driftline.testing import MemoryLedger

    with wiring.open_policies(name, policy) as (was, would, same_suite):
        return replayed(
            was,
            replace(would, ledger=MemoryLedger()),
            windows_of(was, *span),
            same_suite=same_suite,
            track=tracked,
        )


def _print(found: Replay) -> None:
    show.table(
        [
            ("day", "was", "would be", ""),
            *(_row(each) for each in found.windows),
        ]
    )
    typer.echo("")
    was, would = asdict(found.was), asdict(found.would)
    lines = [(said, str(was[key]), str(would[key])) for key, said in COUNTED.items()]
    show.table([("in all", "was", "would be"), *lines])
    _left_out(found)
    _differences([each for each in found.windows if each.differs])


def _row(each: Replayed) -> tuple[str, ...]:
    would = show.word(each.would.verdict) if each.would else "?"
    note = each.note or ("differs" if each.differs else "")
    return (each.window.label, show.word(each.was.verdict), would, note)


def _left_out(found: Replay) -> None:
    if found.gone:
        typer.echo(f"no longer to be read, and in no total: {found.gone}")
    if found.skipped:
        typer.echo(f"never judged, and left out: {found.skipped}")
    if found.would.retraining > found.was.retraining:
        typer.echo(
            "a run that was never made is taken to have ended at once and to have "
            "changed nothing; the monitor file has no price for one"
        )


def _differences(days: Sequence[Replayed]) -> None:
    if not days:
        typer.echo("no day's verdict differs")
    for each in days:
        assert each.would is not None
        was, would = show.word(each.was.verdict), show.word(each.would.verdict)
        typer.echo(f"\n{each.window.label}: {was} -> {would}")
        _reasons("raised too", each.appeared)
        _reasons("not raised", each.vanished)
        if not each.appeared and not each.vanished:
            _reasons("weighed otherwise", each.would.reasons or each.was.reasons)


def _reasons(head: str, findings: Sequence[Finding]) -> None:
    for finding in findings[:SHOWN]:
        typer.echo(f"  {head}: {show.clean(finding.message)}")
    if len(findings) > SHOWN:
        typer.echo(f"  {head}: {len(findings) - SHOWN} more")


def _as_json(name: str, policy: Path, found: Replay) -> dict[str, Any]:
    return {
        "monitor": name,
        "policy": str(policy),
        "windows": [
            {
                "window": each.window.label,
                "was": _side(each.was),
                "would": each.would and _side(each.would),
                "differs": each.differs,
                "note": each.note,
            }
            for each in found.windows
        ],
        "was": asdict(found.was),
        "would": asdict(found.would),
        "gone": found.gone,
        "never_judged": found.skipped,
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "verdict": side.verdict,
        "reasons": [finding.to_json() for finding in side.reasons],
    }
