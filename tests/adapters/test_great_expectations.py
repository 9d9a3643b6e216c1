"""The suite file, the questions Great Expectations gets wrong, and real flights."""

import gc
import json
import subprocess
import sys
import weakref
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.validators import _gx_run
from driftline.adapters.validators import great_expectations as adapter
from driftline.adapters.validators._gx_propose import widened
from driftline.core.finding import Outcome, Severity
from driftline.core.roles import Roles, Task
from driftline.errors import SettingsError
from driftline.ports import Context
from tests.adapters import flights

ROLES = Roles(Task.BINARY, "at", "score", key=("id",))
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
NOT_NULL = "expect_column_values_to_not_be_null"
OF_TYPE = "expect_column_values_to_be_of_type"
REGEX = "expect_column_values_to_match_regex"
DISTINCT = "expect_column_distinct_values_to_be_in_set"
STRFTIME = "expect_column_values_to_match_strftime_format"
MEAN = "expect_column_mean_to_be_between"


def expect(kind, severity="critical", **kwargs):
    """One entry of a suite."""
    return {"type": kind, "kwargs": kwargs, "severity": severity}


@pytest.fixture
def validate(tmp_path):
    """Check rows against entries; further arguments are settings."""

    def run(rows, *entries, total=None, **settings):
        built = validator(tmp_path, {"expectations": list(entries)}, **settings)
        return built.check(rows, rows.height if total is None else total)

    return run


