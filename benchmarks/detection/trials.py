"""One unit of work: a seed, a track and a reference, with everything planted into it.

The days are judged once as they are; every change is planted into a copy of the history
that ends the day before, so that its twin, the same day unchanged, is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.detection import catalogue, scoring
from benchmarks.detection.hidden import is_hidden
from benchmarks.detection.planted import ALL, LASTS, Drawn, Where
from benchmarks.detection.tracks import laid
from benchmarks.detection.watch import Watch
from benchmarks.detection.worlds import World
from driftline.app.monitor_day import DayReport
from driftline.core.finding import Finding
from driftline.core.labels.realised import measure
from driftline.core.reference import Measured
from driftline.core.verdict import Word

Record = dict[str, Any]
Twins = Mapping[Any, Sequence[DayReport]]

PRODUCTION = 60
FIRST_ONSET, LAST_ONSET = 14, 40

SCORED = ("accuracy", "roc_auc", "mae")
"""Metrics whose estimates are held against the truth, as far as the task has them."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one process does in one go. `families` are the kinds that are planted."""

    world: str
    track: str
    reference: int
    seed: int
    families: tuple[str, ...]
    lag: int = 2
    production: int = PRODUCTION

    @property
    def facts(self) -> Record:
        """What every record of the trial carries."""
        return {
            "world": self.world,
            "track": self.track,
            "reference": self.reference,
            "seed": self.seed,
            "lag": self.lag,
        }


def run(trial: Trial, folder: Path) -> list[Record]:
    """The records of a trial."""
    world = catalogue.named(trial.world, folder)
    days = laid(world, trial.track, trial.seed, trial.reference + trial.production)
    watch = Watch.over(world, days, trial.reference, trial.lag)
    onset = _onset(trial, days[trial.reference :])
    start = None
    for number in range(trial.production):
        if number == onset and trial.families:
            start = watch.fork()
        watch.judge(number)
    records = [*quiet(watch), *estimates(watch, days[trial.reference :])]
    if start is not None:
        twins = scoring.windows(watch.mornings)
        inputs = days[trial.reference :]
        records += [
            planted_into(start, drawn, inputs, twins)
            for drawn in _drawn(trial, world)
            if drawn.changes(world, inputs[onset])
        ]
    return [trial.facts | record for record in records]


def _onset(trial: Trial, days: Sequence[pl.DataFrame]) -> int:
    """The day of production from which a change is planted: a random one with rows."""
    drawn = np.random.default_rng([trial.seed, 99]).integers(FIRST_ONSET, LAST_ONSET)
    return next(n for n in range(int(drawn), len(days)) if days[n].height)


def _drawn(trial: Trial, world: World) -> Iterator[Drawn]:
    """Every change of the trial, in every column that is drawn for it."""
    for planted in ALL:
        if planted.family in trial.families and trial.track in planted.tracks:
            for draw in range(planted.draws):
                drawn = planted.drawn(world, trial.seed, draw)
                if drawn is not None:
                    yield drawn


def quiet(watch: Watch) -> list[Record]:
    """The unchanged days, one mark for each: whether it was paged, watched, and so on.

    `inside` is 1 where the realised metric was inside its reference band, 0 outside and
    a dash where it was not measured.
    """
    low, high = band(watch)
    metric = watch.job.primary_metric(watch.reference)
    record: Record = {"kind": "quiet", "features": len(watch.world.features)}
    record |= {"why": {}, "causes": {}}
    marks: dict[str, str] = dict.fromkeys(("paged", "watched", "blind", "inside"), "")
    breached, messages = [], []
    per_window = scoring.windows(watch.mornings)
    for morning in watch.mornings:
        reports = per_window[morning.report.window.day]
        words = {report.verdict.word for report in reports}
        value = reports[-1].metrics.get(f"performance/{metric}")
        marks["paged"] += str(int(Word.ACT in words))
        marks["watched"] += str(int(Word.WATCH in words))
        marks["blind"] += str(int(Word.CANNOT_TELL in words))
        marks["inside"] += "-" if value is None else str(int(low <= value <= high))
        breached.append(_breached_features(watch.world, reports[0]))
        messages.append(morning.messages)
        if named := sorted({c for report in reports for c in scoring.causes(report)}):
            record["causes"][str(morning.number)] = named
        worst = max(reports, key=scoring.is_page)
        if said := scoring.shortly(scoring.reasons(worst)):
            record["why"][str(morning.number)] = said
    return [record | marks | {"breached": breached, "messages": messages}]


