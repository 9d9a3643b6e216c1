"""Columns and references made of rows, counted plainly with NumPy."""

from dataclasses import replace

import numpy as np

from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import Reference


def numeric_plan(values: np.ndarray, bins: int = 20) -> ColumnPlan:
    """Bins at the quantiles of the values."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]))
    return ColumnPlan(
        Kind.NUMERIC,
        "Float64",
        edges=tuple(edges.tolist()),
        centre=float(values.mean()),
        scale=float(values.std()) or 1.0,
    )


def category_plan(*categories: str) -> ColumnPlan:
    """The named categories."""
    return ColumnPlan(Kind.CATEGORICAL, "String", categories=categories)


def numbers(values: np.ndarray, plan: ColumnPlan, nulls: int = 0) -> ColumnProfile:
    """The profile of these values and so many nulls."""
    finite = values[np.isfinite(values)]
    scaled = (finite - plan.centre) / plan.scale
    places = np.searchsorted(plan.edges, finite, side="left")
    return ColumnProfile(
        rows=len(values) + nulls,
        nulls=nulls,
        infinities=int(np.isinf(values).sum()),
        minimum=float(finite.min()) if len(finite) else None,
        maximum=float(finite.max()) if len(finite) else None,
        total=float(scaled.sum()),
        squares=float((scaled**2).sum()),
        bins=tuple(np.bincount(places, minlength=len(plan.edges) + 1).tolist()),
        dtype=plan.dtype,
    )


def words(values: list[str], plan: ColumnPlan, nulls: int = 0) -> ColumnProfile:
    """The profile of these values and so many nulls."""
    known = {c: values.count(c) for c in plan.categories if c in values}
    strange = [v for v in values if v not in plan.categories]
    return ColumnProfile(
        rows=len(values) + nulls,
        nulls=nulls,
        counts=known,
        unseen=len(strange),
        unseen_examples=tuple(sorted(set(strange))[:5]),
        dtype=plan.dtype,
    )


AIRPORTS = ("EWR", "JFK", "LGA")

PLAN = Plan(
    {
        "temp": numeric_plan(np.random.default_rng(99).normal(15, 5, 5000)),
        "origin": category_plan(*AIRPORTS),
        "late": category_plan("0", "1"),
    }
)


def day(seed: int, rows: int = 900, wander: float = 0.3) -> Profile:
    """One day whose temperature wanders by `wander` sd, with a label that has arrived."""
    rng = np.random.default_rng(seed)
    temp = rng.normal(15 + 5 * wander * rng.normal(), 5, rows)
    origin = rng.choice(AIRPORTS, rows, p=[0.4, 0.35, 0.25]).tolist()
    late = rng.choice(["0", "1"], rows, p=[0.7, 0.3]).tolist()
    columns = {
        "temp": numbers(temp, PLAN.columns["temp"]),
        "origin": words(origin, PLAN.columns["origin"]),
        "late": words(late, PLAN.columns["late"]),
    }
    return Profile(rows, columns, PLAN.digest)


def reference(days: int = 60, rows: int = 900) -> Reference:
    """So many quiet days."""
    return Reference(PLAN, {f"day {i:03}": day(i, rows) for i in range(days)})


def with_column(profile: Profile, name: str, **changes: object) -> Profile:
    """The profile with one column changed."""
    column = replace(profile.columns[name], **changes)
    return replace(profile, columns={**profile.columns, name: column})
