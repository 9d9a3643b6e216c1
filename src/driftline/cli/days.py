"""Commands that judge: run, backfill, reference build, retrain."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any, TypeVar

import typer

from driftline.app.backfill import backfill as backfill_days
from driftline.app.backfill import windows_of
from driftline.app.build_reference import build_reference as build
from driftline.app.catch_up import judge_due
from driftline.app.job import Job
from driftline.app.monitor_day import DayReport
from driftline.app.retraining.retrain import retrain_model
from driftline.cli import show
from driftline.cli.which import opened
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.late import spanned
from driftline.core.reference import Reference
from driftline.core.verdict import unseen_harm
from driftline.core.window import window_at, zone_named
from driftline.core.wording import how_many
from driftline.errors import (
    DriftlineError,
    SettingsError,
    SliceUnavailable,
    WindowBusy,
)

Item = TypeVar("Item")
Result = TypeVar("Result")


def run(
    monitor: str | None,
    day: date | None,
    *,
    dry_run: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Judge the day, or whatever is due, and leave with the worst exit code."""
    with opened(monitor) as job:
        if day is not None and not dry_run:
            _require_over(job, day)
        reports = judge_due(job, day, job.clock(), dry_run=dry_run, anew=force)
        hints = [] if as_json else [_passed_over(job, reports)]
        hints += [] if as_json else [_where_rows_end(job, reports)]
    if as_json:
        *missed, last = map(_as_json, reports)
        show.print_json({**last, "missed": missed})
    else:
        _print_all(reports)
    for hint in filter(None, hints):
        typer.echo(hint)
    raise typer.Exit(max(report.exit_code for report in reports))


def backfill(monitor: str | None, first: date, last: date) -> None:
    """Judge every window and leave with the worst exit code; 75 where some were busy."""
    require_order(first, last)
    busy: list[DriftlineError] = []
    with opened(monitor) as job:
        reports = backfill_days(job, first, last, track=tracked, on_busy=busy.append)
    for report in reports:
        typer.echo(f"{report.window.label}  {show.word(report.verdict.word)}")
        _say_undelivered(report)
    for error in busy:
        typer.echo(f"not judged here: {show.clean(str(error))}", err=True)
    codes = [report.exit_code for report in reports]
    raise typer.Exit(WindowBusy.exit_code if busy else max(codes, default=0))


def build_reference(
    monitor: str | None, first: date | None, last: date | None, *, enlist: bool
) -> None:
    """Build and store the reference; without dates, over all the rows there are."""
    with opened(monitor) as job:
        start, end = _extent(job, first, last)
        require_order(start, end)
        windows = windows_of(job, start, end)
        model, reference = build(job, windows, track=tracked, enlist=enlist)
        name, every, needed = job.monitor, job.every.value, job.drift.min_rows
    typer.echo(
        f"reference of {model}: {reference.origin}, {how_many(len(reference.days), every)}, "
        f"{len(reference.plan.columns)} columns"
    )
    for sentence in caveats(reference, every, needed):
        typer.echo(f"  - {sentence}")
    typer.echo(
        f"next: `driftline budget {name}` says what is seen, at which price of false alarms"
    )


def caveats(reference: Reference, every: str, needed: int) -> Iterator[str]:
    """What a reference will not do, and what would mend it."""
    days, usual = len(reference.days), reference.usual_rows
    if usual < needed:
        yield (
            f"a usual {every} has {usual:,.0f} rows and drift is judged from {needed:,} on: "
            "every verdict would be cannot-tell; lower `drift.min_rows` in the monitor "
            "file, or judge longer windows (`every: week`)"
        )
    if days < ENOUGH_DAYS:
        yield (
            f"how far {every}s differ is known from {ENOUGH_DAYS} on; until enough are "
            "judged in production, bounds are wide"
        )
    if not reference.performance:
        yield "no labels were found, so performance has no band yet"


def retrain(monitor: str | None, as_of: date | None, reason: str) -> None:
    """Train a challenger and say what came of it."""
    with opened(monitor) as job:
        outcome = retrain_model(
            job, job.window_of(as_of, job.clock()), reason, _announced
        )
    done = "promoted" if outcome.promoted else "not promoted"
    if outcome.in_shadow:
        done = "in shadow"
    typer.echo(f"{outcome.challenger} {done}: {show.clean(outcome.reason)}")
    if outcome.prediction:
        typer.echo(show.clean(outcome.prediction))


