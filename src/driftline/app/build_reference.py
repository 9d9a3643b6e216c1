"""Profile rows that are normal day by day and keep them with the model version."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl

from driftline.app.job import Job
from driftline.app.measure import measure
from driftline.app.pull import pull
from driftline.app.sample import count_repeats, sample, watched_columns
from driftline.core.contrast.kept import kept
from driftline.core.contrast.spread import group_columns, measure_contrasts
from driftline.core.model import ModelVersion
from driftline.core.partial import said
from driftline.core.profiles.plan import Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles
from driftline.core.slice import Slice
from driftline.core.why.importance import importances
from driftline.core.window import Window, spanning
from driftline.errors import ReferenceMissing, SliceCorrupt, SliceMissing
from driftline.ports import Run, call

WIDER = 5
"""How many times the rows that a reference keeps are looked at for groups, which need more:
a group of a hundredth of the rows has two in a day of 222."""


def build_reference(
    job: Job,
    windows: list[Window],
    run: Run = call,
    track: Callable[[list[Window]], Iterable[Window]] = iter,
    *,
    enlist: bool = False,
) -> tuple[ModelVersion, Reference]:
    """The reference of the version now in service, profiled and stored.

    With `enlist`, a model that the registry does not know is entered there first.

    Two passes: the first fixes edges and categories over all rows, the second counts
    each window by them. Raises `ReferenceMissing` when the windows hold no row.
    """
    find = job.registry.enlist if enlist else job.registry.resolve
    model = run(find, job.model, job.alias)
    reference = run(profile_source, job, windows, track)
    run(job.registry.save_reference, model, reference)
    return model, reference


def profile_source(
    job: Job,
    windows: list[Window],
    track: Callable[[list[Window]], Iterable[Window]] = iter,
) -> Reference:
    """The reference over the source's rows in these windows, all of them."""
    whole = pull(job, spanning(windows[0], windows[-1])).slice
    if whole.partial:
        raise SliceCorrupt(f"a reference needs whole days: {said(whole.partial[0])}")
    return profile_windows(job, whole, _slices(job, track(windows)), len(windows))


def _slices(job: Job, windows: Iterable[Window]) -> Iterator[tuple[Window, Slice]]:
    """Those of the windows for which something came."""
    for window in windows:
        try:
            rows = pull(job, window).slice
        except SliceMissing:
            continue
        yield window, rows


def profile_windows(
    job: Job, whole: Slice, slices: Iterable[tuple[Window, Slice]], windows: int
) -> Reference:
    """The reference over so many slices; windows without rows are left out."""
    columns = watched_columns(job, whole)
    plan = job.engine.propose_plan(whole, columns)
    days, performance, samples, repeats = {}, {}, [], {}
    errors: list[pl.DataFrame] = []
    share = job.sample_rows // max(windows, 1)
    for window, rows in slices:
        profile = job.engine.profile(rows, plan)
        if profile.rows == 0:
            continue
        days[window.label] = profile
        repeats[window.label] = count_repeats(job, rows)
        if share:
            seen = sample(job, rows, share * WIDER).with_columns(_label(window))
            errors.append(_outcomes(seen, plan, job.roles))
            samples.append(_thinned(seen, share))
        metrics = measure(job, rows).by_name
        if metrics:
            performance[window.label] = metrics
    if not days:
        raise ReferenceMissing(
            f"no rows between {whole.window.start} and {whole.window.end} in "
            f"{whole.origin}; name days on which the model was sound"
        )
    first, *_, last = [*days, *days]
    origin = f"{sum(p.rows for p in days.values())} rows of {first} to {last}"
    reference = Reference(
        plan, days, performance, origin, _stacked(samples), repeats=repeats
    )
    return replace(
        reference,
        importances=importances(reference, job.roles),
        groups=_groups(replace(reference, sample=_stacked(errors)), job.roles),
    )


def _groups(reference: Reference, roles: Roles) -> dict[str, Any]:
    """What the errors of groups usually do, by more rows than the reference keeps."""
    columns = group_columns(reference.plan, roles)
    return kept(measure_contrasts(reference, columns, roles), columns, roles)


def _outcomes(seen: pl.DataFrame, plan: Plan, roles: Roles) -> pl.DataFrame:
    """What groups of errors are learned from; nothing where there is no label."""
    if roles.label not in seen.columns:
        return seen.clear()
    outputs = (roles.label, roles.prediction, roles.score, WINDOW)
    wanted = {*group_columns(plan, roles), *outputs}
    return seen.select(name for name in seen.columns if name in wanted)


def _thinned(seen: pl.DataFrame, rows: int) -> pl.DataFrame:
    """At most so many of the rows, in their order: others of every window."""
    if seen.height <= rows:
        return seen
    random = np.random.default_rng(crc32(str(seen[WINDOW][0]).encode()))
    return seen[np.sort(random.choice(seen.height, rows, replace=False))]


def _label(window: Window) -> pl.Expr:
    return pl.lit(window.label).alias(WINDOW)


def _stacked(samples: list[pl.DataFrame]) -> pl.DataFrame | None:
    """One table of all windows; a column that changed its type takes the wider one."""
    return pl.concat(samples, how="diagonal_relaxed") if samples else None
