"""Plans run on one machine by Polars' streaming engine; memory is flat in rows.

Summarised as numbers: integers, floats, decimals, dates and times (seconds since the
epoch), durations (seconds). As categories: booleans and text. Text with nearly as many
values as rows is an identifier, and nested or binary columns are opaque: only their
nulls are counted.

No monitor file is needed for it, and so no settings' library is imported here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import polars.selectors as cs

from driftline.adapters.engines._numbers import COUNT
from driftline.adapters.engines._polars import (
    collect,
    profile_of,
    scans_apart,
    schema_of,
    value_counts,
)
from driftline.adapters.engines._repeats import repeats_of
from driftline.adapters.engines._sampling import seed_of
from driftline.adapters.engines._segments import profile_segments_of
from driftline.adapters.engines._tables import (
    digest_of_join,
    digest_of_table,
    require,
    require_joinable,
)
from driftline.adapters.engines._types import family, is_numeric, is_text, number, text
from driftline.core.profiles.binning import centre_and_scale, edges
from driftline.core.profiles.grid import grid_of
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import Profile
from driftline.core.slice import Slice
from driftline.core.window import Window
from driftline.ports import Engine

ROW = "\0driftline row"


@dataclass(frozen=True)
class Proposing:
    """How a plan is proposed; `local.Settings` says what each number means."""

    max_edges: int = 20
    max_categories: int = 20_000
    identifier_share: float = 0.5
    identifier_values: int = 100
    sample_rows: int = 1_000_000
    seed: int = 0


class LocalEngine(Engine):
    """`Slice.data` is a Polars LazyFrame."""

    def __init__(self, settings: Proposing) -> None:
        self._settings = settings

    def propose_plan(self, rows: Slice, columns: Sequence[str]) -> Plan:
        """Edges from a seeded sample; categories from all rows where scans are cheap."""
        schema = schema_of(rows)
        require(schema, columns, rows.origin)
        if not scans_apart(rows):
            held = self.table(rows, columns, self._settings.sample_rows)
            rows = replace(rows, data=held.lazy())
        numeric = [name for name in columns if is_numeric(schema[name])]
        texts = [name for name in columns if is_text(schema[name])]
        planned = {name: ColumnPlan(Kind.OPAQUE, str(schema[name])) for name in columns}
        planned |= self._numeric_plans(rows, schema, numeric)
        planned |= self._text_plans(rows, schema, texts)
        return Plan(planned)

    def profile(self, rows: Slice, plan: Plan) -> Profile:
        """One streaming pass; see `_polars` for how it counts."""
        return profile_of(rows, plan)

    def profile_segments(
        self, rows: Slice, plan: Plan, column: str, values: Sequence[str]
    ) -> tuple[Profile, dict[str, Profile]]:
        """One streaming pass; see `_segments` for how it counts."""
        require(schema_of(rows), [column], rows.origin)
        return profile_segments_of(rows, plan, column, values)

    def repeated(self, rows: Slice, columns: Sequence[str] | None = None) -> float:
        """One streaming pass over the columns; memory is bounded by `_repeats.LIMIT`."""
        return repeats_of(rows, columns).share

    def join_labels(
        self, rows: Slice, labels: Slice, key: Sequence[str], label: str
    ) -> Slice:
        """Left join by key; of several labels for one key the last one counts."""
        schema, offered = schema_of(rows), schema_of(labels)
        require(schema, key, rows.origin)
        require(offered, [*key, label], labels.origin)
        require_joinable(schema, offered, key)
        arrived = (
            labels.data.select(
                *(cs.by_name(k).cast(schema[k]) for k in key), cs.by_name(label)
            )
            .drop_nulls(cs.by_name(label))
            .unique(cs.by_name(*key), keep="last", maintain_order=True)
        )
        own = rows.data.select(cs.exclude(cs.by_name(label, require_all=False)))
        joined = own.join(arrived, on=list(key), how="left", maintain_order="left")
        names = {**rows.schema, label: str(offered[label])}
        return rows.with_data(joined, names, digest_of_join(rows, labels, key, label))

    def table(
        self,
        rows: Slice,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Rows in their order; a sample keeps that order too."""
        frame = rows.data
        if columns is not None:
            require(schema_of(rows), columns, rows.origin)
            frame = frame.select(cs.by_name(*columns))
        if limit is not None:
            frame = self._sampled(frame, limit, rows)
        return collect([frame], rows.origin)[0]

    def from_table(self, table: pl.DataFrame, window: Window, origin: str) -> Slice:
        """The table as a slice whose manifest is a digest of its content."""
        schema = {name: str(dtype) for name, dtype in table.schema.items()}
        return Slice(window, table.lazy(), schema, digest_of_table(table), origin)

    def _sampled(self, frame: pl.LazyFrame, limit: int, rows: Slice) -> pl.LazyFrame:
        """Exactly `limit` rows picked by seed, or all when there are no more."""
        height = collect([frame.select(pl.len())], rows.origin)[0].item()
        if height <= limit:
            return frame
        random = np.random.default_rng(seed_of(rows.window, self._settings.seed))
        picked = np.sort(random.choice(height, limit, replace=False, shuffle=False))
        kept = pl.Series([picked], dtype=pl.List(pl.get_index_type()))
        numbered = frame.with_row_index(ROW)
        return numbered.filter(pl.col(ROW).is_in(pl.lit(kept))).drop(ROW)

    def _numeric_plans(
        self, rows: Slice, schema: pl.Schema, names: list[str]
    ) -> dict[str, ColumnPlan]:
        if not names:
            return {}
        numbers = rows.data.select(
            number(name, schema[name]).alias(str(i)) for i, name in enumerate(names)
        )
        sample = self._sampled(numbers, self._settings.sample_rows, rows)
        table = collect([sample], rows.origin)[0]
        return {
            name: self._numeric_plan(column, str(schema[name]))
            for name, column in zip(names, table.iter_columns(), strict=True)
        }

    def _numeric_plan(self, column: pl.Series, dtype: str) -> ColumnPlan:
        values = column.drop_nulls().to_numpy()
        finite = values[np.isfinite(values)]
        ordered = np.sort(finite)
        centre, scale = centre_and_scale(ordered)
        cuts = edges(ordered, self._settings.max_edges)
        plan = ColumnPlan(Kind.NUMERIC, dtype, cuts, centre, scale)
        if family(dtype) != "number":
            return plan
        digits, found = grid_of(finite)
        return replace(plan, decimals=digits, grid=found)

    def _text_plans(
        self, rows: Slice, schema: pl.Schema, names: list[str]
    ) -> dict[str, ColumnPlan]:
        if not names:
            return {}
        texts = rows.data.select(
            text(name, schema[name]).alias(str(i)) for i, name in enumerate(names)
        )
        distinct, present = collect(
            [texts.select(pl.all().approx_n_unique()), texts.select(pl.all().count())],
            rows.origin,
        )
        plans = {n: ColumnPlan(Kind.IDENTIFIER, str(schema[n])) for n in names}
        listed = {
            str(i): name
            for i, name in enumerate(names)
            if not self._is_identifier(distinct[str(i)][0], present[str(i)][0])
        }
        tables = collect([value_counts(texts, i) for i in listed], rows.origin)
        for name, table in zip(listed.values(), tables, strict=True):
            values = self._most_frequent(table)
            plans[name] = ColumnPlan(
                Kind.CATEGORICAL, str(schema[name]), categories=values
            )
        return plans

    def _is_identifier(self, distinct: int, present: int) -> bool:
        many = distinct > self._settings.identifier_values
        return many and distinct > self._settings.identifier_share * present

    def _most_frequent(self, table: pl.DataFrame) -> tuple[str, ...]:
        value = table.columns[0]
        ranked = table.drop_nulls(value).sort([COUNT, value], descending=[True, False])
        return tuple(ranked[value].head(self._settings.max_categories))
