"""What Dask's workers do with one partition, whatever kind of table it is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import polars.selectors as cs

from driftline.adapters.engines import local
from driftline.adapters.engines._polars import collect, profile_of, value_counts
from driftline.adapters.engines._repeats import Repeats, repeats_of
from driftline.adapters.engines._segments import profile_segments_of
from driftline.adapters.engines._types import text
from driftline.core.labels.tally import Question, Tally, segment_rows, tally
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile
from driftline.core.slice import Slice


def frame(part: Any) -> pl.LazyFrame:
    """A partition of any kind as a Polars frame."""
    if isinstance(part, pl.LazyFrame):
        return part
    if isinstance(part, pl.DataFrame):
        return part.lazy()
    if hasattr(part, "to_batches"):
        return pl.DataFrame(pl.from_arrow(part)).lazy()
    return pl.DataFrame(pl.from_pandas(part, nan_to_null=False)).lazy()


def counted(part: Any, rows: Slice, plan: Plan) -> Profile:
    """Its profile."""
    return profile_of(replace(rows, data=frame(part)), plan)


def segments(
    part: Any, rows: Slice, plan: Plan, by: tuple[str, Sequence[str]]
) -> tuple[Profile, dict[str, Profile]]:
    """Its profile, and those of its segments."""
    return profile_segments_of(replace(rows, data=frame(part)), plan, *by)


def repeats(part: Any, rows: Slice, names: list[str]) -> Repeats:
    """What is known of rows that repeat another."""
    return repeats_of(replace(rows, data=frame(part)), names)


def height(part: Any, origin: str) -> int:
    """How many rows it has."""
    return int(collect([frame(part).select(pl.len())], origin)[0].item())


def taken(
    part: Any, wanted: list[int] | None = None, *, names: list[str], origin: str
) -> pl.DataFrame:
    """These rows of it, or all."""
    table = collect([frame(part).select(cs.by_name(*names))], origin)[0]
    return table if wanted is None else pl.DataFrame(table[wanted])


def segment_rows_of(
    part: Any, question: Question, names: list[str], origin: str
) -> pl.DataFrame:
    """Its labelled rows per value of each segment column."""
    return segment_rows(taken(part, names=names, origin=origin), question.roles)


def tallied(part: Any, question: Question, names: list[str], origin: str) -> Tally:
    """Its counts of labels and predictions."""
    return tally(taken(part, names=names, origin=origin), question)


def values(part: Any, name: str, origin: str) -> pl.DataFrame:
    """The column's values as text, with how often each occurs."""
    whole = frame(part)
    listed = text(name, whole.collect_schema()[name]).alias("0")
    return collect([value_counts(whole.select(listed), "0")], origin)[0]


def joined(
    part: Any, rows: Slice, labels: Slice, key: list[str], label: str
) -> pl.LazyFrame:
    """The partition's rows with their labels."""
    engine = local.LocalEngine(local.Settings())
    own = replace(rows, data=frame(part))
    found: pl.LazyFrame = engine.join_labels(own, labels, key, label).data
    return found
