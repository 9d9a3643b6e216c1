"""`driftline init`: look at the data, write the monitor file and its suite."""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import typer

from driftline import wiring
from driftline.app.backfill import windows_of
from driftline.app.build_reference import profile_windows
from driftline.app.job import Job
from driftline.app.pull import pull
from driftline.cli.days import tracked
from driftline.core.proposal import Named, propose
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import Window, spanning, window_at
from driftline.errors import SchemaMismatch, SettingsError, SliceUnavailable
from driftline.settings.file import nearest
from driftline.settings.template import Draft, render

SAMPLE_ROWS = 20_000
"""Rows looked at to guess the task and the key."""

MOST_WINDOWS = 90
"""Windows profiled for the first suite, the latest ones."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the user has said about the data."""

    data: Path
    timestamp: str
    prediction: str
    label: str | None


def init(source: Source, name: str | None, *, force: bool) -> None:
    """Write `monitors/NAME.yaml` and `expectations/NAME.json`, and say what comes next."""
    root = wiring.project_root()
    chosen = name or _name_of(source.data)
    path = root / "monitors" / f"{chosen}.yaml"
    suite = root / "expectations" / f"{chosen}.json"
    if not force:
        _refuse_to_overwrite(path, suite)
    draft = _draft(source, chosen, root)
    _write(path, render(draft))
    with wiring.open_job(chosen) as job:
        first, last = write_suite(job, suite)
    _explain(chosen, draft, (first, last))


def write_suite(job: Job, suite: Path) -> tuple[Window, Window]:
    """Propose a suite from the latest windows and write it; returns the first and last."""
    windows = _windows(job)
    slices = ((window, pull(job, window).slice) for window in tracked(windows))
    whole = pull(job, spanning(windows[0], windows[-1])).slice
    reference = profile_windows(job, whole, slices)
    assert job.validator is not None
    proposed = job.validator.propose(reference, job.roles)
    _write(suite, json.dumps(proposed, indent=2, ensure_ascii=False) + "\n")
    return windows[0], windows[-1]


def _draft(source: Source, name: str, root: Path) -> Draft:
    """What the file will say, from a sample of the rows."""
    named = Named(source.timestamp, source.prediction, source.label)
    rows = wiring.open_file(source.data)
    _require(named, rows)
    engine = wiring.local_engine(
        name, Roles(Task.BINARY, named.timestamp, named.prediction)
    )
    sample = engine.table(rows, limit=SAMPLE_ROWS)
    stamps = sample.schema[source.timestamp]
    return Draft(
        name=name,
        path=_relative(source.data, root),
        zone=getattr(stamps, "time_zone", None) or "UTC",
        named=named,
        proposal=propose(sample, named),
    )


def _require(named: Named, rows: Slice) -> None:
    """Every column that the user named is there, or the nearest is offered."""
    for name in (named.timestamp, named.prediction, named.label):
        if name is not None and name not in rows.schema:
            raise SchemaMismatch(
                f"{rows.origin} has no column {name!r}{nearest(name, rows.schema)}; "
                f"it has: {', '.join(rows.schema)}"
            )


def _windows(job: Job) -> list[Window]:
    extent = job.source.extent()
    if extent is None:
        raise SliceUnavailable(
            f"the data of {job.monitor} holds no row with a time stamp", retryable=False
        )
    first, last = (window_at(moment, job.every, job.zone).day for moment in extent)
    return windows_of(job, first, last)[-MOST_WINDOWS:]


def _explain(name: str, draft: Draft, span: tuple[Window, Window]) -> None:
    found = draft.proposal
    key = ", ".join(found.key) or "none found"
    typer.echo(f"wrote monitors/{name}.yaml and expectations/{name}.json")
    typer.echo(f"  task {found.task.value}, key {key}, zone {draft.zone}")
    typer.echo("next:")
    typer.echo(
        f"  driftline reference build {name} --enlist --to {_third(span)}"
        "   # the days the model was trained or validated on"
    )
    typer.echo(f"  driftline run {name} --day {span[1].label}")


def _third(span: tuple[Window, Window]) -> date:
    """A first guess at the last day of the reference: a third of the way through."""
    return span[0].day + (span[1].day - span[0].day) // 3


def _name_of(data: Path) -> str:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", data.name.split(".")[0]).strip("-_.")
    return stem or "model"


def _relative(data: Path, root: Path) -> str:
    full = data.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else str(full)


def _refuse_to_overwrite(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise SettingsError(
                f"{path} exists; edit it, choose another --name, or overwrite with --force"
            )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
