"""What a sample of rows suggests for a monitor file."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing.parametric import dataframes

from driftline.core.labels.labelled import class_names
from driftline.core.proposal import Named, guess_task, propose
from driftline.core.roles import Task

ROWS = 40


def sample(**columns: list[object]) -> pl.DataFrame:
    usual = {
        "at": [datetime(2026, 3, 1, hour=i % 24, tzinfo=UTC) for i in range(ROWS)],
        "score": [i / ROWS for i in range(ROWS)],
        "late": [i % 4 == 0 for i in range(ROWS)],
        "flight_id": [f"F{i}" for i in range(ROWS)],
        "row": list(range(ROWS)),
        "origin": ["EWR", "JFK"] * (ROWS // 2),
        "carrier": ["AA", "UA"] * (ROWS // 2),
        "distance": [float(i * 7 % 5) for i in range(ROWS)],
    }
    return pl.DataFrame(usual | columns)


def test_a_sample_suggests_task_key_segment_and_positive_class():
    """The column called an id is the key; the first with a few words the segment."""
    found = propose(sample(), Named("at", "score", "late"))
    assert found.task is Task.BINARY
    assert found.key == ("flight_id",)
    assert found.segments == ("origin",)
    assert found.positive == "1"


def test_a_key_is_a_column_that_names_every_row():
    """Nulls or repetitions disqualify, and a number is no name unless it is whole."""
    table = sample(flight_id=[None, *[f"F{i}" for i in range(1, ROWS)]])
    assert propose(table, Named("at", "score", "late")).key == ("row",)
    table = table.drop("row")
    assert propose(table, Named("at", "score", "late")).key == ()


@pytest.mark.parametrize(
    ("label", "prediction", "task"),
    [
        ([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.2], Task.BINARY),
        (["late", "on time"] * 2, ["late"] * 4, Task.BINARY),
        ([0.1, 0.5, 0.7, 0.9], [0.1, 0.5, 0.7, 0.2], Task.BINARY),
        (["a", "b", "c", "a"], ["a"] * 4, Task.MULTICLASS),
        ([1, 2, 3, 4], [1, 2, 3, 3], Task.MULTICLASS),
        ([1.0, 2.0, 3.0, 4.0], [1.5, 2.0, 3.0, 3.0], Task.MULTICLASS),
        (list(range(60)), list(range(60)), Task.REGRESSION),
        ([0.5, 7.5, -3.0, 1.0], [0.0, 1.0, 2.0, 3.0], Task.REGRESSION),
        ([0.5, 0.7, 0.9, 1.0], [0.0, 100.0, 2.0, 3.0], Task.REGRESSION),
    ],
)
def test_the_task_is_read_off_the_label(label, prediction, task):
    """Two values are binary, words and few whole numbers classes, fractions values."""
    assert guess_task(pl.Series(label), pl.Series(prediction)) is task


@pytest.mark.parametrize(
    ("label", "positive"),
    [
        ([0, 1, 1, 1], "1"),
        ([0.0, 1.0, 1.0, 1.0], "1"),
        ([True, True, True, False], "1"),
        (["TRUE", "TRUE", "TRUE", "FALSE"], "1"),
        (["Yes", "Yes", "Yes", "No"], "Yes"),
        (["late", "on time", "on time", "on time"], "late"),
        (["b", "a", "b", "a"], "a"),
    ],
)
def test_the_positive_class_reads_as_yes_or_is_the_rarer(label, positive):
    """It is one of the label's classes as they are compared; of equals the first by name."""
    table = pl.DataFrame({"at": [0] * 4, "p": [0.1, 0.2, 0.8, 0.9], "label": label})
    assert propose(table, Named("at", "p", "label")).positive == positive
    assert (
        class_names(pl.Series([positive]))[0] in class_names(table["label"]).to_list()
    )


def test_a_label_may_have_any_name():
    """Also that of a column which counting makes."""
    table = sample().rename({"late": "count"})
    assert propose(table, Named("at", "score", "count")).positive == "1"


def test_a_monitor_without_labels_takes_its_task_from_the_prediction():
    """And its positive class is the usual one."""
    found = propose(sample(), Named("at", "score"))
    assert (found.task, found.positive) == (Task.BINARY, "1")


@settings(max_examples=30)
@given(
    dataframes(min_cols=2, max_cols=4, max_size=8, excluded_dtypes=[pl.Object]),
    st.booleans(),
)
def test_any_sample_gives_a_proposal(table, with_label):
    """All nulls, no rows, nested values: something is proposed and nothing raised."""
    first, second, *_ = table.columns
    found = propose(table, Named(first, first, second if with_label else None))
    assert found.task in Task
    assert set(found.key) | set(found.segments) <= set(table.columns)
