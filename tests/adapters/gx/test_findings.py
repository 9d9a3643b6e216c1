"""What a finding says: severity, names, keys of failing rows, on how many rows it rests."""

import gc
import weakref
from datetime import UTC, datetime

import polars as pl

from driftline.adapters.validators import _gx_run
from driftline.core.finding import Outcome, Severity
from tests.adapters.gx.suites import BETWEEN, NOT_NULL, REGEX, expect, validator


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


def test_time_stamps_of_keys_are_plain(validate):
    """Keys that are times are shown as text."""
    rows = pl.DataFrame({"id": [datetime(2026, 1, 1, tzinfo=UTC)], "x": [5]})

    (finding,) = validate(rows, expect(BETWEEN, column="x", max_value=1))

    assert finding.evidence["failing_keys"] == [{"id": "2026-01-01 00:00:00+00:00"}]
