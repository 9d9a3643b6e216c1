"""Great Expectations over columns in memory: quiet, nothing written, nothing kept.

Expectations on the same columns are judged together, on a frame of these columns alone:
the library drops rows without a value from a whole frame each time, so that others would
be copied too. A pass with the result format SUMMARY finds the counts and the first
failing rows; values never leave the frame, since rows are named by position.

The frame goes straight to the library's `Validator`: its data sources name a frame by a
hash of every value, which for a million rows takes longer than the suite.
"""

import logging
import re
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from driftline.adapters.validators import _gx_types as types
from driftline.adapters.validators._gx_suite import Expectation, great_expectations

_NAME = "rows"
_ONE_AT_A_TIME = threading.Lock()
_EXACT_IN_FLOAT = 2**53
_RAISED = re.compile(r"^(?:\w+\.)*(\w+)(?::|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Judged:
    """What Great Expectations said of one expectation.

    `considered` counts the rows that it looked at (not the nulls that it skips) and
    `unexpected` those that fail; both are None where a column is judged as a whole,
    by its `observed` value. `failing` has the first failing rows, those of their columns
    that a finding may show. `raised` is the name of an exception, without its text.
    """

    success: bool
    unexpected: int | None = None
    considered: int | None = None
    failing: tuple[dict[str, Any], ...] = ()
    observed: Any = None
    raised: str = ""


def judge(
    expectations: Sequence[Expectation],
    rows: pl.DataFrame,
    key: Sequence[str],
    examples: int,
) -> list[Judged]:
    """One answer per expectation, in their order; failing rows by key and subjects."""
    asked: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for i, e in enumerate(expectations):
        configuration = {"id": str(i), "type": e.type, "kwargs": timed(e, rows.schema)}
        asked.setdefault(e.columns, []).append(configuration)
    results: dict[str, Any] = {}
    with quietly():
        for columns, group in asked.items():
            held = _validator(_pandas(rows.select(columns)))
            results |= validate(held, group, result_format(examples))
    return [
        judged(results[str(i)], _failing(results[str(i)], rows, [*key, *e.subjects]))
        for i, e in enumerate(expectations)
    ]


def _failing(
    result: Any, rows: pl.DataFrame, columns: Sequence[str]
) -> list[dict[str, Any]]:
    if isinstance(result, Exception):
        return []
    positions = result.result.get("partial_unexpected_index_list") or []
    present = [name for name in dict.fromkeys(columns) if name in rows.columns]
    return (
        rows.select(present)[list(map(int, positions))].to_dicts() if positions else []
    )


def result_format(examples: int) -> dict[str, Any]:
    return {
        "result_format": "SUMMARY" if examples else "BASIC",
        "partial_unexpected_count": examples,
        "exclude_unexpected_values": True,
        "return_unexpected_index_query": False,
    }


def validate(
    held: Any, configurations: list[dict[str, Any]], formats: dict[str, Any]
) -> dict[str, Any]:
    """Results by id. What makes all of them raise is found by asking one by one."""
    from great_expectations import ExpectationSuite

    suite = ExpectationSuite(name="suite", expectations=configurations)
    try:
        results = held.graph_validate(
            configurations=suite.expectation_configurations,
            runtime_configuration={"result_format": formats},
        )
    except Exception as error:
        if len(configurations) == 1:
            return {configurations[0]["id"]: error}
        alone = [validate(held, [one], formats) for one in configurations]
        return {key: result for one in alone for key, result in one.items()}
    return {result.expectation_config.id: result for result in results}


def _validator(frame: Any) -> Any:
    """What judges this frame, and is gone with it: the shared context holds no row."""
    from great_expectations.core.batch import Batch
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.validator.validator import Validator

    return Validator(
        execution_engine=PandasExecutionEngine(),
        data_context=_context(),
        batches=[Batch(data=frame)],
    )


def judged(result: Any, failing: Sequence[dict[str, Any]]) -> Judged:
    """The answer that a result is, with the rows to show."""
    if isinstance(result, Exception):
        return Judged(success=False, raised=type(result).__name__)
    raised = _raised(result.exception_info)
    if raised:
        return Judged(success=False, raised=raised)
    found = result.result
    considered = found.get("element_count")
    if considered is not None:
        considered -= found.get("missing_count") or 0
    return Judged(
        success=bool(result.success),
        unexpected=found.get("unexpected_count"),
        considered=considered,
        failing=tuple(failing),
        observed=found.get("observed_value"),
    )


def _raised(information: Mapping[str, Any]) -> str:
    """The first exception's name: `exception_info` is flat, or keyed by metric."""
    flat = "raised_exception" in information
    for part in [information] if flat else information.values():
        if part["raised_exception"]:
            names = _RAISED.findall(part["exception_traceback"] or "")
            return next((name for name in names if name != "Traceback"), "an exception")
    return ""


@contextmanager
def spark_batch(frame: Any) -> Iterator[Any]:
    """What judges a Spark DataFrame; afterwards the shared context knows nothing of it."""
    with quietly():
        sources = _context().data_sources
        # In the session that runs; rows are not kept in the workers' memory.
        asset = sources.add_spark(_NAME, persist=False).add_dataframe_asset(_NAME)
        try:
            definition = asset.add_batch_definition_whole_dataframe(_NAME)
            yield _Asked(definition.get_batch(batch_parameters={"dataframe": frame}))
        finally:
            sources.delete(_NAME)


@contextmanager
def quietly() -> Iterator[None]:
    """One suite at a time, without the library's warnings."""
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, slots=True)
class _Asked:
    """A batch that answers as a `Validator` does."""

    batch: Any

    def graph_validate(
        self, configurations: list[Any], runtime_configuration: dict[str, Any]
    ) -> list[Any]:
        """One result per configuration."""
        from great_expectations import ExpectationSuite

        suite = ExpectationSuite(name="suite", expectations=configurations)
        formats = runtime_configuration["result_format"]
        found: list[Any] = self.batch.validate(suite, result_format=formats).results
        return found


