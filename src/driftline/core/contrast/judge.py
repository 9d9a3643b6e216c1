"""Groups whose errors parted from the others', on one day or over days."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.contrast.groups import Contrast, column_of, contrasts
from driftline.core.cusum import accumulate, threshold_for
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.joint.coding import Coding, codings
from driftline.core.joint.pairs import told_by
from driftline.core.joint.spread import MOST_BY_DAY
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles
from driftline.core.tails import chi_square_quantile, student_quantile
from driftline.core.threshold import ENOUGH_DAYS

ALLOWANCE = 1.0
"""The slack of the sum, in deviations of a day: a group that is wrong is clearly so."""

CONFIDENCE = 0.75
"""How sure the deviation between days is, as in `core.lasting`."""

TAIL = 6
"""Degrees of freedom of a single day's tail: a storm at one airport is no lasting fault."""

SHOWN = 5
"""Groups that are told of one by one; the clearest."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What one group's contrast does on the reference's days.

    `between` is the deviation between days beyond sampling, `noise` that of one row.
    """

    centre: float
    between: float
    noise: float
    days: int

    def deviations(self, contrast: Contrast) -> float:
        """How many deviations of a day a contrast is from the usual.

        A few rows that are all alike seem sure of themselves: no row is surer than the
        reference's are.
        """
        sampling = max(contrast.error, self.noise / math.sqrt(max(contrast.rows, 1)))
        step = math.hypot(self.between, sampling) * math.sqrt(1 + 1 / self.days)
        return (contrast.value - self.centre) / max(step, 1e-12)


@dataclass(frozen=True, slots=True)
class ContrastSpread:
    """The groups that are watched; none without labelled reference rows of enough days."""

    columns: dict[str, Coding]
    groups: dict[str, Usual]


def measure_contrasts(
    reference: Reference, columns: Sequence[str], roles: Roles
) -> ContrastSpread:
    """Every group that most reference days have, with what its contrast did there."""
    sample = reference.sample
    if sample is None or roles.label not in sample.columns:
        return ContrastSpread({}, {})
    numbers = sample[WINDOW].rle_id().to_numpy().astype(np.int64)
    coded = [
        coding
        for coding in codings(sample, reference.plan.columns, columns)
        if (codes := coding.codes(sample)) is not None
        and told_by(codes, numbers, coding) < MOST_BY_DAY
    ]
    days = [
        contrasts(part, coded, roles)
        for part in sample.partition_by(WINDOW, maintain_order=True)
    ]
    names = dict.fromkeys(name for day in days for name in day)
    series = {name: [day[name] for day in days if name in day] for name in names}
    return ContrastSpread(
        {coding.column: coding for coding in coded},
        {
            name: _usual(found)
            for name, found in series.items()
            if len(found) >= max(ENOUGH_DAYS, len(days) / 2)
        },
    )


def _usual(found: list[Contrast]) -> Usual:
    """The spread between days is what sampling does not explain, taken on the high side."""
    values = np.array([contrast.value for contrast in found])
    rows = np.array([contrast.rows for contrast in found])
    errors = np.array([contrast.error for contrast in found])
    row_noise = float((np.square(errors) * rows).mean())
    freedom = len(values) - 1
    sure = freedom / chi_square_quantile(CONFIDENCE, freedom)
    sampling = float((row_noise / rows).mean())
    between = math.sqrt(max(float(values.var(ddof=1)) * sure - sampling, 0.0))
    return Usual(float(values.mean()), between, math.sqrt(row_noise), len(values))


def look(
    spread: ContrastSpread, table: pl.DataFrame, roles: Roles
) -> dict[str, Contrast]:
    """The watched groups' contrasts in a window's labelled rows."""
    found = contrasts(table, list(spread.columns.values()), roles)
    return {name: found[name] for name in spread.groups if name in found}


def judge_contrasts(
    spread: ContrastSpread,
    past: Sequence[Mapping[str, Contrast]],
    today: Mapping[str, Contrast],
    rate: float,
) -> list[Finding]:
    """A warning for each column with a group whose errors parted, the clearest first.

    `past` holds the earlier labelled windows, oldest first. `rate` is the chance that
    one group may breach in a window like all others: half for the window itself, half
    accumulated (Page, 1954).
    """
    threshold = threshold_for(4 / rate, ALLOWANCE)
    found = [
        parted
        for name, contrast in today.items()
        if (parted := _parted(spread, name, [*past, today], rate, threshold))
    ]
    best: dict[str, _Parted] = {}
    for parted in sorted(found, key=lambda p: p.excess, reverse=True):
        best.setdefault(column_of(parted.name, spread.columns), parted)
    return [_finding(column, p) for column, p in list(best.items())[:SHOWN]]


@dataclass(frozen=True, slots=True)
class _Parted:
    name: str
    contrast: Contrast
    usual: Usual
    deviations: float
    reached: float
    bound: float
    windows: int

    @property
    def excess(self) -> float:
        return self.reached / self.bound


def _parted(
    spread: ContrastSpread,
    name: str,
    windows: Sequence[Mapping[str, Contrast]],
    rate: float,
    threshold: float,
) -> _Parted | None:
    usual, contrast = spread.groups[name], windows[-1][name]
    bound = student_quantile(rate / 4, min(usual.days - 1, TAIL))
    today = usual.deviations(contrast)
    if today <= 0 and name.startswith("error|"):
        return None  # fewer errors than usual are nobody's trouble
    if abs(today) > bound:
        return _Parted(name, contrast, usual, today, abs(today), bound, 1)
    series = [usual.deviations(w[name]) for w in windows if name in w]
    side = 1 if today > 0 else -1
    total = accumulate(
        [side * z for z in series],
        allowance=ALLOWANCE,
        loudest=0.75 * threshold,
        ceiling=threshold,
    )
    if total.value < threshold or total.since is None:
        return None
    lasted = len(series) - total.since
    return _Parted(name, contrast, usual, today, total.value, threshold, lasted)


def _finding(column: str, parted: _Parted) -> Finding:
    kind, _, group = parted.name.partition("|")
    contrast, usual = parted.contrast, parted.usual
    way = "above" if contrast.value > usual.centre else "below"
    what = "is off by" if kind == "bias" else "errs"
    lasted = f" over {parted.windows} windows" if parted.windows > 1 else ""
    evidence: dict[str, Any] = {
        "role": "group",
        "group": group,
        "kind": kind,
        "usual": usual.centre,
        "reference_days": usual.days,
        "rows": contrast.rows,
        "deviations": parted.deviations,
        "windows": parted.windows,
    }
    return Finding(
        Topic.PERFORMANCE,
        column,
        "contrast",
        Outcome.BREACHED,
        Severity.WARNING,
        f"the model {what} {contrast.value:+.3g} more for {group} than for other rows, "
        f"{way} the usual {usual.centre:+.3g}{lasted} ({contrast.rows:,} rows in this one)",
        value=parted.reached,
        bounds=Bounds(upper=parted.bound, origin="the spread of reference days"),
        segment=group,
        evidence=evidence,
    )
