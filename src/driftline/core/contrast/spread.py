"""What the contrasts of every group do on the reference's days: learned once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from driftline.core.bounds.tails import chi_square_quantile
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.contrast.effects import (
    Array,
    Counted,
    Effects,
    learn_effects,
)
from driftline.core.contrast.groups import FEWEST, Cells, Contrast
from driftline.core.contrast.residuals import outcomes
from driftline.core.joint.coding import Coding, codings
from driftline.core.joint.pairs import told_by
from driftline.core.joint.spread import MOST_BY_DAY
from driftline.core.profiles.plan import Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task

CONFIDENCE = 0.75
"""How sure the deviation between days is, as in `core/bounds/lasting.py`."""

LEAST_SHARE = 1e-4
"""A group's share of the rate at least: one that hardly has rows is seen if it errs wildly."""

HEAVIEST, LIGHTEST = 6.0, 30.0
"""Degrees of freedom between which the tail of a single day is believed to be."""

NO_CELLS = Cells((), ())

WRONG = "share of wrong predictions"
"""What a row's mean loss is called where a prediction is right or wrong."""

NAMED = 0.5
"""What the segments that the monitor names have of the rate, beside their own part."""

SHARES = {"error": 2 / 3, "bias": 1 / 3}
"""What the kinds have of the rate: being wrong is harm, being off may cancel out."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What one group's contrast does on the reference's days, and its rows' mean `loss`.

    `between` is the deviation between days beyond the contrast's own error, and `unsure`
    the variance of the `centre`: a reference keeps some rows of its days, and a day of
    many rows knows its contrast better. `share` is the group's part of the false alarms
    of all groups, and `paged` that of the pages: 0 where it never pages.
    """

    centre: float
    between: float
    days: int
    share: float
    paged: float = 0.0
    loss: float = 0.0
    unsure: float = 0.0

    def deviations(self, contrast: Contrast, windows: float = 1.0) -> float:
        """How many deviations of a day a contrast is from the usual.

        Where so many `windows` are added up, an error of the centre is in each of them.
        """
        power = self.between**2 + contrast.error**2 + windows * self.unsure
        return (contrast.value - self.centre) / max(math.sqrt(power), 1e-12)


@dataclass(frozen=True, slots=True)
class ContrastSpread:
    """The groups that are watched; none without labelled reference rows of enough days.

    `effects` are of each kind of residual. `tail` is the freedom of Student's law that
    single days follow, `together` by how much longer days that stray together make a
    sum, and `loss` a row's usual loss, in the unit of `error`, which `called` names.
    """

    columns: dict[str, Coding]
    groups: dict[str, Usual]
    cells: Cells = NO_CELLS
    effects: dict[str, Effects] | None = None
    tail: float = HEAVIEST
    together: float = 1.0
    loss: float = 0.0
    called: str = WRONG


def group_columns(plan: Plan, roles: Roles) -> list[str]:
    """The columns whose groups are watched: the features and the segments."""
    columns = roles.features_among(list(plan.columns))
    return list(dict.fromkeys([*columns, *roles.segments]))


def measure_contrasts(
    reference: Reference, columns: Sequence[str], roles: Roles
) -> ContrastSpread:
    """Every group that most reference days have, with what its contrast did there."""
    sample = reference.sample
    if sample is None or roles.label not in sample.columns:
        return ContrastSpread({}, {})
    known = outcomes(sample, roles)
    cells = Cells.of(_coded(sample, reference, columns))
    counted = cells.by_window(sample, roles)
    if known is None or len(counted) < ENOUGH_DAYS or not cells.codings:
        return ContrastSpread({}, {})
    effects = {
        kind: learn_effects([day[kind] for day in counted], cells.places, cells.columns)
        for kind in counted[0]
    }
    bare = ContrastSpread({}, {}, cells, effects)
    seen = [_contrasts(bare, day) for day in counted]
    losses = known.losses()
    usual = _with_losses(_usual_of(seen), cells.means(sample, losses))
    groups = _shared(usual, _parts(cells, counted, roles), roles)
    coded = {coding.column: coding for coding in cells.codings}
    series = _series(groups, seen)
    return ContrastSpread(
        coded,
        groups,
        cells,
        effects,
        _tail(series),
        _together(series),
        float(losses[np.isfinite(losses)].mean()),
        _called(losses, roles),
    )


def look(
    spread: ContrastSpread, table: pl.DataFrame, roles: Roles
) -> dict[str, Contrast]:
    """The watched groups' contrasts in a window's labelled rows."""
    if not spread.groups:
        return {}
    found = _contrasts(spread, spread.cells.counted(table, roles))
    return {name: found[name] for name in spread.groups if name in found}


def _coded(
    sample: pl.DataFrame, reference: Reference, columns: Sequence[str]
) -> list[Coding]:
    """Columns that differ within a day: one that the day tells has no group of its own."""
    numbers = sample[WINDOW].rle_id().to_numpy().astype(np.int64)
    return [
        coding
        for coding in codings(sample, reference.plan.columns, columns)
        if (codes := coding.codes(sample)) is not None
        and told_by(codes, numbers, coding) < MOST_BY_DAY
    ]


