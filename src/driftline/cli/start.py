"""`driftline init`: look at the data, write the monitor file and its suite."""

import json
import re
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import typer
import yaml

from driftline import wiring
from driftline.app.backfill import windows_of
from driftline.app.build_reference import profile_windows
from driftline.app.job import Job
from driftline.app.pull import pull
from driftline.cli.days import tracked
from driftline.cli.deployments import write_deployments
from driftline.cli.show import clean
from driftline.core.proposal import Named, propose
from driftline.core.slice import Slice
from driftline.core.window import Window, spanning, window_at
from driftline.errors import SchemaMismatch, SettingsError, SliceUnavailable
from driftline.settings.file import nearest
from driftline.settings.monitor import Monitor
from driftline.settings.template import Draft, render

SAMPLE_ROWS = 20_000
"""Rows looked at to guess the task and the key."""

LABELS = (
    ". Labels in a table of their own: leave --label out, then write `label:` and "
    "`labels:` in the monitor file"
)
"""What to do where the label is not in the rows."""

MOST_WINDOWS = 90
"""Windows profiled for the first suite, the latest ones."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the user has said about the data."""

    data: Path
    timestamp: str
    prediction: str
    label: str | None


def init(
    source: Source, name: str | None, *, force: bool, deployments: bool = False
) -> None:
    """Write `monitors/NAME.yaml` and `expectations/NAME.json`, and say what comes next.

    With `deployments` also `prefect.yaml` and the flows that it names.
    """
    root = wiring.project_root()
    chosen = name or _name_of(source.data)
    _require_name(chosen)
    path = root / "monitors" / f"{chosen}.yaml"
    suite = root / "expectations" / f"{chosen}.json"
    if not force:
        _refuse_to_overwrite(path, suite)
    draft = _draft(source, chosen, root)
    text = render(draft)
    monitor = Monitor.model_validate(yaml.safe_load(text))
    job = wiring.build_job(monitor, root)
    with closing(job.ledger):
        windows = _windows(job)
        proposed = _suite(job, windows[-MOST_WINDOWS:])
    _write(path, text)
    _write(suite, json.dumps(proposed, indent=2, ensure_ascii=False) + "\n")
    _explain(chosen, draft, windows)
    if deployments:
        write_deployments(root, [monitor])


def _require_name(name: str) -> None:
    pattern = Monitor.model_json_schema()["properties"]["name"]["pattern"]
    if not re.fullmatch(pattern, name):
        raise SettingsError(
            f"{name!r} cannot be a monitor's name: it is a file's too, of up to 100 "
            "letters, digits, `.`, `_` and `-`, the first a letter or digit"
        )


def _suite(job: Job, windows: list[Window]) -> dict[str, Any]:
    """What the days of these windows would pass: read off counts, so no row is kept.

    Without rows nothing is learned of the model either, which would take scikit-learn.
    """
    job = replace(job, sample_rows=0)
    slices = ((window, pull(job, window).slice) for window in tracked(windows))
    whole = pull(job, spanning(windows[0], windows[-1])).slice
    reference = profile_windows(job, whole, slices, len(windows))
    assert job.validator is not None
    return job.validator.propose(reference, job.roles)


def _draft(source: Source, name: str, root: Path) -> Draft:
    """What the file will say, from a sample of the rows."""
    named = Named(source.timestamp, source.prediction, source.label)
    rows = wiring.open_file(source.data)
    _require(named, rows)
    sample = wiring.local_engine().table(rows, limit=SAMPLE_ROWS)
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
                f"it has: {', '.join(rows.schema)}{LABELS if name == named.label else ''}"
            )


def _windows(job: Job) -> list[Window]:
    extent = job.source.extent()
    if extent is None:
        raise SliceUnavailable(
            f"the data of {job.monitor} holds no row with a time stamp", retryable=False
        )
    first, last = (window_at(moment, job.every, job.zone).day for moment in extent)
    return windows_of(job, first, last)


def _explain(name: str, draft: Draft, windows: list[Window]) -> None:
    """What was found, and the next two commands, ready to be copied."""
    found = draft.proposal
    key = clean(", ".join(found.key)) or "none found"
    learnt, judged = _split(windows)
    typer.echo(f"wrote monitors/{name}.yaml and expectations/{name}.json")
    typer.echo(f"  task {found.task.value}, key {key}, zone {draft.zone}")
    if draft.zone == "UTC":
        typer.echo("  if your days do not begin at midnight UTC, edit `zone:` first")
    typer.echo(
        "next, with days that the model was not trained on, such as those it was "
        "validated on: on the others its performance looks better than it is"
    )
    typer.echo(f"  driftline reference build {name} --enlist --to {learnt}")
    if judged > learnt:
        typer.echo(f"  driftline run {name} --day {judged}")
    else:
        typer.echo(f"  driftline run {name}  # when a day after {learnt} has rows")


def _split(windows: list[Window]) -> tuple[date, date]:
    """The last day of a reference, a third of the way through, and a day to judge.

    The very last window is often cut short where the file ends, so it is not the one
    to be judged first unless there are too few.
    """
    learnt = windows[(len(windows) - 1) // 3]
    judged = windows[-2] if len(windows) > 3 else windows[-1]
    return learnt.day, judged.day


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
