"""What is read off the records: shares, delays and errors, each with its interval."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from benchmarks.detection.interval import Share, clustered

Record = dict[str, Any]
MISSED = 15
"""Days that count for a change that was never found."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and how it is said; None where there was nothing to measure."""

    value: float | None
    said: str
    raw: dict[str, Any]


def said(share: Share) -> Figure:
    """A share as a figure."""
    raw = {
        "hits": share.hits,
        "n": share.n,
        "seeds": share.seeds,
        "lower": share.lower,
        "upper": share.upper,
    }
    kept = {
        k: None if isinstance(v, float) and math.isnan(v) else v for k, v in raw.items()
    }
    return Figure(share.value if share.n else None, share.said, kept)


def kept(records: Iterable[Record], kind: str, **facts: Any) -> list[Record]:
    """The records of a kind with these facts; a tuple is a choice."""

    def fits(record: Record) -> bool:
        return record["kind"] == kind and all(
            record[k] in (v if isinstance(v, tuple) else (v,)) for k, v in facts.items()
        )

    return [record for record in records if fits(record)]


def share_by_seed(cases: Iterable[tuple[int, bool]]) -> Figure:
    """Cases with their seeds as a share."""
    grouped: dict[int, list[bool]] = defaultdict(list)
    for seed, hit in cases:
        grouped[seed].append(hit)
    return said(clustered(grouped))


def marked(track: str, mark: str) -> Callable[[Sequence[Record]], Figure]:
    """The share of unchanged days with a mark."""

    def of(records: Sequence[Record]) -> Figure:
        return share_by_seed(
            (r["seed"], m == "1")
            for r in kept(records, "quiet", track=track)
            for m in r[mark]
        )

    return of


def paged_inside(records: Sequence[Record]) -> Figure:
    """Pages on the days of the natural order whose metric was inside its band."""
    return share_by_seed(
        (r["seed"], page == "1")
        for r in kept(records, "quiet", track="natural")
        for page, inside in zip(r["paged"], r["inside"], strict=True)
        if inside == "1"
    )


def per_feature_day(track: str) -> Callable[[Sequence[Record]], Figure]:
    """Alarms of features per 100 feature-days, pages and digests together."""

    def of(records: Sequence[Record]) -> Figure:
        found = kept(records, "quiet", track=track)
        alarms = sum(sum(r["breached"]) for r in found)
        days = sum(len(r["breached"]) * r["features"] for r in found)
        if not days:
            return Figure(None, "not measured", {})
        rate = 100 * alarms / days
        return Figure(rate, f"{rate:.2g}", {"alarms": alarms, "feature_days": days})

    return of


def found(
    names: str | tuple[str, ...],
    track: str,
    days: int,
    by: str = "found",
    among: Callable[[str], bool] = bool,
) -> Callable[[Sequence[Record]], Figure]:
    """The share of planted changes found (or paged) within so many days, among columns."""

    def of(records: Sequence[Record]) -> Figure:
        return share_by_seed(
            (r["seed"], r[by] is not None and r[by] < days)
            for r in kept(records, "planted", name=names, track=track)
            if among(r["column"])
        )

    return of


def delay(name: str, track: str, by: str) -> Callable[[Sequence[Record]], Figure]:
    """The median of days from the first labels of a changed day to its alarm."""

    def of(records: Sequence[Record]) -> Figure:
        cases = kept(records, "planted", name=name, track=track)
        delays = [MISSED if r[by] is None else r[by] - r["lag"] for r in cases]
        if not delays:
            return Figure(None, "not measured", {})
        low, high = _of_median(delays)
        missed = sum(d == MISSED for d in delays)
        value = median(delays)
        text = f"{value:g} d ({low:g}–{high:g}; missed {missed} of {len(delays)})"
        return Figure(value, text, {"delays": delays})

    return of


def _of_median(values: Sequence[float]) -> tuple[float, float]:
    """A 95 % interval of the median, by order statistics."""
    ordered, n = sorted(values), len(values)
    reach = 0.98 * math.sqrt(n)
    low, high = int(max(n / 2 - reach, 0)), int(min(n / 2 + reach, n - 1))
    return ordered[low], ordered[high]