def validator(root, suite, roles=ROLES, **settings):
    """A validator whose suite has been written."""
    (root / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    return adapter.build(
        adapter.Settings(suite="suite.json", **settings),
        Context("shop", str(root), "UTC", roles),
    )


@pytest.fixture(scope="module")
def rows():
    """Four rows of every kind of column."""
    times = [datetime(2026, 1, day) for day in (1, 2, 3)]
    return pl.DataFrame(
        {
            "id": [10, 11, 12, 13],
            "amount": [1.0, 2.0, float("inf"), None],
            "count": [1, 2, 3, None],
            "word": ["aa", "bb", "c", None],
            "empty": pl.Series([None] * 4, dtype=pl.Float64),
            "nothing": [None] * 4,
            "nan": [float("nan")] * 4,
            "mixed": pl.Series(["a", 1, 2.5, None], dtype=pl.Object),
            "list": [[1], [2, 3], [4], None],
            "flag": [True, False, True, None],
            "money": pl.Series([1, 2, 3, 4]).cast(pl.Decimal(10, 2)),
            "colour": pl.Series(["red", "red", "blue", None], dtype=pl.Categorical),
            "at": [*times, None],
            "day": [*(time.date() for time in times), None],
            "zoned": pl.Series([*times, None]).dt.replace_time_zone("America/New_York"),
        }
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
        (expect(NOT_NULL, column="empty"), "breached", "4 of 4 values (100 %)"),
        (expect(NOT_NULL, column="nothing"), "breached", "4 of 4 values (100 %)"),
        (expect(NOT_NULL, column="nan"), "breached", "4 of 4 values (100 %)"),
        (expect(NOT_NULL, column="list", mostly=0.7), "ok", "1 of 4 values (25 %)"),
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


def test_severities_carry_over(validate, rows):
    """What the suite calls critical, warning or info is that; critical when unsaid."""
    entries = [expect(NOT_NULL, severity, column="word") for severity in Severity]
    unsaid = {"type": NOT_NULL, "kwargs": {"column": "count"}}

    found = validate(rows, *entries, unsaid)

    assert [f.severity for f in found] == [*Severity, Severity.CRITICAL]
    assert {f.outcome for f in found} == {Outcome.BREACHED}


def test_same_question_twice_has_two_names(validate, rows):
    """Two entries of a type on one column are two findings on any day."""
    found = validate(
        rows,
        expect(BETWEEN, column="count", min_value=0),
        expect(BETWEEN, column="count", max_value=9),
    )

    assert [f.statistic for f in found] == [BETWEEN, f"{BETWEEN} #2"]


def test_row_condition_is_a_segment(validate, rows):
    """An entry on some rows judges those and is named by them."""
    condition = {
        "type": "comparison",
        "column": {"name": "word"},
        "operator": "==",
        "parameter": "aa",
    }
    entry = expect(BETWEEN, column="count", min_value=2, row_condition=condition)

    (finding,) = validate(rows, entry)

    assert finding.segment == "word=aa"
    assert finding.message.startswith("count: 1 of 1 values")


def test_keys_and_values_of_failing_rows(validate, rows):
    """Keys are shown; values only to those who ask; no more than asked for."""
    entry = expect(BETWEEN, column="count", max_value=0)

    (hidden,) = validate(rows, entry, examples=2)
    (shown,) = validate(rows, entry, examples=2, show_values=True)
    (none,) = validate(rows, entry, examples=0)

    assert hidden.evidence["failing_keys"] == [{"id": 10}, {"id": 11}]
    assert "failing_values" not in hidden.evidence
    assert "Failing rows: id 10; id 11" in hidden.message
    assert shown.evidence["failing_values"] == [{"count": 1}, {"count": 2}]
    assert none.evidence["failing_keys"] == []
    assert none.evidence["failing_rows"] == 3


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


def test_one_broken_entry_leaves_the_others(validate, rows):
    """What raises is errored alone; its neighbours are judged, in the suite's order."""
    found = validate(
        rows,
        expect(NOT_NULL, column="id"),
        expect(REGEX, column="word", regex="(["),
        expect(BETWEEN, column="count", min_value=0),
    )

    assert [f.outcome for f in found] == [Outcome.OK, Outcome.ERRORED, Outcome.OK]


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


@pytest.mark.parametrize(
    ("settings", "rows_seen"),
    [({}, 1_000_000), ({"sample_values": 3000}, 1000), ({"sample_rows": 7}, 7)],
)
def test_a_day_of_a_million_rows_is_judged_whole(tmp_path, settings, rows_seen):
    """A sample is taken of more rows, or of more values: rows × columns and keys."""
    suite = {"expectations": [expect(NOT_NULL, column=name) for name in ("a", "b")]}

    assert validator(tmp_path, suite, **settings).sample_rows == rows_seen


def test_findings_say_on_how_many_rows_they_rest(validate, rows):
    """Of a sample, what values show is the sample's; the row count is exact as ever."""
    asked = (
        expect(NOT_NULL, column="count"),
        expect("expect_table_row_count_to_be_between", min_value=1),
        expect("expect_column_sum_to_be_between", column="count", min_value=0),
    )
    rests_on = [f.evidence.get("judged_on") for f in validate(rows, *asked, total=1000)]
    whole = [f.evidence.get("judged_on") for f in validate(rows, *asked)]

    sampled = f"a seeded sample of {rows.height} of 1,000 rows"
    assert rests_on == [sampled, "all 1,000 rows", None]
    assert set(whole) == {f"all {rows.height} rows"}


def test_suites_of_several_columns_answer_in_order(validate, rows):
    """Columns are judged apart, and findings come as the suite lists them."""
    names = ["count", "id", "word", "count", "id"]
    bounds = {"mostly": 0.5}, {}, {}, {"mostly": 0.9}, {"mostly": 0.1}
    asked = [
        expect(NOT_NULL, column=name, **kwargs)
        for name, kwargs in zip(names, bounds, strict=True)
    ]
    found = validate(rows, *asked)
    assert [f.subject for f in found] == names
    assert [f.outcome is Outcome.OK for f in found] == [True, True, False, False, True]


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


def test_nothing_is_shown_written_or_kept(tmp_path, monkeypatch, capfd, rows):
    """No progress bars, no files, and no row outlives the check."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", str(home))
    entries = [
        expect(NOT_NULL, column="word"),
        expect(REGEX, column="word", regex="(["),
    ]
    built = validator(tmp_path, {"expectations": entries})
    frames = []
    pandas = _gx_run._pandas
    monkeypatch.setattr(
        _gx_run, "_pandas", lambda table: _remembered(pandas(table), frames)
    )

    built.check(rows, rows.height)
    gc.collect()

    assert [frame() is None for frame in frames] == [True]
    assert capfd.readouterr() == ("", "")
    assert list(home.iterdir()) == []


def _remembered(frame, frames):
    frames.append(weakref.ref(frame))
    return frame


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


@pytest.fixture(scope="module")
def january(tmp_path_factory):
    """A validator whose suite was proposed from the real flights of January 2013."""
    root = tmp_path_factory.mktemp("flights")
    built = validator(root, {}, flights.ROLES)
    suite = built.propose(flights.reference(flights.days(1)), flights.ROLES)
    return validator(root, suite, flights.ROLES), suite


def test_real_days_pass_the_suite_proposed_from_them(january):
    """On 31 days of real flights no expectation is breached, errored or unknown."""
    built, _ = january

    found = [
        (label, finding.message)
        for label, day in flights.days(1).items()
        for finding in built.check(day, day.height)
        if finding.outcome is not Outcome.OK
    ]

    assert found == []


def test_the_snowstorm_is_found(january):
    """On 8 February 2013 half of the flights were cancelled; the day before, few."""
    built, _ = january
    days = flights.days(2)

    before, storm = (
        [f for f in built.check(day, day.height) if f.matters]
        for day in (days["2013-02-07"], days["2013-02-08"])
    )

    assert before == []
    assert {f.subject for f in storm} == {"arr_delay", "dep_delay"}
    assert {f.severity for f in storm} == {Severity.WARNING}


def test_a_unit_bug_is_found(january):
    """Delays in seconds for minutes leave the range of the reference."""
    built, _ = january
    day = flights.days(2)["2013-02-05"].with_columns(pl.col("dep_delay") * 60)

    (finding,) = (f for f in built.check(day, day.height) if f.matters)

    assert (finding.subject, finding.statistic) == ("dep_delay", BETWEEN)
    assert set(finding.evidence["failing_keys"][0]) == {"flight_id"}


def test_proposed_suite_is_pleasant_to_edit(january):
    """Sorted by column, a reason on each entry, and Great Expectations can load it."""
    from great_expectations import ExpectationSuite

    _, suite = january
    entries = suite["expectations"]
    named = [e["kwargs"]["column"] for e in entries[2:]]

    assert named == sorted(named)
    assert entries[0]["type"] == "expect_table_row_count_to_be_between"
    assert all(e["meta"]["notes"].endswith(".") for e in entries)
    assert len(ExpectationSuite(**suite).expectations) == len(entries)


def test_labels_and_ignored_columns_are_left_out(tmp_path):
    """Labels come later; nothing is expected of them, or of what is to be ignored."""
    reference = flights.reference(flights.days(1))
    roles = Roles(
        Task.BINARY, "time_hour", "score", label="arr_delay", ignore=("hour", "dest")
    )

    suite = validator(tmp_path, {}).propose(reference, roles)

    named = {e["kwargs"].get("column") for e in suite["expectations"]}
    assert named == {None, *flights.COLUMNS, "score", "time_hour"} - {
        "arr_delay",
        "hour",
        "dest",
    }


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_widened_ranges_contain_the_reference(one, other):
    """A range grows on both sides and never passes zero to do so."""
    low, high = sorted((one, other))
    lower, upper = widened(low, high)

    assert lower <= low <= high <= upper
    assert (lower >= 0) == (low >= 0) or lower < low
    assert not (low >= 0 and lower < 0)
    assert not (high <= 0 and upper > 0)


def test_time_stamps_of_keys_are_plain(validate):
    """Keys that are times are shown as text."""
    rows = pl.DataFrame({"id": [datetime(2026, 1, 1, tzinfo=UTC)], "x": [5]})

    (finding,) = validate(rows, expect(BETWEEN, column="x", max_value=1))

    assert finding.evidence["failing_keys"] == [{"id": "2026-01-01 00:00:00+00:00"}]
