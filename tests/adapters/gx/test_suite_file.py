"""Mistakes in the suite file, and what a suite costs before it is read."""

import subprocess
import sys

import pytest

from driftline.errors import SettingsError
from tests.adapters.gx.suites import BETWEEN, NOT_NULL, OF_TYPE, expect, validator


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ([], r"suite\.json holds a list"),
        ({}, "has no expectations"),
        ({"expectations": []}, "would pass everything"),
        ({"expectations": [3]}, "entry 1 is no object"),
        ({"expectation": [], "expectations": [{}]}, "Did you mean 'expectations'"),
        ({"expectations": [{"kwargs": {}}]}, 'needs a "type"'),
        ({"expectations": [{"expectation_type": NOT_NULL}]}, "rename"),
        (
            {"expectations": [{**expect(NOT_NULL, column="a"), "sverity": 1}]},
            "'severity'",
        ),
        ({"expectations": [expect(NOT_NULL, "loud", column="a")]}, "critical"),
        (
            {"expectations": [expect("expect_column_values_not_null")]},
            f"mean '{NOT_NULL}'",
        ),
        ({"expectations": [expect(BETWEEN, colum="a", max_value=1)]}, "mean 'column'"),
        ({"expectations": [expect(BETWEEN, column="a", max=1)]}, r"entry 1 \(.*'max'"),
        ({"expectations": [expect(NOT_NULL)]}, "column: field required"),
        ({"expectations": [expect(NOT_NULL, column="a", mostly=2)]}, "mostly: "),
        ({"expectations": [expect(BETWEEN, column="a")]}, "cannot both be None"),
        (
            {"expectations": [expect(BETWEEN, column="a", min_value=3, max_value=1)]},
            "min_value 3 is above max_value 1",
        ),
        (
            {
                "expectations": [
                    expect(BETWEEN, column="a", max_value={"$PARAMETER": "b"})
                ]
            },
            "write the value itself",
        ),
        (
            {"expectations": [expect(NOT_NULL, column="a", row_condition="a > 1")]},
            "row_condition as an object",
        ),
        ({"expectations": [expect(OF_TYPE, column="a", type_="intger")]}, "'integer'"),
        (
            {"expectations": [expect("expect_table_column_count_to_equal", value=3)]},
            "use expect_column_to_exist",
        ),
        (
            {"expectations": [expect(NOT_NULL, column="a", result_format="COMPLETE")]},
            "no kwarg 'result_format'",
        ),
    ],
)
def test_mistakes_in_a_suite(tmp_path, suite, message):
    """A suite that is wrong is refused by file, entry and nearest word, before a run."""
    with pytest.raises(SettingsError, match=message) as caught:
        validator(tmp_path, suite).columns()

    assert "suite.json" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "rows_seen"),
    [({}, 1_000_000), ({"sample_values": 3000}, 1000), ({"sample_rows": 7}, 7)],
)
def test_a_day_of_a_million_rows_is_judged_whole(tmp_path, settings, rows_seen):
    """A sample is taken of more rows, or of more values: rows × columns and keys."""
    suite = {"expectations": [expect(NOT_NULL, column=name) for name in ("a", "b")]}

    assert validator(tmp_path, suite, **settings).sample_rows == rows_seen


def test_importing_the_adapter_is_cheap():
    """Great Expectations takes seconds to import: only reading a suite does it."""
    code = (
        "import sys; import driftline.adapters.validators.great_expectations; "
        "sys.exit('pandas' in sys.modules or 'great_expectations' in sys.modules)"
    )
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}

    assert (
        subprocess.run([sys.executable, "-c", code], env=path, check=False).returncode
        == 0
    )
