"""Thirty expectations of the kinds that people write, over the day's table of `steps`."""

from typing import Any

from benchmarks.workload import CATEGORIES


def _column(kind: str, column: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_column_{kind}", "kwargs": {"column": column, **kwargs}}


def _present(column: str, mostly: float = 1.0) -> dict[str, Any]:
    return _column("values_to_not_be_null", column, mostly=mostly)


def _inside(column: str, low: float, high: float, mostly: float) -> dict[str, Any]:
    bounds = {"min_value": low, "max_value": high, "mostly": mostly}
    return _column("values_to_be_between", column, **bounds)


def _among(i: int) -> dict[str, Any]:
    values = [f"value-{k}" for k in range(CATEGORIES[i])]
    return _column("values_to_be_in_set", f"c{i}", value_set=values)


def _number(kind: str, column: str, low: float, high: float) -> dict[str, Any]:
    return _column(f"{kind}_to_be_between", column, min_value=low, max_value=high)


TABLE: list[dict[str, Any]] = [
    {
        "type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 500_000, "max_value": 2_000_000},
    },
    _column("to_exist", "order"),
    _column("to_exist", "prediction"),
    _column("values_to_be_of_type", "n05", type_="integer"),
    _column("values_to_be_of_type", "at", type_="datetime"),
]
PRESENCE = [
    *(_present(name) for name in ("order", "at", "prediction")),
    *(_present(name, 0.9) for name in ("n00", "n05", "n10")),
    _number("proportion_of_non_null_values", "n15", 0.9, 1.0),
]
RANGES = [
    _inside("prediction", 0, 1, 1.0),
    _inside("n00", -10, 30, 0.999),
    _inside("n01", 0, 2_000, 0.999),
    _inside("n03", 0, 100, 0.99),
    _inside("n04", 0, 40, 1.0),
    _inside("n05", 0, 99_999, 1.0),
    _inside("n06", 0, 2_000, 0.999),
]
TEXTS = [
    *(_among(i) for i in range(4)),
    _column("values_to_match_regex", "order", regex=r"^o-[0-9]+$"),
    _column("values_to_match_regex", "c4", regex=r"^value-[0-9]+$"),
    _column("value_lengths_to_be_between", "c5", min_value=7, max_value=12),
    _column("values_to_be_unique", "order"),
    _number("unique_value_count", "c6", 100, 150),
]
WHOLE = [
    _number("mean", "n00", 9.5, 10.5),
    _number("stdev", "n00", 2.5, 3.5),
]
SUITE = {
    "name": "suite",
    "expectations": [*TABLE, *PRESENCE, *RANGES, *TEXTS, *WHOLE],
}
