"""The table: every measure with its bar, in the order of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.detection.measures import (
    MISSED,
    PLAIN,
    Figure,
    called_bugs,
    coverage,
    delay,
    estimate_ratio,
    found,
    hit,
    kept,
    marked,
    named,
    named_if_shown,
    paged_inside,
    per_feature_day,
)
from benchmarks.detection.planted import ALL, HARD

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table. `needs` are the parts of the run that it reads."""

    title: str
    needs: str
    bar: str
    holds: Callable[[float], bool] | None
    of: Callable[[Sequence[Record]], Figure]


def at_most(share: float) -> Callable[[float], bool]:
    """The bar is an upper one."""
    return lambda value: value <= share


def at_least(share: float) -> Callable[[float], bool]:
    """The bar is a lower one."""
    return lambda value: value >= share


def _hard() -> list[Measure]:
    tracks = {"rows": "N0", "days": "N1", "natural": "natural order"}
    return [
        Measure(
            f"{planted.name}, within 1 day, {said}",
            "hard",
            "≥ 98 %",
            at_least(0.98),
            found(planted.name, track, 1),
        )
        for planted in HARD
        for track, said in tracks.items()
    ]


def _estimates(
    lag: int, bar: float | None = None, metrics: tuple[str, ...] = PLAIN
) -> list[Measure]:
    name = "accuracy" if metrics == PLAIN else "ROC AUC"
    late = f"labels {lag} days late"
    return [
        Measure(
            f"estimated {name}, {late}: MAE over the usual value's",
            "estimate",
            "" if bar is None else f"≤ {bar:.2f}",
            None if bar is None else at_most(bar),
            estimate_ratio(lag, metrics),
        ),
        Measure(
            f"the 90 % band of estimated {name} covers, {late}",
            "estimate",
            "" if bar is None else "88–93 %",
            None if bar is None else lambda value: 0.88 <= value <= 0.93,
            coverage(lag, metrics),
        ),
    ]


ONE_VALUED = ("visibility_mi", "precipitation_in")
"""Columns of flights that hold one value in nine of ten rows: 10 miles, and no rain."""


TABLE: tuple[Measure, ...] = (
    Measure(
        "N0, rows shuffled: days with a page",
        "quiet",
        "≤ 0.5 %",
        at_most(0.005),
        marked("rows", "paged"),
    ),
    Measure(
        "N1, days reordered: days with a page",
        "quiet",
        "≤ 1 %",
        at_most(0.01),
        marked("days", "paged"),
    ),
    Measure(
        "natural order: days paged while the metric is inside its band",
        "quiet",
        "≤ 2 %",
        at_most(0.02),
        paged_inside,
    ),
    Measure(
        "natural order: days with a page",
        "quiet",
        "",
        None,
        marked("natural", "paged"),
    ),
    *(
        Measure(
            f"{said}: days in the digest", "quiet", "", None, marked(track, "watched")
        )
        for track, said in (("rows", "N0"), ("days", "N1"), ("natural", "natural"))
    ),
    Measure(
        "natural: days that cannot be told",
        "quiet",
        "",
        None,
        marked("natural", "blind"),
    ),
    *(
        Measure(
            f"{said}: alarms per 100 feature-days",
            "quiet",
            bar,
            at_most(limit) if limit else None,
            per_feature_day(track),
        )
        for track, said, bar, limit in (
            ("rows", "N0", "≤ 0.05", 0.05),
            ("days", "N1", "≤ 0.1", 0.1),
            ("natural", "natural", "", None),
        )
    ),
    *_hard(),
    Measure(
        "shift of 0.25 sd, within 1 day, N0",
        "shift",
        "≥ 90 %",
        at_least(0.9),
        found("shift 0.25 sd", "rows", 1),
    ),
    Measure(
        "shift of 0.1 sd, within 3 days, N0",
        "shift",
        "≥ 90 %",
        at_least(0.9),
        found("shift 0.1 sd", "rows", 3),
    ),
    Measure(
        "shift of 0.1 sd, within 3 days, N0: visibility, precipitation",
        "shift",
        "",
        None,
        found("shift 0.1 sd", "rows", 3, among=lambda column: column in ONE_VALUED),
    ),
    Measure(
        "shift of 0.1 sd, within 3 days, N0: the other columns",
        "shift",
        "",
        None,
        found("shift 0.1 sd", "rows", 3, among=lambda column: column not in ONE_VALUED),
    ),
    *(
        Measure(
            f"shift of {size} sd, within {days} d, {said}",
            "shift",
            "",
            None,
            found(f"shift {size} sd", track, days),
        )
        for size, days, track, said in (
            ("0.25", 1, "days", "N1"),
            ("0.5", 1, "days", "N1"),
            ("1", 1, "days", "N1"),
            ("1", 1, "natural", "natural"),
        )
    ),
    *(
        Measure(
            f"swap of {share} that keeps every count, within 1 day, {said}",
            "joint",
            "≥ 90 %" if share == "10 %" else "",
            at_least(0.9) if share == "10 %" else None,
            found(f"swap of {share}", track, 1),
        )
        for share in ("10 %", "30 %")
        for track, said in (("rows", "N0"), ("days", "N1"), ("natural", "natural"))
    ),
    *(
        Measure(
            f"labels of one carrier flipped, p = {p}: days after labels to {what}, {said}",
            "concept",
            "median ≤ 2" if p == "0.3" and by == "found" else "",
            at_most(2) if p == "0.3" and by == "found" else None,
            delay(f"labels flipped, p = {p}", track, by),
        )
        for p in ("0.3", "0.5")
        for by, what in (("found", "alarm"), ("paged", "page"))
        for track, said in (("rows", "N0"), ("days", "N1"), ("natural", "natural"))
    ),
    Measure(
        "planted column among the first 3 reasons, where found",
        "cause",
        "≥ 95 %",
        at_least(0.95),
        hit(3),
    ),
    Measure(
        "planted column is the first reason, where found",
        "cause",
        "≥ 80 %",
        at_least(0.8),
        hit(1),
    ),
    Measure("planted bugs named", "bugs", "≥ 95 %", at_least(0.95), named),
    Measure(
        "planted bugs named, but for those that a usual day hides",
        "bugs",
        "",
        None,
        named_if_shown,
    ),
    Measure("real changes called bugs", "bugs", "≤ 2 %", at_most(0.02), called_bugs),
    *(m for lag, bar in ((7, 0.75), (30, 0.9)) for m in _estimates(lag, bar)),
    *(m for lag in (7, 30) for m in _estimates(lag, metrics=("roc_auc",))),
)
"""Every measure, in the order of the page."""


def softer(records: Sequence[Record]) -> list[tuple[str, str, Figure, Figure]]:
    """Every planted kind with its share found and paged in time, per track."""
    known = {(r["name"], r["track"]): r for r in kept(records, "planted")}
    lines = []
    for name, track in known:
        limit = _limit(name)
        lines.append(
            (
                name,
                track,
                found(name, track, limit)(records),
                found(name, track, limit, "paged")(records),
            )
        )
    return lines


def _limit(name: str) -> int:
    return next((p.days for p in ALL if p.name == name), MISSED)
