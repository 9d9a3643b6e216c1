"""Great Expectations by its Spark engine: all rows, and the findings of its pandas engine."""

import json
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from driftline.adapters.engines import spark as engines
from driftline.adapters.validators import great_expectations as adapter
from driftline.app.judge import validate
from driftline.core.finding import Finding, Outcome
from driftline.core.roles import Roles, Task
from driftline.core.window import day_window
from driftline.ports import Context
from tests.servers import spark as server

pytestmark = [
    pytest.mark.real("java"),
    # An extra and Java: the reason says which is missing, and CI installs both.
    pytest.mark.skipif(bool(server.missing()), reason=server.missing()),
]

WINDOW = day_window(date(2026, 1, 5))
ROLES = Roles(Task.BINARY, "at", "amount", key=("id",))
IS_AA = {
    "type": "comparison",
    "column": {"name": "word"},
    "operator": "==",
    "parameter": "aa",
}


def rows() -> pl.DataFrame:
    """Rows of every kind of column that both engines know, some with odd names."""
    times = [datetime(2026, 1, day) for day in (1, 2, 3)]
    return pl.DataFrame(
        {
            "id": [10, 11, 12, 13, 14, 15, 16, 16],
            "amount": [1.0, 2.0, float("inf"), None, float("nan"), 3.0, 4.0, 5.0],
            "count": [1, 2, 3, None, 5, 6, 7, 8],
            "word": ["aa", "bb", "c", None, "aa", "bb", "", "aa"],
            "empty": pl.Series([None] * 8, dtype=pl.Float64),
            "nan": [float("nan")] * 8,
            "list": [[1], [2, 3], [4], None] * 2,
            "flag": [True, False, True, None] * 2,
            "money": pl.Series([1, 2, 3, 4] * 2).cast(pl.Decimal(10, 2)),
            "colour": pl.Series(["red", "red", "blue", None] * 2, dtype=pl.Categorical),
            "at": [*times, None] * 2,
            "day": [*(time.date() for time in times), None] * 2,
            "zoned": pl.Series([*times, None] * 2).dt.replace_time_zone("Europe/Oslo"),
            "odd `na.me`": [1, 2, 3, 4] * 2,
        }
    )


def expect(kind: str, **kwargs: Any) -> dict[str, Any]:
    """One entry of a suite."""
    return {"type": f"expect_{kind}", "kwargs": kwargs}


BETWEEN, IN_SET = "column_values_to_be_between", "column_values_to_be_in_set"
NOT_NULL, REGEX = "column_values_to_not_be_null", "column_values_to_match_regex"
SUITE = [
    expect("table_row_count_to_be_between", min_value=9),
    expect("column_to_exist", column="wrd"),
    expect(BETWEEN, column="amount", max_value=3),
    expect(BETWEEN, column="amount", min_value=0, max_value=3, mostly=0.5),
    expect(BETWEEN, column="money", max_value=2.5),
    expect(BETWEEN, column="at", min_value="2026-01-02"),
    expect(BETWEEN, column="day", min_value="2026-01-02"),
    expect(BETWEEN, column="zoned", min_value="2026-01-02"),
    expect(BETWEEN, column="empty", min_value=0),
    expect(BETWEEN, column="nan", min_value=0),
    expect(BETWEEN, column="word", min_value=0),
    expect(BETWEEN, column="odd `na.me`", max_value=3),
    expect(BETWEEN, column="count", min_value=2, row_condition=IS_AA),
    *(expect(NOT_NULL, column=name) for name in ("amount", "nan", "list", "word")),
    expect(NOT_NULL, column="list", mostly=0.7),
    expect(IN_SET, column="colour", value_set=["red"]),
    expect(IN_SET, column="flag", value_set=[True, False]),
    expect(IN_SET, column="count", value_set=[1, 2, 3]),
    expect(IN_SET, column="count", value_set=["1"]),
    expect(REGEX, column="word", regex="^..$"),
    expect("column_value_lengths_to_be_between", column="word", min_value=2),
    expect("column_values_to_be_unique", column="id"),
    expect("compound_columns_to_be_unique", column_list=["id", "word"]),
    expect("column_values_to_be_of_type", column="count", type_="number"),
    expect("column_mean_to_be_between", column="count", max_value=3),
    expect("column_max_to_be_between", column="count", max_value=3),
    expect("column_sum_to_be_between", column="count", max_value=3),
    expect("column_stdev_to_be_between", column="count", max_value=1),
    expect("column_median_to_be_between", column="count", max_value=1),
    expect("column_unique_value_count_to_be_between", column="word", max_value=1),
    expect("column_distinct_values_to_be_in_set", column="word", value_set=["aa"]),
]


