"""How late labels come is learned from what earlier judgements saw of them."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.labels.maturity import LagCurve, Sighting, expectation, learn_lag
from driftline.core.window import day_window

FIRST = date(2026, 3, 1)
CURVE = (0.0, 0.1, 0.4, 0.9, 0.95)


def day(number: int):
    return day_window(FIRST + timedelta(days=number))


def morning(number: int) -> datetime:
    """The morning on which day `number` is judged for the first time."""
    return day(number).end + timedelta(hours=6)


def seen(number: int, age: int, share: float) -> Sighting:
    return Sighting(day(number), morning(number + age), 1000, round(1000 * share))


def sightings(days: int, until: int) -> list[Sighting]:
    """Each day is judged at once, and again whenever its share has grown."""
    found = []
    for number in range(days):
        last = None
        for age in range(until - number + 1):
            share = CURVE[min(age, len(CURVE) - 1)]
            if share != last:
                found.append(seen(number, age, share))
                last = share
    return found


def test_the_curve_is_the_share_by_age():
    """Days that were restated as labels came show the shares at every age they reached."""
    curve = learn_lag(sightings(20, 20), morning(20))
    assert curve.shares[: len(CURVE)] == pytest.approx(CURVE)
    assert curve.final == pytest.approx(0.95)
    assert curve.days == 4
    assert curve.share(2.5) == pytest.approx(0.4)


def test_a_window_that_was_judged_late_tells_nothing_of_its_youth():
    """A backfill finds all labels in; that does not mean that they came at once."""
    old = [seen(number, 30 - number, 0.95) for number in range(10)]
    curve = learn_lag([*old, *sightings(20, 20)], morning(30))
    assert curve.share(1) == pytest.approx(0.1)


def test_nothing_is_expected_where_labels_never_came():
    """Without a label ever, or with too few windows, no date is named."""
    never = [seen(number, 0, 0.0) for number in range(20)]
    assert learn_lag(never, morning(20)) == LagCurve()
    assert learn_lag([], morning(0)) == LagCurve()
    assert learn_lag(sightings(2, 2), morning(2)).days is None
    assert expectation(day(0), LagCurve(), morning(0)) == ""


def test_the_sentence_names_the_share_and_the_day():
    """What is due later has a date; what was due already says so."""
    curve = LagCurve((0.0, 0.1, 0.4, 0.92))
    assert expectation(day(10), curve, morning(10)) == "92% expected by 15 Mar"
    assert expectation(day(10), curve, morning(20)) == "92% were expected by now"


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 30), st.floats(0, 1)), max_size=40
    )
)
def test_a_curve_never_falls_and_is_a_share(points):
    """Whatever was seen, in whatever order."""
    made = [seen(*point) for point in points]
    shares = learn_lag(made, morning(60)).shares
    assert list(shares) == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
