"""Rows that were loaded twice."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.reference import WINDOW
from driftline.core.wording import percent

LEAST = 0.02
"""Fewer repeated rows are nobody's bug."""

AGAIN = 0.15
"""Of rows that stand twice by a load, so many at most stand thrice."""


@undo(
    Facts(
        subjects=frozenset({Subject.SLICE}),
        description="rows that were loaded twice",
        order=1,
    )
)
def duplicated_load(day: Day, name: str) -> Diagnosis | None:
    """Rows stand twice in every column, more than on the reference's days, and not thrice.

    Rows that chance drew again (a resampled day) stand three and four times as well.
    Of a slice of which only some rows are looked at, as much more is twice. Where rows of
    different keys look alike, those count whose keys repeat: none, where no key does.
    """
    columns = [c for c in day.before.columns if c != WINDOW and c in day.rows.columns]
    seen = day.rows.height / max(day.profile.rows, 1)
    times = _times(day.rows, columns)
    alike = float((times - 1).sum()) / day.rows.height / seen
    if alike < LEAST or (times > 1).sum() < 2:
        return None
    usual = _usual(day, columns)
    found = _more_alike(day, alike, usual, times) or _more_keys(day, alike)
    if found is None or not _whole_without(day, found.share, int((times > 1).sum())):
        return None
    return Diagnosis(
        "duplicated_load",
        found.share,
        1.0 - found.usual / found.share,
        f"{percent(found.share)} of the rows stand twice: a part was loaded again",
        "keep one of each",
        {"share": found.share},
    )


@dataclass(frozen=True, slots=True)
class _Repeated:
    """The share of rows that repeat another, and the usual one."""

    share: float
    usual: float


def _more_alike(
    day: Day, alike: float, usual: np.ndarray, times: np.ndarray
) -> _Repeated | None:
    """Whether far more rows than usual look alike, two by two; not where each has its key."""
    if day.repeats == 0.0:
        return None
    limit = limit_of([*usual, 0.0], day.rows.height)
    again = float((times > 2).sum() / (times > 1).sum())
    if alike <= 2 * limit or again > AGAIN:
        return None
    return _Repeated(min(alike, 0.5), float(np.median(usual)))


def _more_keys(day: Day, alike: float) -> _Repeated | None:
    """Whether far more keys than usual repeat, in rows that look alike as well."""
    before = list(day.reference.repeats.values())
    if day.repeats is None or not before or day.repeats < LEAST:
        return None
    limit = limit_of([*before, 0.0], day.profile.rows)
    if day.repeats <= 2 * limit or day.repeats > min(alike, 0.5) + limit:
        return None
    return _Repeated(min(day.repeats, 0.5), float(np.median(before)))


def _times(rows: pl.DataFrame, columns: list[str]) -> np.ndarray:
    """How often each distinct row stands there."""
    return rows.select(columns).hash_rows().value_counts()["count"].to_numpy()


def _usual(day: Day, columns: list[str]) -> np.ndarray:
    """The share of repeated rows on each reference day."""
    counted = (
        pl.DataFrame([day.before[WINDOW], day.before.select(columns).hash_rows()])
        .group_by(WINDOW)
        .agg(pl.nth(1).n_unique().alias("distinct"), pl.len().alias("rows"))
        .sort(WINDOW)
    )
    profiles = day.reference.days
    whole = [
        profiles[label].rows if label in profiles else rows
        for label, rows in zip(counted[WINDOW], counted["rows"], strict=True)
    ]
    twice = 1 - (counted["distinct"] / counted["rows"]).to_numpy()
    return np.asarray(twice / (counted["rows"].to_numpy() / np.array(whole)))


def _whole_without(day: Day, share: float, groups: int) -> bool:
    """Whether a usual day is left without the repetition.

    A day drawn with replacement has too few distinct rows. Many groups tell it already.
    """
    least = min(profile.rows for profile in day.reference.days.values())
    return groups >= 60 or day.profile.rows * (1 - share) >= 0.8 * least
