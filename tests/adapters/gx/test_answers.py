"""What each question says of each kind of column; where Great Expectations is wrong, ours."""

import json

import polars as pl
import pytest

from driftline.core.finding import Outcome
from tests.adapters.gx.suites import (
    BETWEEN,
    IN_SET,
    MEAN,
    NOT_NULL,
    OF_TYPE,
    REGEX,
    expect,
)


@pytest.mark.parametrize(
    ("entry", "outcome", "words"),
    [
        (expect(BETWEEN, column="amount", max_value=5), "breached", "1 of 3 values"),
        (expect(BETWEEN, column="money", max_value=4.5), "ok", "0 of 4"),
        (expect(BETWEEN, column="at", min_value="2026-01-02"), "breached", "1 of 3"),
        (expect(BETWEEN, column="day", min_value="2026-01-02"), "breached", "1 of 3"),
        (expect(BETWEEN, column="zoned", min_value="2026-01-02"), "breached", "1 of 3"),
        (expect(BETWEEN, column="word", min_value=0), "errored", "holds String"),
        (expect(BETWEEN, column="mixed", min_value=0), "errored", "TypeError"),
        (expect(BETWEEN, column="list", min_value=0), "errored", "holds List"),
        (expect(BETWEEN, column="empty", min_value=0), "unknown", "all 4 are missing"),
        (
            expect(BETWEEN, column="nothing", min_value=0),
            "unknown",
            "all 4 are missing",
        ),
        (expect(BETWEEN, column="nan", min_value=0), "unknown", "all 4 are missing"),
        (expect(NOT_NULL, column="empty"), "breached", "4 of 4 values (100%)"),
        (expect(NOT_NULL, column="nothing"), "breached", "4 of 4 values (100%)"),
        (expect(NOT_NULL, column="nan"), "breached", "4 of 4 values (100%)"),
        (expect(NOT_NULL, column="list", mostly=0.7), "ok", "1 of 4 values (25%)"),
        (expect(IN_SET, column="colour", value_set=["red"]), "breached", "among red"),
        (expect(IN_SET, column="flag", value_set=[True, False]), "ok", "0 of 3"),
        (expect(IN_SET, column="count", value_set=[1, 2, 3]), "ok", "0 of 3"),
        (expect(IN_SET, column="count", value_set=["1"]), "errored", "holds Int64"),
        (expect(IN_SET, column="word", value_set=[1]), "errored", "holds String"),
        (expect(REGEX, column="word", regex="^..$"), "breached", "do not match ^..$"),
        (expect(REGEX, column="word", regex="(["), "errored", "could not be evaluated"),
        (expect(REGEX, column="count", regex="1"), "errored", "needs text"),
        (expect(MEAN, column="amount", max_value=9), "breached", "mean is inf"),
        (expect(MEAN, column="money", max_value=9), "ok", "mean is 2.5"),
        (expect(MEAN, column="word", max_value=9), "errored", "needs numbers"),
        (expect(MEAN, column="empty", max_value=9), "unknown", "no value to judge"),
        (expect(OF_TYPE, column="count", type_="number"), "ok", "holds Int64"),
        (expect(OF_TYPE, column="word", type_="str"), "ok", "holds String"),
        (expect(OF_TYPE, column="word", type_="number"), "breached", "expects number"),
        (expect(OF_TYPE, column="nothing", type_="text"), "unknown", "no value"),
        (expect("expect_column_to_exist", column="wrd"), "breached", "mean 'word'?"),
        (expect(NOT_NULL, column="wrd"), "errored", "mean 'word'?"),
        (expect("expect_table_row_count_to_equal", value=5), "breached", "exactly 5"),
        (
            expect("expect_compound_columns_to_be_unique", column_list=["id", "word"]),
            "ok",
            "occur more than once together",
        ),
        (
            expect(
                "expect_column_distinct_values_to_be_in_set",
                column="word",
                value_set=["aa"],
            ),
            "breached",
            "does not meet expect_column_distinct",
        ),
    ],
    ids=lambda value: "" if isinstance(value, str) else str(value["kwargs"]),
)
def test_answers(validate, rows, entry, outcome, words):
    """Each question on each kind of column has the outcome that a person would give."""
    (finding,) = validate(rows, entry)

    assert finding.outcome == outcome, finding.message
    assert words in finding.message
    assert finding.evidence["expectation"] == entry["type"]
    json.dumps(finding.to_json(), allow_nan=False)


def test_one_broken_entry_leaves_the_others(validate, rows):
    """What raises is errored alone; its neighbours are judged, in the suite's order."""
    found = validate(
        rows,
        expect(NOT_NULL, column="id"),
        expect(REGEX, column="word", regex="(["),
        expect(BETWEEN, column="count", min_value=0),
    )

    assert [f.outcome for f in found] == [Outcome.OK, Outcome.ERRORED, Outcome.OK]


def test_no_exception_text_is_passed_on(validate):
    """Vendors put values into messages: an errored finding has none of them."""
    secret = "4111-1111-1111-1111"
    rows = pl.DataFrame({"id": [1, 2], "x": pl.Series([secret, 3], dtype=pl.Object)})

    found = validate(
        rows,
        expect(BETWEEN, column="x", min_value=0),
        expect(
            "expect_column_values_to_match_strftime_format",
            column="x",
            strftime_format="%Y",
        ),
        expect(MEAN, column="x", min_value=0),
    )

    assert Outcome.ERRORED in {finding.outcome for finding in found}
    assert secret not in json.dumps([finding.to_json() for finding in found])


def test_long_keys_with_a_gap_stay_apart(validate):
    """Whole numbers beyond 2**53 are not rounded into duplicates."""
    rows = pl.DataFrame({"id": [2**60, 2**60 + 1, None]})

    (finding,) = validate(
        rows, expect("expect_column_values_to_be_unique", column="id")
    )

    assert finding.outcome is Outcome.OK


def test_what_a_sample_cannot_tell(validate, rows):
    """Sums need every row; the row count knows them all."""
    found = validate(
        rows,
        expect("expect_column_sum_to_be_between", column="count", min_value=0),
        expect("expect_table_row_count_to_be_between", min_value=900),
        total=1000,
    )

    assert [f.outcome for f in found] == [Outcome.UNKNOWN, Outcome.OK]
    assert found[1].value == 1000
