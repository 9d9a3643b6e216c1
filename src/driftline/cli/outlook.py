"""`driftline budget`: the false alarms to expect, and what is seen at that price."""

from dataclasses import asdict
from typing import Any

import typer

from driftline.app.alarm_record import AlarmRecord, alarm_record
from driftline.app.look_ahead import look_ahead
from driftline.cli import show
from driftline.cli.which import opened
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.visibility.columns import Sight
from driftline.core.visibility.outlook import Expected, Outlook
from driftline.core.visibility.trial import Change
from driftline.core.wording import how_many, percent, rounded

NEVER = "cannot be seen"
NO_PAGE = "-"
LEGEND = (
    "sd: standard deviations of the column in the reference, which moves alone: what goes "
    "with it stays; off the grid: numbers between those that it takes; pages from: people "
    "are told at once, not in the digest"
)


def budget(monitor: str | None, *, as_json: bool) -> None:
    """Print the outlook of the version in service."""
    with opened(monitor) as job:
        outlook, past = look_ahead(job), alarm_record(job)
        name, every = job.monitor, job.every.value
    if as_json:
        show.print_json(_as_json(name, outlook, past))
        return
    _print(name, every, outlook, past)


def _as_json(name: str, outlook: Outlook, past: AlarmRecord) -> dict[str, Any]:
    blind = [f"{s.subject}: {s.change}" for s in outlook.sights if s.is_blind]
    known = {"monitor": name, "past": past.to_json(), "cannot_be_seen": blind}
    return known | asdict(outlook)


def _print(name: str, every: str, outlook: Outlook, past: AlarmRecord) -> None:
    typer.echo(f"{name}: {_ground(every, outlook)}")
    for sentence in _warnings(every, outlook):
        typer.echo(f"  - {show.clean(sentence)}")
    typer.echo("\nfalse alarms to expect in a month")
    show.table(
        [
            ("", "by the budget", "on the reference's own days"),
            ("pages", f"at most {outlook.pages.promised:.2g}", _own(outlook.pages)),
            (
                "days in the digest",
                f"at most {outlook.digests.promised:.2g}",
                _own(outlook.digests),
            ),
        ],
        "  ",
    )
    typer.echo(f"  {_past(past, outlook.pages)}")
    typer.echo("\nsmallest change that is seen, nine times in ten")
    rows = [("column", "what happens", "within 1 day", "within 7 days", "pages from")]
    show.table([*rows, *map(_row, outlook.sights)], "  ")
    typer.echo(f"  {LEGEND}")
    for sentence in (*_rows(every, outlook), *_metric(outlook), *_advice(name)):
        typer.echo(show.clean(sentence))


def _ground(every: str, outlook: Outlook) -> str:
    ground = outlook.ground
    origin = f" ({show.clean(ground.origin)})" if ground.origin else ""
    made = (
        "bounds come from how these differ among themselves"
        if ground.from_days
        else f"too few to know their spread (from {ENOUGH_DAYS} on), so bounds are "
        "sampling noise, widened, until enough days in production are known; or "
        "build the reference over more of them"
    )
    windows = f"{ground.days} {every}{'' if ground.days == 1 else 's'}"
    return f"the reference is {windows} of {ground.rows:,} rows{origin}; {made}"


def _warnings(every: str, outlook: Outlook) -> list[str]:
    ground = outlook.ground
    said = []
    if every == "week":
        said.append("a window is a week, so everything is said when the week is over")
    if not outlook.judged:
        said.append(
            f"a usual {every} has {ground.rows:,} rows and drift is judged from "
            f"{outlook.min_rows:,} on: every verdict would be cannot-tell; lower "
            "`drift.min_rows` or judge longer windows"
        )
    if ground.odd:
        said.append(
            f"left out as odd themselves: {', '.join(ground.odd)}; if they were sound, "
            "the bounds are too tight"
        )
    if ground.weekdays:
        said.append(f"weekdays count for {', '.join(ground.weekdays)}")
    return said


def _past(past: AlarmRecord, allowed: Expected) -> str:
    """What the budget is held against: the alarms that people called false."""
    if not past.days:
        return "in production: no day was judged yet"
    days = how_many(past.days, "day")
    share = f"{past.called_false} of {how_many(past.incidents, 'incident')} in {days}"
    false = "false alarms" if past.incidents != 1 else "a false alarm"
    said = (
        f"in production: {share} called {false} (`driftline false-alarm`, or the "
        f"button), {past.per_month:.2g} a month"
    )
    if past.per_month <= allowed.promised:
        return said
    return f"{said}, more than the {allowed.promised:.2g} allowed"


def _own(expected: Expected) -> str:
    """How often the reference's days would have had one, each against the others."""
    return (
        f"{expected.per_month:.2g} ({expected.days} of {expected.of}; with so few, a "
        f"month may have up to {expected.most:.2g})"
    )


def _row(sight: Sight) -> tuple[str, ...]:
    sizes = (sight.day, sight.week)
    page = _size(sight, sight.page) if sight.page is not None else NO_PAGE
    said = [NEVER if size is None else _size(sight, size) for size in sizes]
    return (show.clean(sight.subject), sight.change.value, *said, page)


def _size(sight: Sight, size: float) -> str:
    if sight.change is Change.SHIFT:
        return f"{size:.2g} sd"
    return percent(size)


def _rows(every: str, outlook: Outlook) -> list[str]:
    low, high = outlook.ground.rows_least, outlook.ground.rows_most
    if low is None and high is None:
        return []
    bounds = [
        *([f"fewer than {low:,.0f}"] if low is not None else []),
        *([f"more than {high:,.0f}"] if high is not None else []),
    ]
    return [f"rows: a {every} with {' or '.join(bounds)} is told"]


def _metric(outlook: Outlook) -> list[str]:
    sight = outlook.metric
    if sight is None:
        return ["performance: no reference day has labels, so a loss cannot be seen"]
    if not sight.enough_labels:
        return [
            f"{sight.metric}: a usual day has {sight.rows:,} labels, fewer than "
            "`performance.min_labelled`: a loss cannot be seen"
        ]
    return [
        f"{sight.metric} (usually {rounded(sight.usual, 3)} on {sight.rows:,} labels): "
        f"{_loss(sight.day)} is in the digest after one day, {_loss(sight.week)} that "
        "lasts is told within 7 days, counted from when the labels are in; it pages on "
        f"a day that is worse by {rounded(sight.bad, 2)} itself"
    ]


def _advice(name: str) -> list[str]:
    return [
        "not counted: the suite's own expectations, cost and health, which have limits "
        "of their own",
        "to see smaller changes, allow more: raise `alarms.digest` (in one day, or over "
        f"seven) or `alarms.pages`; `driftline replay {name} --policy FILE` tries it on "
        "the days judged so far",
    ]


def _loss(size: float | None) -> str:
    return "no loss" if size is None else f"a loss of {rounded(size, 2)}"
