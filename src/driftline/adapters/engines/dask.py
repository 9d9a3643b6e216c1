"""Plans run by Dask: each partition is counted where it is made, and counts add.

`Slice.data` is a sequence of partitions, at least one, or a Dask DataFrame. A partition
is a Polars LazyFrame, or a delayed value that becomes a Polars, Arrow or pandas table.
The same pass as the local engine's runs over each, so the profile is the same to the
last count. A sample is the very one that the local engine takes. Of NumPy columns in
pandas a null cannot be told from NaN: both are counted as NaN.

Labels, and tables asked for whole, are held by this process. Rows in one Polars frame
are counted without Dask.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from pydantic import Field

from driftline.adapters.engines import _partitions, local
from driftline.adapters.engines._numbers import COUNT
from driftline.adapters.engines._planning import sampled_plan
from driftline.adapters.engines._repeats import together
from driftline.adapters.engines._sampling import seed_of
from driftline.adapters.engines._segments import merged_segments
from driftline.adapters.engines._tables import (
    digest_of_join,
    digest_of_table,
    require,
    require_joinable,
)
from driftline.core.labels.realised import with_largest
from driftline.core.labels.tally import Question, Tally
from driftline.core.labels.tally import merged as merged_tallies
from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile, merged
from driftline.core.slice import Slice
from driftline.core.window import Window
from driftline.errors import (
    DependencyMissing,
    DriftlineError,
    SliceCorrupt,
    SliceUnavailable,
)
from driftline.ports import Context, Engine


class Settings(local.Settings):
    """How a plan is proposed, and where the partitions are counted."""

    scheduler: str | None = Field(
        None,
        description="threads, processes or a cluster's address (tcp://host:8786); "
        "when not set, the client of this process, or else threads",
    )
    partition_rows: int = Field(
        200_000, ge=1, description="rows of a partition when a table is cut"
    )


def build(settings: Settings, context: Context) -> Engine:
    """The engine that counts on Dask's workers."""
    if find_spec("dask") is None:
        raise DependencyMissing(
            "engine 'dask' needs dask; try `pip install 'driftline[dask]'`"
        )
    return DaskEngine(settings)


