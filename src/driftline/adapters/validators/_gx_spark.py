"""Great Expectations over all rows of a Spark DataFrame, by its Spark engine.

Its Spark engine reads dots and quotes in names as syntax, and NaN as a value; so columns
get plain names and NaN is null, as for the pandas engine. What it cannot answer is said
by `raised`, as there: such expectations are asked again of a sample.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from driftline.adapters.validators import _gx_run
from driftline.adapters.validators import _gx_types as types
from driftline.adapters.validators._gx_run import Judged
from driftline.adapters.validators._gx_slice import Table
from driftline.adapters.validators._gx_suite import Expectation
from driftline.errors import SliceUnavailable
from driftline.ports import Frame

KIND = "spark"
_NAMES = ("column", "column_A", "column_B")


def table(rows: Frame, total: int) -> Table:
    """The rows with their missing values counted in one Spark job."""
    from pyspark.sql import functions as f

    plain = _plain(rows)
    counted = [f.sum(f.isnull(plain[name]).cast("int")) for name in plain.columns]
    try:
        found = plain.agg(*counted).collect()[0] if counted else []
    except Exception as error:
        raise SliceUnavailable(
            f"Spark could not count missing values ({type(error).__name__}); its own log "
            "has the reason. Nothing of the slice was used."
        ) from error
    missing = dict(zip(rows.schema, map(int, found), strict=True))
    return Table(dict(rows.schema), total, total, missing)


def judge(
    expectations: Sequence[Expectation], rows: Frame, key: Sequence[str], examples: int
) -> list[Judged]:
    """One answer per expectation, in their order; those that raise, asked alone first."""
    if not expectations:
        return []
    names = {name: f"c{i}" for i, name in enumerate(rows.schema)}
    shown = {names[name]: name for name in key if name in names}
    asked: list[dict[str, Any]] = [
        {"id": str(i), "type": e.type, "kwargs": _renamed(e, rows, names)}
        for i, e in enumerate(expectations)
    ]
    formats = _gx_run.result_format(examples if shown else 0)
    formats |= {"unexpected_index_column_names": list(shown)} if shown else {}
    with _gx_run.spark_batch(_plain(rows)) as held:
        found = _gx_run.validate(held, asked, formats)
        for one in asked if len(asked) > 1 else []:
            if _gx_run.judged(found[one["id"]], ()).raised:
                found |= _gx_run.validate(held, [one], formats)
    return [
        _gx_run.judged(found[one["id"]], _failing(found[one["id"]], shown))
        for one in asked
    ]


def _plain(rows: Frame) -> Any:
    """Columns as `c0`, `c1`, …, in types that compare as people expect."""
    from pyspark.sql import functions as f

    columns = []
    for i, dtype in enumerate(rows.schema.values()):
        column = rows.data[str(i)]
        if dtype.is_float():
            column = f.when(~f.isnan(column), column)
        if dtype.is_decimal():
            column = column.cast("double")
        columns.append(column.alias(f"c{i}"))
    return rows.data.select(columns)


def _renamed(
    expectation: Expectation, rows: Frame, names: Mapping[str, str]
) -> dict[str, Any]:
    """The kwargs with the frame's names, and times where the column holds times."""
    kwargs: dict[str, Any] = _gx_run.timed(expectation, _zoned(rows))
    renamed: dict[str, Any] = {n: names[kwargs[n]] for n in _NAMES if n in kwargs}
    if "column_list" in kwargs:
        renamed["column_list"] = [names[name] for name in kwargs["column_list"]]
    if kwargs.get("row_condition"):
        renamed["row_condition"] = _renamed_condition(kwargs["row_condition"], names)
    return kwargs | renamed


def _zoned(rows: Frame) -> dict[str, pl.DataType]:
    """Spark compares times without a zone with others by the session's clock."""
    clock = rows.data.sparkSession.conf.get("spark.sql.session.timeZone")
    return {
        name: pl.Datetime("us", dtype.time_zone or clock)
        if isinstance(dtype, pl.Datetime)
        else pl.Datetime("us", clock)
        if types.family(str(dtype)) in types.TIMES
        else dtype
        for name, dtype in rows.schema.items()
    }


def _renamed_condition(condition: Any, names: Mapping[str, str]) -> Any:
    if isinstance(condition, list):
        return [_renamed_condition(part, names) for part in condition]
    if not isinstance(condition, dict):
        return condition
    inner = {key: _renamed_condition(part, names) for key, part in condition.items()}
    if isinstance(condition.get("column"), dict):
        name = condition["column"]["name"]
        inner["column"] = {**condition["column"], "name": names[name]}
    return inner


def _failing(result: Any, shown: Mapping[str, str]) -> list[dict[str, Any]]:
    """Keys of failing rows: one object of lists, or one object for each row."""
    if isinstance(result, Exception) or not shown:
        return []
    found = result.result.get("partial_unexpected_index_list") or []
    if found and isinstance(next(iter(found[0].values())), list):
        columns = found[0]
        found = [
            dict(zip(columns, row, strict=True))
            for row in zip(*columns.values(), strict=True)
        ]
    return [{name: row[column] for column, name in shown.items()} for row in found]