def _announced(step: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """Run a step; a person at a terminal sees which one it is."""
    if sys.stderr.isatty():
        typer.echo(f"  {step.__name__.replace('_', ' ')} ...", err=True)
    return step(*args, **kwargs)


def tracked(items: list[Item]) -> Iterable[Item]:
    """The items, with a progress bar on stderr where a person watches it."""
    return _bar(items) if sys.stderr.isatty() else items


def _bar(items: list[Item]) -> Iterator[Item]:
    with typer.progressbar(items, label="windows", file=sys.stderr) as bar:
        yield from bar


def require_order(first: date, last: date) -> None:
    """A span that ends before it begins is an error."""
    if last < first:
        raise SettingsError(f"--from {first} is after --to {last}; swap them")


def _require_over(job: Job, day: date) -> None:
    """A window that lasts would be judged, and told, by the part that is there."""
    window = job.window_of(day, job.clock())
    if window.end > job.clock():
        until = window.end.astimezone(zone_named(job.zone))
        raise SettingsError(
            f"{window.label} is not over: it ends at {until:%Y-%m-%d %H:%M %Z}, and is "
            "judged then; `driftline run --dry-run` looks at a part of it"
        )


def _extent(job: Job, first: date | None, last: date | None) -> tuple[date, date]:
    extent = job.source.extent() if first is None or last is None else None
    if extent is None:
        if first is None or last is None:
            raise SliceUnavailable(
                f"the source of {job.monitor} holds no rows; name the days with "
                "--from and --to once there are some",
                retryable=False,
            )
        return first, last
    start, end = (window_at(moment, job.every, job.zone).day for moment in extent)
    return first or start, last or end


def _print_all(reports: Sequence[DayReport]) -> None:
    """Each day by itself, and days in a row that are merely empty together."""
    for empty, alike in groupby(reports, _is_empty):
        days = list(alike)
        if empty and len(days) > 1:
            _print_empty(days)
        else:
            for day in days:
                _print(day)


def _is_empty(report: DayReport) -> bool:
    return _has_no_rows(report) and len(report.verdict.reasons) == 1


def _print_empty(days: Sequence[DayReport]) -> None:
    last = days[-1]
    known = all(day.repeated for day in days)
    again = " (judged before; nothing new)" if known else ""
    typer.echo(
        f"{last.monitor} {spanned([day.window for day in days])}: "
        f"{show.word(last.verdict.word)}{again}"
    )
    show.reasons(last.verdict.reasons)
    if last.report:
        typer.echo(f"report of the last: {last.report}")
    for day in days:
        _say_undelivered(day)


def _print(report: DayReport) -> None:
    again = " (judged before; nothing new)" if report.repeated else ""
    typer.echo(
        f"{report.monitor} {report.window.label}: "
        f"{show.word(report.verdict.word)}{again}"
    )
    show.reasons(report.verdict.reasons)
    if report.verdict.rest and not report.verdict.reasons:
        typer.echo(f"  {report.verdict.rest}")
    unseen = "" if report.verdict.reasons else unseen_harm(report.findings)
    if unseen:
        typer.echo(f"  not known yet: {show.clean(unseen)}")
    if report.report:
        typer.echo(f"report: {report.report}")
    _say_undelivered(report)


def _passed_over(job: Job, reports: Sequence[DayReport]) -> str:
    """Which days lie between the last verdict and days that were made up for; else nothing."""
    first = reports[0].window
    before = job.ledger.history(job.monitor, first.start, 1, topics=())
    if len(reports) == 1 or not before or before[-1].key.window.end >= first.start:
        return ""
    begin = window_at(before[-1].key.window.end, job.every, job.zone)
    start, end = begin.day, first.previous.day
    return (
        f"{start} to {end} lie too far back to be judged by themselves: `driftline "
        f"backfill {job.monitor} --from {start} --to {end}`"
    )


def _where_rows_end(job: Job, reports: Sequence[DayReport]) -> str:
    """Where days after the last row were judged, which day that is; else nothing."""
    empty = [report.window for report in reports if _has_no_rows(report)]
    try:
        extent = job.source.extent() if empty else None
    except DriftlineError:
        return ""
    if extent is None:
        return ""
    last = window_at(extent[1], job.every, job.zone)
    if last.start >= empty[0].start:
        return ""
    return (
        f"the rows of {job.monitor} end on {last.label}; `driftline backfill {job.monitor} "
        f"--from {last.day} --to {last.day}` judges days of the past"
    )


def _has_no_rows(report: DayReport) -> bool:
    return any(
        f.statistic == "too_few_rows" and not f.value for f in report.verdict.reasons
    )


def _say_undelivered(report: DayReport) -> None:
    """What nobody will get, for which the exit code is 2."""
    for delivery in report.undelivered:
        typer.echo(f"not delivered: {show.clean(delivery.detail)}", err=True)


def _as_json(report: DayReport) -> dict[str, object]:
    return {
        "monitor": report.monitor,
        "window": report.window.label,
        "verdict": report.verdict.word.value,
        "reasons": [finding.to_json() for finding in report.verdict.reasons],
        "model": report.model,
        "revision": report.revision,
        "repeated": report.repeated,
        "report": report.report,
    }