def band(watch: Watch) -> tuple[float, float]:
    """Mean and two deviations of the deciding metric over the reference's days."""
    metric = watch.job.primary_metric(watch.reference)
    values = [measured.value for measured in watch.reference.metric(metric)]
    if not values:
        return (-np.inf, np.inf)
    centre, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    return centre - 2 * deviation, centre + 2 * deviation


def _breached_features(world: World, report: DayReport) -> int:
    named = {name for f in scoring.reasons(report) for name in scoring.columns_of(f)}
    return len(named & set(world.features))


def estimates(watch: Watch, days: Sequence[pl.DataFrame]) -> list[Record]:
    """What was estimated of each window before its labels came, and what was true.

    One record for each metric that is scored. A day is `[realised, estimated, lower,
    upper]`; the last three only where the first report has an estimate.
    """
    reports = scoring.windows(watch.mornings).values()
    told = [scoring.estimates(report[0]) for report in reports]
    truth = [measure(day, watch.job.roles, SCORED).measured for day in days]
    return [
        _estimated(watch, metric, told, truth)
        for metric in SCORED
        if metric in truth[0]
    ]


def _estimated(
    watch: Watch,
    metric: str,
    told: Sequence[Mapping[str, Sequence[float]]],
    truth: Sequence[Mapping[str, Measured]],
) -> Record:
    usual = [measured.value for measured in watch.reference.metric(metric)]
    days = [
        [round(x, 5) for x in (true[metric].value, *said.get(metric, ()))]
        for said, true in zip(told, truth, strict=True)
        if metric in true
    ]
    centre = round(float(np.mean(usual)), 5)
    return {"kind": "estimate", "metric": metric, "usual": centre, "days": days}


@dataclass(slots=True)
class Outcome:
    """How a planted change was found: days from its onset, and what was said first."""

    found: int | None = None
    paged: int | None = None
    rank: int | None = None
    why: tuple[str, ...] = ()
    causes: frozenset[str] = frozenset()

    def see(self, report: DayReport, mine: Sequence[Finding], day: int) -> None:
        """Take in one judgement; `mine` are its findings that point to the change."""
        if mine and self.found is None:
            self.found, reasons = day, scoring.reasons(report)
            self.rank = scoring.rank_of(reasons, mine)
            self.why = tuple(scoring.shortly(reasons))
        if self.paged is None and scoring.critical(mine):
            self.paged = day
        self.causes |= frozenset(scoring.causes(report))


def planted_into(
    start: Watch, drawn: Drawn, days: Sequence[Any], twins: Twins
) -> Record:
    """When and how the change was found; `days` and `twins` are those without it."""
    world, planted, onset = start.world, drawn.planted, len(start.mornings)
    watch, outcome = start.fork(), Outcome()
    is_concept = planted.where is Where.GROUP
    length = LASTS + watch.lag if is_concept else planted.days
    for day in range(min(length, len(days) - onset)):
        number = onset + day
        if day < LASTS:
            watch.deliver(number, drawn.on(world, days[number], day))
        morning = watch.judge(number, labels=is_concept)
        for report in (morning.report, *morning.restated):
            if report.window.day >= watch.date(onset):
                fresh = scoring.fresh(report, twins.get(report.window.day, ()))
                mine = [f for f in fresh if scoring.about(f, world, drawn)]
                outcome.see(report, mine, day)
    return {
        "kind": "planted",
        "name": planted.name,
        "family": planted.family,
        "bug": planted.bug,
        "column": drawn.column,
        "found": outcome.found,
        "paged": outcome.paged,
        "rank": outcome.rank,
        "causes": sorted(outcome.causes),
        "named": scoring.names_bug(sorted(outcome.causes), planted.bug),
        "hidden": is_hidden(planted.bug, drawn.column, watch.given(onset), watch.known),
        "why": list(outcome.why),
    }