@cache
def _context() -> Any:
    """A context in memory, made once: making one takes longer than small suites do."""
    gx = great_expectations()
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # It tells of its temporary folders; a person who reads a verdict need not know.
    logging.getLogger(ProgressBarsConfig.__module__).setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(
        globally=False, metric_calculations=False
    )
    return context


def _pandas(rows: pl.DataFrame) -> Any:
    """Pandas, with types that compare as people expect."""
    plain = rows.with_columns(
        pl.col(pl.Decimal).cast(pl.Float64),
        pl.col(pl.Categorical, pl.Enum).cast(pl.String),
    )
    frame = plain.to_pandas()
    for name in filter(lambda name: _too_long(plain[name]), plain.columns):
        frame[name] = plain[name].to_pandas(use_pyarrow_extension_array=True)
    return frame


def _too_long(column: pl.Series) -> bool:
    """Whole numbers with a gap become floats in pandas, and long ones run together."""
    if not column.dtype.is_integer() or not column.null_count():
        return False
    return bool((column.cast(pl.Float64).abs() > _EXACT_IN_FLOAT).any())


def timed(
    expectation: Expectation, schema: Mapping[str, pl.DataType]
) -> dict[str, Any]:
    """The kwargs with times for text where the column holds times: JSON has none."""
    kwargs = dict(expectation.kwargs)
    dtype = schema.get(kwargs.get("column", ""))
    if dtype is None or types.family(str(dtype)) not in types.TIMES:
        return kwargs
    zone = getattr(dtype, "time_zone", None)
    for name in ("min_value", "max_value"):
        if name in kwargs:
            kwargs[name] = _time(kwargs[name], zone)
    if "value_set" in kwargs:
        kwargs["value_set"] = [_time(value, zone) for value in kwargs["value_set"]]
    return kwargs


def _time(value: Any, zone: str | None) -> Any:
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if zone is not None and moment.tzinfo is None:
        return moment.replace(tzinfo=ZoneInfo(zone))
    return moment