@pytest.fixture(scope="module")
def session(spark_session: Any) -> Any:
    return spark_session


@pytest.fixture(scope="module")
def engine(session: Any) -> engines.SparkEngine:
    return engines.SparkEngine(engines.Settings(config=server.SMALL))


def findings(
    folder: Any, table: Any, total: int, suite: list[Any], **settings: Any
) -> list[Finding]:
    """What the suite says of these rows."""
    (folder / "suite.json").write_text(json.dumps({"expectations": suite}))
    chosen = adapter.Settings(suite="suite.json", **settings)
    context = Context("shop", str(folder), "UTC", ROLES)
    return adapter.build(chosen, context).check(table, total)


def in_place(engine: engines.SparkEngine, table: pl.DataFrame) -> Any:
    """All columns of the table as the engine offers them."""
    return engine.frame(engine.from_table(table, WINDOW, "memory"), table.columns)


def test_spark_says_what_pandas_says(engine, tmp_path) -> None:
    """Of the same rows every finding is the same: outcome, number, bounds, words, keys."""
    held = engine.table(engine.from_table(rows(), WINDOW, "memory"))
    expected = findings(tmp_path, held, 8, SUITE)
    found = findings(tmp_path, in_place(engine, rows()), 8, SUITE)
    assert {f.outcome for f in found} == set(Outcome)
    assert [f.to_json() for f in found] == [f.to_json() for f in expected]
    assert found[2].evidence["judged_on"] == "all 8 rows"


def test_what_spark_cannot_answer_is_asked_of_a_sample(engine, tmp_path) -> None:
    """The finding says so; its neighbours are judged on all rows."""
    table = pl.concat([rows()] * 4)
    suite = [
        expect("column_values_to_be_increasing", column="odd `na.me`"),
        expect(
            "column_values_to_match_strftime_format",
            column="word",
            strftime_format="%Y",
        ),
        expect(REGEX, column="word", regex="(["),
        expect(NOT_NULL, column="word"),
    ]
    found = findings(tmp_path, in_place(engine, table), 32, suite, sample_rows=16)
    assert [f.evidence["rows"] for f in found][-1] == 32
    assert all(f.outcome is not Outcome.OK for f in found)


def test_the_day_gives_all_rows_to_spark(engine, tmp_path, monkeypatch) -> None:
    """More rows than the sample has are judged, and none is held here."""
    monkeypatch.setattr(engine, "table", lambda *_: pytest.fail("rows were held"))
    table = pl.concat([rows()] * 4)
    held = engine.from_table(table, WINDOW, "memory")
    (tmp_path / "suite.json").write_text(
        json.dumps({"expectations": [expect(NOT_NULL, column="word")]})
    )
    settings = adapter.Settings(suite="suite.json", sample_rows=8)
    validator = adapter.build(settings, Context("shop", str(tmp_path), "UTC", ROLES))
    job: Any = SimpleNamespace(engine=engine, validator=validator, roles=ROLES)
    seen: Any = SimpleNamespace(rows=held, profile=SimpleNamespace(rows=table.height))
    (finding,) = validate(job, seen, None)
    assert "4 of 32 values" in finding.message
    assert finding.evidence["judged_on"] == "all 32 rows"
