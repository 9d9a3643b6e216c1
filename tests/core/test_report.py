"""What a report says before it has a form."""

from dataclasses import replace

from driftline.adapters.reports.html import draw
from driftline.core.finding import DIAGNOSIS, Outcome, Severity, Topic
from driftline.core.report import MOST_COLUMNS, changes
from driftline.core.verdict import unseen_harm
from tests.golden.contents import (
    HISTOGRAM,
    blind,
    breached,
    content,
    crowded,
    drifted,
    finding,
    small,
)

INSIDE = finding(Topic.DRIFT, "a", "psi")
OUTSIDE = breached(Topic.DRIFT, "a", "psi")
UNKNOWN = finding(Topic.DRIFT, "a", "psi", outcome=Outcome.UNKNOWN, value=None)
OTHER = finding(Topic.DRIFT, "b", "psi")
MISSING = breached(Topic.SLICE, "a", "column_missing", value=None)
ROWS = finding(Topic.SLICE, "rows", "row_count")


def test_what_left_its_bounds_has_appeared():
    """A finding that was inside and is outside is new, and the other way round is back."""
    assert changes([OUTSIDE], [INSIDE]) == ((OUTSIDE,), ())
    assert changes([INSIDE], [OUTSIDE]) == ((), (INSIDE,))


def test_what_lasts_is_no_change():
    """A finding outside on both days has neither come nor gone."""
    assert changes([OUTSIDE], [replace(OUTSIDE, value=0.9)]) == ((), ())


def test_what_was_not_known_is_no_change():
    """From unknown to outside, or back, nothing can be said to have changed."""
    assert changes([OUTSIDE], [UNKNOWN]) == ((), ())
    assert changes([UNKNOWN], [OUTSIDE]) == ((), ())


def test_a_topic_that_was_not_measured_says_nothing():
    """Without any finding of its topic, the day before was blind and tells no change."""
    assert changes([OUTSIDE], [ROWS]) == ((), ())
    assert changes([ROWS], [OUTSIDE]) == ((), ())


def test_findings_that_exist_only_while_something_is_wrong_come_and_go():
    """A missing column has no finding on a good day, and is new and gone all the same."""
    assert changes([MISSING, ROWS], [ROWS]) == ((MISSING,), ())
    assert changes([ROWS], [MISSING, ROWS]) == ((), (MISSING,))


def test_a_column_that_vanished_has_not_recovered():
    """What was wrong with a column is not mended by the column's absence."""
    appeared, recovered = changes([MISSING, ROWS, OTHER], [OUTSIDE, OTHER, ROWS])

    assert appeared == ()
    assert recovered == ()


def test_changes_are_ranked():
    """The weightiest change comes first."""
    harm = breached(Topic.PERFORMANCE, "roc_auc", "value")
    calm = [INSIDE, finding(Topic.PERFORMANCE, "roc_auc", "value")]

    assert changes([OUTSIDE, harm], calm) == ((harm, OUTSIDE), ())


def test_columns_out_of_bounds_are_drawn_first():
    """One finding per column: those outside by how far, then those inside."""
    far = drifted("far", HISTOGRAM, value=0.9)
    near = drifted("near", HISTOGRAM, value=0.3)
    calm = replace(drifted("calm", HISTOGRAM), outcome=Outcome.OK, value=0.19)
    again = replace(near, statistic="wasserstein", value=0.25)

    day = content([calm, again, near, far, OTHER])

    assert [f.subject for f in day.drifting] == ["far", "near", "calm"]
    assert day.drifting[1] is near


def test_a_column_with_missing_values_is_drawn_though_its_shape_is_inside():
    """What is wrong with a column brings its histogram forward."""
    calm = replace(drifted("calm", HISTOGRAM), outcome=Outcome.OK, value=0.19)
    holed = replace(drifted("holed", HISTOGRAM), outcome=Outcome.OK, value=0.01)
    nulls = breached(Topic.DRIFT, "holed", "null_rate")

    assert [f.subject for f in content([calm, holed, nulls]).drifting] == [
        "holed",
        "calm",
    ]


def test_so_many_columns_and_no_more_are_drawn():
    """A day on which everything drifted still makes a page that can be read."""
    assert len(crowded(40).drifting) == MOST_COLUMNS


def test_findings_of_a_topic_start_with_those_that_count():
    """Outside first, then what is unknown, then what is inside."""
    day = content([INSIDE, UNKNOWN, OUTSIDE])

    assert day.about(Topic.DRIFT) == (OUTSIDE, UNKNOWN, INSIDE)


def test_advice_follows_the_weightiest_reason():
    """A broken suite is looked up, an empty slice asked for, a healthy day left alone."""
    assert "failing rows" in small().advice
    assert "driftline run flights --day 2013-03-26" in blind().advice
    assert content([INSIDE]).advice == ""


def test_a_bug_that_was_named_is_to_be_mended_where_it_comes_from():
    """Nobody is sent to the histograms for what a diagnosis has said already."""
    said = breached(Topic.DRIFT, "distance", DIAGNOSIS)

    assert "have distance mended" in content([said]).advice
    assert "driftline run flights --day 2013-03-26" in content([said]).advice


def test_why_it_matters_is_said_of_what_was_judged():
    """The effect on the score first, then the harm; nothing on a healthy or a blind day."""
    assert small().meaning.startswith("temperature_f alone moves the mean score")
    assert "predicts worse than it should" in small().meaning
    assert content([INSIDE]).meaning == "" == blind().meaning


def test_what_counts_more_than_the_day_before_is_told_as_new():
    """A warning that became critical is no day on which nothing came; milder is no news."""
    graver = replace(OUTSIDE, severity=Severity.CRITICAL)

    assert changes([graver], [OUTSIDE]) == ((graver,), ())
    assert changes([OUTSIDE], [graver]) == ((), ())


def test_a_healthy_day_without_labels_says_so():
    """Healthy is no promise about predictions of which nothing has come true yet."""
    waits = finding(
        Topic.PERFORMANCE,
        "labels",
        "coverage",
        outcome=Outcome.UNKNOWN,
        severity=Severity.INFO,
        message="0% of labels in; performance waits for labels",
        value=0.0,
    )

    assert unseen_harm([INSIDE, waits]) == waits.message
    assert unseen_harm([INSIDE]) == ""
    assert "Not known yet" in draw(content([INSIDE, waits]))
    assert "Not known yet" not in draw(content([OUTSIDE, waits]))
