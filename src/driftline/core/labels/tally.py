"""Labels and predictions counted where they lie, so that no row has to travel.

A tally has one entry for all rows that read alike. Tallies of parts add up to the tally
of the whole, whatever the parts: classes, sums of losses and, while a tally has at most
`MOST_EXACT` entries, scores are exact. Beyond that scores are put together by `coarse`;
decisions at the threshold and sums of losses were taken before and stay exact.

Scores that were put together tie. With P and N positives and negatives, of which bin b
holds Pᵦ and Nᵦ, the ROC AUC is off by at most Σ Pᵦ Nᵦ / 2PN, half the share of the pairs
that share a bin; the average precision lies between those of the two orders in which each
bin's negatives come all first, or all last.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import polars as pl

from driftline.core.labels.coarse import coarse
from driftline.core.labels.labelled import (
    GREATEST,
    LEAST,
    MOST_CLASSES,
    ROWS,
    Aligned,
    Spelled,
    aligned,
    class_names,
    complete,
    positive_name,
    spell,
)
from driftline.core.performance._metric import Loss, Unmeasured, load_metric, name_of
from driftline.core.performance._moments import Moments
from driftline.core.roles import Roles, Task

MOST_EXACT = 20_000
"""Entries up to which scores are kept as they are."""

OTHER = "\U0010ffff"
"""Stands for all class names beyond the first `MOST_CLASSES`; sorts after them."""

WHOLE = ""
"""The segment that every row is in."""

SCHEMA = {
    "segment": pl.String,
    "truth": pl.String,
    "predicted": pl.String,
    "called": pl.Boolean,
    "score": pl.Float64,
    ROWS: pl.Int64,
    LEAST: pl.Float64,
    GREATEST: pl.Float64,
}
KEY = [name for name in SCHEMA if name not in (ROWS, LEAST, GREATEST)]


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted: `metrics` by name, and `segments`' values by column."""

    roles: Roles
    metrics: tuple[str, ...]
    segments: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The columns that are read, where they are there."""
        roles = self.roles
        wanted = [roles.prediction, roles.score, roles.label, *roles.segments]
        return [name for name in dict.fromkeys(wanted) if name]

    @property
    def losses(self) -> list[Loss]:
        """What these metrics sum over rows."""
        found = [load_metric(name).facts for name in self.metrics]
        mine = (facts.loss for facts in found if self.roles.task in facts.tasks)
        return [loss for loss in dict.fromkeys(mine) if loss is not None]


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows by what they read, in every segment; `moments` by segment and loss.

    `unreadable` says why the columns could say nothing: then only rows are counted.
    """

    spelled: Spelled
    moments: dict[str, dict[str, Moments]] = field(default_factory=dict)
    is_coarse: bool = False
    unreadable: str = ""

    @property
    def entries(self) -> pl.DataFrame:
        """One entry for all rows that read alike."""
        return self.spelled.columns

    def __add__(self, other: "Tally") -> "Tally":
        """The tally of both sets of rows."""
        spans = [part.spelled.span for part in (self, other) if part.spelled.span]
        ends = [end for span in spans for end in span]
        fractional = self.spelled.fractional or other.spelled.fractional
        entries = pl.concat([self.entries, other.entries])
        if fractional:
            entries = entries.with_columns(pl.lit(None, pl.String).alias("predicted"))
        spelled = Spelled(entries, fractional, (min(ends), max(ends)) if ends else None)
        moments = {
            segment: _added(self.moments, other.moments, segment)
            for segment in {**self.moments, **other.moments}
        }
        reason = self.unreadable or other.unreadable
        return Tally(spelled, moments, self.is_coarse or other.is_coarse, reason)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "entries": self.entries.to_dict(as_series=False),
            "fractional": self.spelled.fractional,
            "span": self.spelled.span,
            "moments": {
                segment: {name: found.to_json() for name, found in known.items()}
                for segment, known in self.moments.items()
            },
            "is_coarse": self.is_coarse,
            "unreadable": self.unreadable,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote."""
        entries = pl.DataFrame(values["entries"], schema=SCHEMA)
        span = tuple(values["span"]) if values["span"] else None
        moments = {
            segment: {name: Moments.from_json(found) for name, found in known.items()}
            for segment, known in values["moments"].items()
        }
        spelled = Spelled(entries, values["fractional"], span)
        return cls(spelled, moments, values["is_coarse"], values["unreadable"])


def tally(table: pl.DataFrame, question: Question) -> Tally:
    """What the rows of a table read, counted."""
    spelled = spell(table, question.roles)
    if isinstance(spelled, Unmeasured):
        nothing = pl.DataFrame({"segment": [WHOLE], ROWS: [table.height]})
        return Tally(Spelled(_entries(nothing)), unreadable=spelled.reason)
    masks = {WHOLE: pl.repeat(True, table.height, eager=True)}
    masks |= _masks(table, question)
    parts = [
        spelled.columns.filter(mask).with_columns(pl.lit(name).alias("segment"))
        for name, mask in masks.items()
    ]
    columns = _entries(_summed(pl.concat(parts), question.roles))
    moments = _moments(spelled, question, masks)
    return merged([Tally(replace(spelled, columns=columns), moments)], question.roles)


def merged(tallies: Sequence[Tally], roles: Roles) -> Tally:
    """All in one: at most so many classes and, beyond `MOST_EXACT` entries, few scores."""
    whole = tallies[0]
    for part in tallies[1:]:
        whole += part
    entries = _grouped(_named(whole.entries, roles))
    rough = whole.is_coarse or entries.height > MOST_EXACT
    if rough:
        entries = _grouped(entries.with_columns(coarse(entries["score"])))
    return replace(
        whole, spelled=replace(whole.spelled, columns=entries), is_coarse=rough
    )


def segment_rows(table: pl.DataFrame, roles: Roles) -> pl.DataFrame:
    """How many complete rows each value of each segment column has.

    Columns: `column`, `value`, `rows`. Null is no segment.
    """
    found = [pl.DataFrame(schema={"column": str, "value": str, ROWS: pl.Int64})]
    spelled = spell(table, roles)
    if isinstance(spelled, Unmeasured):
        return found[0]
    keep = complete(spelled.columns, roles)
    for column in (name for name in roles.segments if name in table.columns):
        values = class_names(table[column]).filter(keep).drop_nulls().alias("value")
        counted = values.value_counts(name=ROWS).with_columns(
            pl.lit(column).alias("column"), pl.col(ROWS).cast(pl.Int64)
        )
        found.append(counted.select("column", "value", ROWS))
    return pl.concat(found)


def _added(
    some: dict[str, dict[str, Moments]], more: dict[str, dict[str, Moments]], name: str
) -> dict[str, Moments]:
    first, second = some.get(name, {}), more.get(name, {})
    both = {key: first[key] + second[key] for key in first if key in second}
    return {**first, **second, **both}


def _masks(table: pl.DataFrame, question: Question) -> dict[str, pl.Series]:
    masks = {}
    for column, values in question.segments.items():
        names = class_names(table[column])
        for value in values:
            masks[f"{column}={value}"] = (names == value).fill_null(value=False)
    return masks


def _entries(columns: pl.DataFrame) -> pl.DataFrame:
    return columns.select(
        (pl.col(name) if name in columns.columns else pl.lit(None))
        .cast(dtype)
        .alias(name)
        for name, dtype in SCHEMA.items()
    )


def _summed(columns: pl.DataFrame, roles: Roles) -> pl.DataFrame:
    """Spelled rows with what is counted; numbers that are only summed are all 0."""
    if roles.task is Task.REGRESSION:
        known = pl.col("truth", "predicted").is_not_null()
        columns = columns.with_columns(known.replace_strict({True: "0", False: None}))
    score = pl.col("score") if "score" in columns.columns else pl.lit(None, pl.Float64)
    usable = pl.when(complete(columns, roles)).then(score)
    return columns.with_columns(
        pl.lit(1, pl.Int64).alias(ROWS), usable.alias(LEAST), usable.alias(GREATEST)
    )


def _grouped(entries: pl.DataFrame) -> pl.DataFrame:
    """One entry for all that read alike, in one order."""
    return (
        entries.group_by(KEY)
        .agg(pl.col(ROWS).sum(), pl.col(LEAST).min(), pl.col(GREATEST).max())
        .sort(KEY)
    )


def _named(entries: pl.DataFrame, roles: Roles) -> pl.DataFrame:
    """Class names beyond the first ones are all `OTHER`; the positive one is kept."""
    for column in ("truth", "predicted"):
        names = entries[column].drop_nulls().unique().sort()
        if len(names) > MOST_CLASSES:
            kept = [*names.head(MOST_CLASSES), positive_name(roles)]
            known = pl.col(column).is_in(kept) | pl.col(column).is_null()
            entries = entries.with_columns(
                pl.when(known)
                .then(pl.col(column))
                .otherwise(pl.lit(OTHER))
                .alias(column)
            )
    return entries


def _moments(
    spelled: Spelled, question: Question, masks: dict[str, pl.Series]
) -> dict[str, dict[str, Moments]]:
    """Sums of losses; numbers are taken for probabilities, as other rows may show."""
    losses = question.losses
    if not losses:
        return {}
    numeric = spelled.span is not None and question.roles.score is None
    rows = aligned(
        replace(spelled, fractional=spelled.fractional or numeric), question.roles
    )
    if not isinstance(rows, Aligned):
        return {}
    return {
        name: _losses(rows, mask, losses, question.roles)
        for name, mask in masks.items()
    }


def _losses(
    rows: Aligned, mask: pl.Series, losses: Iterable[Loss], roles: Roles
) -> dict[str, Moments]:
    kept = rows.rows(mask)
    if roles.task is Task.BINARY and kept.score is None:
        return {}
    with np.errstate(all="ignore"):
        return {name_of(loss): Moments.of(loss(kept)) for loss in losses}
