"""The suite that is proposed from a reference, on real flights."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.validators._gx_propose import widened
from driftline.core.finding import Outcome, Severity
from driftline.core.roles import Roles, Task
from tests.adapters import flights
from tests.adapters.gx.suites import BETWEEN, validator


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