def hit(at: int) -> Callable[[Sequence[Record]], Figure]:
    """Of the changes that were found: those whose column was among the first reasons."""

    def of(records: Sequence[Record]) -> Figure:
        cases = kept(records, "planted")
        return share_by_seed(
            (r["seed"], r["rank"] <= at)
            for r in cases
            if r["rank"] and r["column"] != "rows" and r["family"] != "concept"
        )

    return of


def named(records: Sequence[Record]) -> Figure:
    """The share of planted bugs whose cause is named."""
    return share_by_seed(
        (r["seed"], bool(r["named"]))
        for r in kept(records, "planted")
        if r["bug"] and r["family"] in ("bug", "hard")
    )


def named_if_shown(records: Sequence[Record]) -> Figure:
    """The same without those after which the day is like one of the reference's."""
    return named([r for r in records if not r.get("hidden")])


def called_bugs(records: Sequence[Record]) -> Figure:
    """The share of real changes, planted or of the natural order, that are called bugs.

    The weather is truly missing on some natural days: saying so is no mistake.
    """
    planted = [
        (r["seed"], bool(_mistaken(r["causes"])))
        for r in kept(records, "planted", family=("shift", "world", "concept"))
    ]
    natural = [
        (r["seed"], bool(_mistaken(r["causes"].get(str(day), ()))))
        for r in kept(records, "quiet", track="natural")
        for day in range(len(r["paged"]))
    ]
    return share_by_seed([*planted, *natural])


def _mistaken(causes: Iterable[str]) -> list[str]:
    return [cause for cause in causes if "missing" not in cause]


PLAIN = ("accuracy", "mae")
"""What is estimated by the bar: a classification's accuracy, a regression's MAE."""


def estimate_ratio(
    lag: int, metrics: tuple[str, ...] = PLAIN
) -> Callable[[Sequence[Record]], Figure]:
    """The mean absolute error of the estimate over that of the reference's usual value."""

    def of(records: Sequence[Record]) -> Figure:
        known = kept(records, "estimate", track="natural", lag=lag, metric=metrics)
        pairs = {
            r["seed"]: _errors(r) for r in known if any(len(d) == 4 for d in r["days"])
        }
        if not pairs:
            return Figure(None, "not available", {})
        ratio = _ratio(list(pairs.values()))
        low, high = _resampled(list(pairs.values()))
        text = f"{ratio:.2f} ({low:.2f}–{high:.2f}; {len(pairs)} seeds)"
        return Figure(ratio, text, {"seeds": len(pairs)})

    return of


def _errors(record: Record) -> tuple[float, float]:
    days = [day for day in record["days"] if len(day) == 4]
    ours = sum(abs(day[0] - day[1]) for day in days)
    return ours, sum(abs(day[0] - record["usual"]) for day in days)


def _ratio(pairs: Sequence[tuple[float, float]]) -> float:
    ours, usual = (sum(side) for side in zip(*pairs, strict=True))
    return ours / usual


def _resampled(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """A 95 % interval by drawing the seeds anew."""
    rng = np.random.default_rng(0)
    draws = [
        _ratio([pairs[i] for i in rng.integers(0, len(pairs), len(pairs))])
        for _ in range(500)
    ]
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def coverage(
    lag: int, metrics: tuple[str, ...] = PLAIN
) -> Callable[[Sequence[Record]], Figure]:
    """The share of days whose realised metric is inside the band of the estimate."""

    def of(records: Sequence[Record]) -> Figure:
        days = [
            (r["seed"], day)
            for r in kept(records, "estimate", track="natural", lag=lag, metric=metrics)
            for day in r["days"]
            if len(day) == 4
        ]
        if not days:
            return Figure(None, "not available", {})
        figure = share_by_seed((s, d[2] <= d[0] <= d[3]) for s, d in days)
        width = float(np.median([day[3] - day[2] for _, day in days]))
        text = f"{figure.said}, width {width:.2g}"
        return Figure(figure.value, text, figure.raw | {"width": width})

    return of
