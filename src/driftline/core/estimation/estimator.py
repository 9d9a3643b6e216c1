"""What a reference teaches about estimating performance: fitted once, used every day."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import polars as pl

from driftline.core.estimation.outcomes import Calibrated, Outcomes, Rows, learn
from driftline.core.estimation.weighting import Weighting, blend, learn_weighting
from driftline.core.labels.labelled import align
from driftline.core.performance._metric import Labelled, Unmeasured, load_metric
from driftline.core.reference import WINDOW, Measured, Reference
from driftline.core.roles import Roles, Task
from driftline.core.window import Every

FOLDS = 5
"""Blocks of reference days, each estimated by trees grown on the others."""

MOST_DAYS = 180
"""Reference windows whose estimates are compared with their labels, the latest ones."""

DRAWN_PER_DAY = 4000
"""Labels drawn per reference window."""

FEWEST_ROWS = 200
"""Labelled rows in the sample below which nothing is learned from rows."""

FEWEST_BLENDED = 20
"""Reference windows without which weighted rows are not believed to help."""

WINDOW_DAYS = {Every.HOUR: 1 / 24, Every.DAY: 1.0, Every.WEEK: 7.0}


@dataclass(frozen=True, slots=True)
class Day:
    """A window of one metric: its place in time, what its rows say, what its labels said.

    `at` counts windows from some start.
    """

    at: float
    rows: int
    raw: float | None = None
    realised: Measured | None = None


@dataclass(frozen=True, slots=True)
class Estimator:
    """What labels may be, and how far that was right on the reference's own days.

    `days` has, per metric, the reference's labelled windows, oldest first, their `raw`
    estimated by rows of other windows. Without `outcomes` nothing was learned from
    rows, `lack` says why, and every `raw` is None. `parts` says how much of each raw
    estimate is that of weighted rows, as far as it helped on the reference's days.
    """

    roles: Roles
    metrics: tuple[str, ...]
    outcomes: Outcomes | None = None
    days: dict[str, tuple[Day, ...]] = field(default_factory=dict)
    lack: str = ""
    weighting: Weighting | None = None
    parts: dict[str, float] = field(default_factory=dict)

    def raw(self, table: pl.DataFrame) -> dict[str, float]:
        """Each metric as the rows alone have it; what cannot be said is absent."""
        rows = None if self.outcomes is None else usable_rows(table, self.roles)
        if rows is None or self.outcomes is None or len(rows) == 0:
            return {}
        drawn = self.outcomes.draw(rows, seed=0)
        plain = _measured(drawn, self.metrics, self.roles.task)
        counted = [name for name, part in self.parts.items() if part > 0]
        if self.weighting is None or not counted:
            return plain
        like = self.weighting.like(self.weighting.cells(rows.features))
        return _blended(plain, _measured(like, counted, self.roles.task), self.parts)


def fit(
    reference: Reference,
    roles: Roles,
    metrics: Sequence[str],
    every: Every = Every.DAY,
) -> Estimator:
    """The estimator of a reference. Nothing in its rows raises."""
    empty = Estimator(roles, tuple(metrics))
    labelled = _labelled_sample(reference, roles)
    if isinstance(labelled, Unmeasured):
        return replace(
            empty, days=_days(reference, metrics, every, {}), lack=labelled.reason
        )
    outcomes = _learned(labelled, roles)
    assert outcomes is not None
    raws = dict(_by_others(labelled, roles, metrics, outcomes))
    watched = [*roles.features_among(list(reference.plan.columns)), roles.score]
    names = [name or roles.prediction for name in watched]
    weighting = learn_weighting(labelled, reference.plan.columns, names)
    parts: dict[str, float] = {}
    if weighting is not None:
        seen = _by_likeness(labelled, weighting, metrics, roles.task)
        parts = _parts(reference, metrics, raws, seen)
        raws = {
            label: _blended(raw, seen.get(label, {}), parts)
            for label, raw in raws.items()
        }
    days = _days(reference, metrics, every, raws)
    return replace(
        empty, outcomes=outcomes, days=days, weighting=weighting, parts=parts
    )


def usable_rows(table: pl.DataFrame, roles: Roles) -> Rows | None:
    """The rows whose prediction can be read, whether or not the table has labels."""
    assert roles.label is not None
    if roles.label not in table.columns:
        empty = pl.lit(None, dtype=pl.String).alias(roles.label)
        table = table.with_columns(empty)
    aligned = align(table, roles)
    return None if isinstance(aligned, Unmeasured) else Rows.of(aligned, table)


def place(label: str, every: Every) -> float | None:
    """A window's place in time by its label, in windows; None where it names no time.

    >>> place("2013-03-08", Every.DAY) - place("2013-03-01", Every.DAY)
    7.0
    >>> place("2013-W10", Every.WEEK) - place("2013-W08", Every.WEEK)
    2.0
    """
    try:
        moment = datetime.fromisoformat(label)
    except ValueError:
        return None
    days = moment.toordinal() + moment.hour / 24
    return days / WINDOW_DAYS[every]


def _labelled_sample(reference: Reference, roles: Roles) -> Rows | Unmeasured:
    """The sampled rows that have a label, if there are enough and they differ."""
    sample = reference.sample
    if sample is None or roles.label not in sample.columns:
        return Unmeasured("the reference keeps no rows with labels; build it again")
    rows = usable_rows(sample, roles)
    if rows is None:
        return Unmeasured("the predictions of the reference's rows cannot be read")
    rows = rows.take(rows.has_label)
    if len(rows) < FEWEST_ROWS:
        return Unmeasured(
            f"the reference has {len(rows):,} labelled rows with a usable prediction; "
            f"{FEWEST_ROWS:,} are needed"
        )
    if roles.task is not Task.REGRESSION and rows.columns["truth"].n_unique() < 2:
        return Unmeasured("all labels of the reference are of one class")
    return rows


def _by_others(
    labelled: Rows, roles: Roles, metrics: Sequence[str], whole: Outcomes
) -> Iterator[tuple[str, dict[str, float]]]:
    """Per reference window, its metrics as the rows of other windows would have them.

    A curve over the score has too few ways to bend to know its own rows by heart; it is
    not learned anew without them, which would draw good days to the bad and bad days to
    the good.
    """
    labels = labelled.features[WINDOW]
    windows = labels.unique(maintain_order=True).tail(MOST_DAYS).to_list()
    folds = 1 if isinstance(whole, Calibrated) else min(FOLDS, len(windows))
    for held in np.array_split(np.array(windows), folds):
        held_out = labels.is_in(held.tolist())
        others = labelled.take(~held_out)
        outcomes = whole if folds == 1 else _learned(others, roles)
        if outcomes is not None:
            rows = labelled.take(held_out)
            yield from _per_window(rows, outcomes, metrics, roles.task)


def _per_window(
    rows: Rows, outcomes: Outcomes, metrics: Sequence[str], task: Task
) -> Iterator[tuple[str, dict[str, float]]]:
    labels = rows.features[WINDOW]
    rows = replace(rows, drawn=DRAWN_PER_DAY * labels.n_unique())
    drawn = outcomes.draw(rows, seed=0)
    places = np.repeat(labels.to_numpy(), rows.draws)
    for window in labels.unique(maintain_order=True):
        mine = drawn.take(np.flatnonzero(places == window))
        yield window, _measured(mine, metrics, task)


def _by_likeness(
    labelled: Rows, weighting: Weighting, metrics: Sequence[str], task: Task
) -> dict[str, dict[str, float]]:
    """Per reference window, its metrics by other windows' rows weighted to be like it.

    Of too few windows none: they would not tell whether it helps.
    """
    labels, own = labelled.features[WINDOW], weighting.rows.features[WINDOW]
    windows = labels.unique(maintain_order=True).tail(MOST_DAYS)
    if len(windows) < FEWEST_BLENDED:
        return {}
    cells, found = weighting.cells(labelled.features), {}
    for window in windows:
        mine = (labels == window).to_numpy()
        day = [None if codes is None else codes[mine] for codes in cells]
        like = weighting.like(day, (own == window).to_numpy())
        found[window] = _measured(like, metrics, task)
    return found


def _parts(
    reference: Reference,
    metrics: Sequence[str],
    raws: dict[str, dict[str, float]],
    seen: dict[str, dict[str, float]],
) -> dict[str, float]:
    """Per metric, how much of the weighted estimate is taken; 0 with too few days."""
    found = {}
    for metric in metrics:
        days = [
            (raws[label][metric], seen[label][metric], measured[metric].value)
            for label, measured in reference.performance.items()
            if metric in measured
            and metric in raws.get(label, {})
            and metric in seen.get(label, {})
        ]
        plain, weighted, realised = np.array(days).reshape(-1, 3).T
        enough = len(days) >= FEWEST_BLENDED
        found[metric] = blend(plain, weighted, realised) if enough else 0.0
    return found


def _blended(
    plain: dict[str, float], weighted: dict[str, float], parts: dict[str, float]
) -> dict[str, float]:
    """Both estimates of every metric in their parts; a metric that lacks one has none.

    The weighted one counts only beside the plain one, so that days are comparable.
    """
    return {
        name: (1 - part) * value + part * weighted[name] if part else value
        for name, value in plain.items()
        if not (part := parts.get(name, 0.0)) or name in weighted
    }


def _learned(rows: Rows, roles: Roles) -> Outcomes | None:
    """What these rows teach; None where they all have one class."""
    if len(rows) == 0:
        return None
    if roles.task is not Task.REGRESSION and rows.columns["truth"].n_unique() < 2:
        return None
    columns = [name for name in rows.features.columns if name != WINDOW]
    return learn(rows, roles.task, roles.features_among(columns))


def _measured(drawn: Labelled, metrics: Sequence[str], task: Task) -> dict[str, float]:
    """The metrics of labels that were drawn; those that they do not allow are absent."""
    found = {}
    for name in metrics:
        metric = load_metric(name)
        measured = metric(drawn) if task in metric.facts.tasks else None
        if isinstance(measured, Measured):
            found[name] = measured.value
    return found


def _days(
    reference: Reference,
    metrics: Sequence[str],
    every: Every,
    raws: dict[str, dict[str, float]],
) -> dict[str, tuple[Day, ...]]:
    """Every metric's labelled reference windows with their estimates, by place in time."""
    labels = list(reference.performance)[-MOST_DAYS:]
    places = [place(label, every) for label in labels]
    known = [at for at in places if at is not None]
    if len(known) < len(labels) or known != sorted(known):
        known = [float(number) for number in range(len(labels))]
    return {
        metric: tuple(
            Day(at, measured.rows, raws.get(label, {}).get(metric), measured)
            for label, at in zip(labels, known, strict=True)
            if (measured := reference.performance[label].get(metric)) is not None
        )
        for metric in metrics
    }