def _contrasts(spread: ContrastSpread, day: dict[str, Counted]) -> dict[str, Contrast]:
    """Every group's contrast by name, `bias|carrier=UA`; groups of few rows are left out."""
    assert spread.effects is not None
    found = {}
    for kind, counted in day.items():
        values, errors = spread.effects[kind].contrasts(counted)
        rows = counted.rows
        for cell, name, _ in spread.cells.named():
            if FEWEST <= rows[cell] <= rows[-1] - FEWEST:
                found[f"{kind}|{name}"] = Contrast(
                    float(values[cell]),
                    float(errors[cell]),
                    int(rows[cell]),
                    counted.weight,
                )
    return found


def _usual_of(seen: Sequence[dict[str, Contrast]]) -> dict[str, Usual]:
    """Groups that most days have."""
    least = max(ENOUGH_DAYS, len(seen) / 2)
    found: dict[str, list[Contrast]] = {}
    for day in seen:
        for name, contrast in day.items():
            found.setdefault(name, []).append(contrast)
    return {name: _usual(days) for name, days in found.items() if len(days) >= least}


def _usual(found: list[Contrast]) -> Usual:
    """The spread between days is what their errors do not explain, on the high side."""
    values = np.array([contrast.value for contrast in found])
    errors = np.array([contrast.error for contrast in found])
    freedom = len(values) - 1
    sure = freedom / chi_square_quantile(CONFIDENCE, freedom)
    own = float(np.square(errors).mean())
    between = max(float(values.var(ddof=1)) * sure - own, 0.0)
    unsure = (between + own) / len(values)
    return Usual(
        float(values.mean()), math.sqrt(between), len(values), 0.0, unsure=unsure
    )


def _parts(
    cells: Cells, counted: Sequence[dict[str, Counted]], roles: Roles
) -> dict[str, tuple[str, float]]:
    """Each group's column and its part of the rate: columns alike, groups by their rows.

    Named segments have half, and their part of the other half.
    """
    rows = np.mean([next(iter(day.values())).rows for day in counted], axis=0)
    columns = [coding.column for coding in cells.codings]
    named = [column for column in columns if column in roles.segments]
    part = dict.fromkeys(columns, (1 - NAMED if named else 1.0) / len(columns))
    for column in named:
        part[column] += NAMED / len(named)
    return {
        name: (column, float(rows[cell] / max(rows[-1], 1)) * part[column])
        for cell, name, column in cells.named()
    }


def _shared(
    usual: dict[str, Usual], parts: dict[str, tuple[str, float]], roles: Roles
) -> dict[str, Usual]:
    """The groups with their shares; pages are for errors of segments that are named."""
    kinds = {name.partition("|")[0] for name in usual}
    whole = sum(SHARES[kind] for kind in kinds)
    found = {}
    for name, group in usual.items():
        kind, _, cell = name.partition("|")
        column, part = parts[cell]
        pages = kind == "error" and column in roles.segments
        share = max(SHARES[kind] / whole * part, LEAST_SHARE)
        found[name] = replace(group, share=share, paged=part if pages else 0.0)
    paged = sum(group.paged for group in found.values()) or 1.0
    return {n: replace(group, paged=group.paged / paged) for n, group in found.items()}


def _series(groups: dict[str, Usual], seen: list[dict[str, Contrast]]) -> list[Array]:
    """Every group's deviations, day by day."""
    return [
        np.array([usual.deviations(day[name]) for day in seen if name in day])
        for name, usual in groups.items()
    ]


def _together(series: Sequence[Array]) -> float:
    """The deviation of a sum of days over that of as many independent ones.

    (1 + r) / (1 - r) is a first-order autoregression's, with one r of all groups.
    """
    power = sum(float(days @ days) for days in series)
    shared = sum(float(days[:-1] @ days[1:]) for days in series)
    correlation = min(max(shared / power, 0.0), 0.9) if power > 0 else 0.0
    return math.sqrt((1 + correlation) / (1 - correlation))


def _tail(series: Sequence[Array]) -> float:
    """By the kurtosis of all groups' deviations: Student's is 3 + 6 / (freedom - 4)."""
    deviations = np.concatenate([*series, np.zeros(0)])
    power = float(np.square(deviations).mean()) if deviations.size else 0.0
    if power <= 0:
        return HEAVIEST
    beyond = float((deviations**4).mean()) / power**2 - 3
    freedom = 4 + 6 / beyond if beyond > 0 else LIGHTEST
    return min(max(freedom, HEAVIEST), LIGHTEST)


def _called(losses: Array, roles: Roles) -> str:
    """What the mean of losses is called."""
    if roles.task is Task.REGRESSION:
        return "mean absolute error"
    called = np.isin(losses[np.isfinite(losses)], (0.0, 1.0)).all()
    return WRONG if called else "mean squared error"


def _with_losses(usual: dict[str, Usual], losses: dict[str, float]) -> dict[str, Usual]:
    """The groups with the mean loss of their rows in the reference."""
    return {
        name: replace(group, loss=losses.get(name.partition("|")[2], 0.0))
        for name, group in usual.items()
    }
