"""What the monitor found of what happened, what it missed, and what it cried wolf about.

The truth is known here: two faults were planted, and two things happened to New York's
flights that spring which anybody can look up.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from driftline.app.monitor_day import DayReport
from driftline.core.finding import Finding, Outcome, Topic
from driftline.core.verdict import Word
from driftline.demo.flights import LABEL, days_between
from driftline.demo.serving import LATE_PARTITION, UNIT_BUG, Predict


@dataclass(frozen=True, slots=True)
class Event:
    """Something that truly happened. `shows` tells a finding that points to it."""

    name: str
    planted: bool
    first: date
    last: date
    shows: Callable[[Finding], bool]


def _on_spoilt_column(finding: Finding) -> bool:
    data = finding.topic in (Topic.DRIFT, Topic.VALIDATION)
    return finding.matters and data and UNIT_BUG.column in finding.subject


def _on_slice(finding: Finding) -> bool:
    return finding.topic is Topic.SLICE and finding.outcome is not Outcome.OK


def _on_performance(finding: Finding) -> bool:
    return finding.matters and finding.topic is Topic.PERFORMANCE


EVENTS = (
    Event(
        "snowstorm on the coast",
        False,
        date(2013, 3, 7),
        date(2013, 3, 8),
        _on_performance,
    ),
    Event(
        "distances sent in kilometres instead of miles",
        True,
        UNIT_BUG.first,
        UNIT_BUG.last,
        _on_spoilt_column,
    ),
    Event(
        "partition delivered two days late",
        True,
        LATE_PARTITION.day,
        LATE_PARTITION.day,
        _on_slice,
    ),
    Event(
        "air traffic controllers on furlough",
        False,
        date(2013, 4, 21),
        date(2013, 4, 26),
        _on_performance,
    ),
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A window as it was judged when the day `on` had ended; labels come days later."""

    day: date
    on: date
    word: Word
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, report: DayReport, on: date) -> "Judged":
        """A day's report, and the day of the tour on which it came."""
        return cls(report.window.day, on, report.verdict.word, report.findings)


@dataclass(frozen=True, slots=True)
class Discovery:
    """The first finding that showed an event; `judged` is None when it was missed."""

    event: Event
    judged: Judged | None = None
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Alarms:
    """Judged windows that no event explains.

    `harm` was paged and the day's performance was outside its band: bad, but nothing we
    can name. `false` was paged with performance inside. `digest` was not paged.
    """

    harm: tuple[Judged, ...]
    false: tuple[Judged, ...]
    digest: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Gain:
    """Both versions on the same flights: what the retraining itself changed."""

    first: date
    last: date
    flights: int
    log_loss: tuple[float, float]
    roc_auc: tuple[float, float]


def discoveries(judged: Sequence[Judged]) -> list[Discovery]:
    """Per event, the first judgement that showed it."""
    return [_discovery(event, judged) for event in EVENTS]


def unexplained(judged: Iterable[Judged]) -> Alarms:
    """The windows outside every event that were called `act` or `watch`, once each."""
    harm: dict[date, Judged] = {}
    false: dict[date, Judged] = {}
    digest: dict[date, Judged] = {}
    for each in judged:
        if any(event.first <= each.day <= event.last for event in EVENTS):
            continue
        if each.word is Word.ACT:
            bad = any(map(_out_of_band, each.findings))
            (harm if bad else false).setdefault(each.day, each)
        elif each.word is Word.WATCH:
            digest.setdefault(each.day, each)
    digest = {day: j for day, j in digest.items() if day not in {*harm, *false}}
    return Alarms(*(tuple(found.values()) for found in (harm, false, digest)))


def gain(
    flights: pl.DataFrame, first: date, last: date, before: Predict, after: Predict
) -> Gain:
    """Two model versions on the labelled flights of the same days."""
    from sklearn.metrics import log_loss, roc_auc_score

    rows = days_between(flights, first, last).filter(pl.col(LABEL).is_not_null())
    truth = rows[LABEL].to_numpy()
    scores = [predict(rows) for predict in (before, after)]
    losses = [float(log_loss(truth, score)) for score in scores]
    areas = [float(roc_auc_score(truth, score)) for score in scores]
    return Gain(first, last, rows.height, (losses[0], losses[1]), (areas[0], areas[1]))


def _discovery(event: Event, judged: Sequence[Judged]) -> Discovery:
    shown = [
        (each, finding)
        for each in judged
        if event.first <= each.day <= event.last
        for finding in each.findings
        if event.shows(finding)
    ]
    if not shown:
        return Discovery(event)
    earliest = min(each.on for each, _ in shown)
    loudest = max(
        (pair for pair in shown if pair[0].on == earliest),
        key=lambda pair: pair[1].severity.rank,
    )
    return Discovery(event, *loudest)


def _out_of_band(finding: Finding) -> bool:
    return _on_performance(finding) and finding.statistic == "value"