class DaskEngine(Engine):
    """`Slice.data` is a sequence of partitions or a Dask DataFrame."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._local = local.LocalEngine(settings)

    def propose_plan(self, rows: Slice, columns: Sequence[str]) -> Plan:
        """Edges and identifiers from a seeded sample; categories from all rows."""
        if not _in_parts(rows):
            return self._local.propose_plan(rows, columns)
        sample = self.table(rows, columns, self._settings.sample_rows)
        return sampled_plan(
            self._local,
            replace(rows, data=sample.lazy()),
            columns,
            partial(self._categories, rows),
            complete=sample.height < self._settings.sample_rows,
        )

    def profile(self, rows: Slice, plan: Plan) -> Profile:
        """One task for each partition."""
        if not _in_parts(rows):
            return self._local.profile(rows, plan)
        known = [name for name in plan.columns if name in rows.schema]
        count = partial(_partitions.counted, rows=replace(rows, data=None), plan=plan)
        whole = merged(self._each(count, rows, known or list(rows.schema)[:1]))
        extra = set(rows.schema) - set(plan.columns)
        return replace(whole, extra_columns=tuple(sorted(extra)))

    def profile_segments(
        self, rows: Slice, plan: Plan, column: str, values: Sequence[str]
    ) -> tuple[Profile, dict[str, Profile]]:
        """One task for each partition."""
        if not _in_parts(rows):
            return self._local.profile_segments(rows, plan, column, values)
        require(rows.schema, [column], rows.origin)
        wanted = [name for name in rows.schema if name in {*plan.columns, column}]
        count = partial(
            _partitions.segments,
            rows=replace(rows, data=None),
            plan=plan,
            by=(column, values),
        )
        whole, segments = merged_segments(self._each(count, rows, wanted))
        extra = tuple(sorted(set(rows.schema) - set(plan.columns)))
        named = {v: replace(p, extra_columns=extra) for v, p in segments.items()}
        return replace(whole, extra_columns=extra), named

    def repeated(self, rows: Slice, columns: Sequence[str] | None = None) -> float:
        """One task for each partition; what is known of its rows comes back."""
        if not _in_parts(rows):
            return self._local.repeated(rows, columns)
        names = list(rows.schema if columns is None else columns)
        require(rows.schema, names, rows.origin)
        count = partial(_partitions.repeats, rows=replace(rows, data=None), names=names)
        return together(self._each(count, rows, names)).share

    def join_labels(
        self, rows: Slice, labels: Slice, key: Sequence[str], label: str
    ) -> Slice:
        """Left join by key; of several labels for one key the last one counts."""
        require(labels.schema, [*key, label], labels.origin)
        held = self.table(labels, [*key, label])
        offered = replace(labels, data=held.lazy())
        if not _in_parts(rows):
            return self._local.join_labels(rows, offered, key, label)
        require(rows.schema, key, rows.origin)
        require_joinable(rows.schema, labels.schema, key)
        shell = replace(rows, data=None)
        join = partial(
            _partitions.joined, rows=shell, labels=offered, key=list(key), label=label
        )
        joined = _delayed(join, _parts(rows, list(rows.schema)))
        names = {**rows.schema, label: str(held.schema[label])}
        return rows.with_data(joined, names, digest_of_join(rows, labels, key, label))

    def table(
        self,
        rows: Slice,
        columns: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> pl.DataFrame:
        """Rows in the order of the partitions; a sample keeps that order too."""
        if not _in_parts(rows):
            return self._local.table(rows, columns, limit)
        names = list(rows.schema if columns is None else columns)
        require(rows.schema, names, rows.origin)
        wanted = self._wanted(rows, names, limit) if limit is not None else None
        take = partial(_partitions.taken, names=names, origin=rows.origin)
        tables: list[pl.DataFrame] = self._each(take, rows, names, wanted)
        return pl.concat(tables, how="vertical_relaxed")

    def tally(self, rows: Slice, question: Question) -> tuple[Question, Tally] | None:
        """Twice one task for each partition: which segments are large, and what they read."""
        if not _in_parts(rows):
            return None
        known = [name for name in question.columns if name in rows.schema]
        names = known or list(rows.schema)[:1]
        count = partial(_partitions.segment_rows_of, question=question, names=names)
        counts = pl.concat(self._each(partial(count, origin=rows.origin), rows, names))
        question = with_largest(question, counts, names)
        ask = partial(
            _partitions.tallied, question=question, names=names, origin=rows.origin
        )
        return question, merged_tallies(self._each(ask, rows, names), question.roles)

    def from_table(self, table: pl.DataFrame, window: Window, origin: str) -> Slice:
        """The table cut into partitions of `partition_rows`."""
        parts = table.iter_slices(self._settings.partition_rows)
        frames = [part.lazy() for part in parts] or [table.lazy()]
        names = {name: str(dtype) for name, dtype in table.schema.items()}
        return Slice(window, frames, names, digest_of_table(table), origin)

    def _wanted(
        self, rows: Slice, names: list[str], limit: int
    ) -> list[list[int]] | None:
        """Which rows of each partition are in the sample; None when all of them are."""
        heights = self._each(
            partial(_partitions.height, origin=rows.origin), rows, names[:1]
        )
        total = sum(heights)
        if total <= limit:
            return None
        random = np.random.default_rng(seed_of(rows.window, self._settings.seed))
        picked = np.sort(random.choice(total, limit, replace=False, shuffle=False))
        ends = np.cumsum([0, *heights])
        cuts = np.searchsorted(picked, ends)
        return [
            (picked[a:b] - start).tolist()
            for (a, b), start in zip(pairwise(cuts), ends, strict=False)
        ]

    def _categories(self, rows: Slice, name: str) -> tuple[str, ...]:
        count = partial(_partitions.values, name=name, origin=rows.origin)
        tables = self._each(count, rows, [name])
        value = tables[0].columns[0]
        counts = pl.concat(tables).drop_nulls(value).group_by(value).sum()
        ranked = counts.sort([COUNT, value], descending=[True, False])
        return tuple(ranked[value].head(self._settings.max_categories))

    def _each(
        self,
        work: Callable[..., Any],
        rows: Slice,
        names: list[str],
        *more: Iterable[Any] | None,
    ) -> list[Any]:
        """What the work gives for every partition, in their order."""
        tasks = _delayed(work, _parts(rows, names), *more)
        try:
            return self._computed(tasks)
        except DriftlineError:
            raise
        except Exception as error:
            raise _named(error, rows.origin) from error

    def _computed(self, tasks: list[Any]) -> list[Any]:
        import dask

        scheduler = self._settings.scheduler
        if scheduler is None or "://" not in scheduler:
            return list(dask.compute(*tasks, scheduler=scheduler))
        with _client(scheduler) as client:
            return list(client.gather(client.compute(tasks)))


def _client(scheduler: str) -> Any:
    """A client of the cluster, or `SliceUnavailable` with its address."""
    from distributed import Client

    try:
        return Client(scheduler, set_as_default=False)
    except OSError as error:
        raise SliceUnavailable(
            f"the Dask cluster at {scheduler} did not answer; is it running, and is "
            "`scheduler` right?",
            place=scheduler,
        ) from error


def _in_parts(rows: Slice) -> bool:
    return not isinstance(rows.data, pl.LazyFrame)


def _parts(rows: Slice, names: list[str]) -> list[Any]:
    """The partitions; of a Dask DataFrame, with these columns alone."""
    if isinstance(rows.data, Sequence):
        return list(rows.data)
    return list(rows.data[names].to_delayed())


def _delayed(
    work: Callable[..., Any], parts: list[Any], *more: Iterable[Any] | None
) -> list[Any]:
    """One task for each partition. Settings are bound to `work`, unseen by Dask."""
    from dask import delayed

    columns = [parts, *(given for given in more if given is not None)]
    task = delayed(work, pure=False)
    return [task(*given) for given in zip(*columns, strict=True)]


def _named(error: Exception, origin: str) -> DriftlineError:
    """A partition's own error may quote rows, so its text is not passed on."""
    kind = type(error).__name__
    if isinstance(error, OSError) or type(error).__module__.startswith("distributed"):
        return SliceUnavailable(
            f"{origin}: a partition could not be read ({kind}). Nothing of the slice was "
            "used."
        )
    return SliceCorrupt(
        f"{origin}: a partition could not be made or decoded ({kind}). Nothing of the "
        "slice was used; restore the data and run the window again."
    )
