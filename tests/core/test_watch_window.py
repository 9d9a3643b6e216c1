"""A promoted version is held to its contest's promise, and one bad window is not enough."""

from dataclasses import replace

import numpy as np
import pytest

from driftline.core.bounds.spread import Spread
from driftline.core.reference import Measured
from driftline.core.retraining.watch_window import Promise, Promoted, judge_watch

SPREAD = Spread(
    centre=0.8, between=0.02, noise=0.3, unsure=0.0, correlation=0.0, days=40
)
PROMISE = Promise("roc_auc", Measured(0.8, 0.78, 0.82, 2000), gain=0.1)


def days(*values: float) -> list[Measured]:
    return [Measured(v, v - 0.03, v + 0.03, 900) for v in values]


@pytest.mark.parametrize(
    ("values", "promoted"),
    [
        ((0.5,), Promoted.WATCHED),
        ((0.5, 0.5), Promoted.WATCHED),
        ((0.5, 0.5, 0.5), Promoted.HARMFUL),
        ((0.68, 0.69, 0.68), Promoted.WATCHED),
        ((0.75,) * 7, Promoted.KEPT),
        ((0.85,) * 7, Promoted.KEPT),
        ((0.62,) * 5, Promoted.HARMFUL),
    ],
)
def test_it_goes_back_only_when_surely_worse_than_the_version_before(
    values: tuple[float, ...], promoted: Promoted
) -> None:
    """Less than promised is no harm; more than the gain lost, surely and lasting, is."""
    found = judge_watch(PROMISE, days(*values), SPREAD, 7)
    assert found.promoted is promoted
    assert f"over {len(values)} labelled windows" in found.sentence


def test_days_that_are_hard_for_every_version_are_not_held_against_it() -> None:
    """The version before was as bad on its last days: going back would not help."""
    bad = days(0.5, 0.52, 0.5)
    hard = replace(PROMISE, before=tuple(days(0.5, 0.55, 0.5, 0.48)))
    easy = replace(PROMISE, before=tuple(days(0.8, 0.75, 0.8, 0.78)))
    assert judge_watch(hard, bad, SPREAD, 7).promoted is Promoted.WATCHED
    assert judge_watch(easy, bad, SPREAD, 7).promoted is Promoted.HARMFUL


def test_windows_after_the_watch_do_not_count() -> None:
    """What comes later is the ordinary judgement's matter."""
    values = days(*(0.8,) * 7, *(0.3,) * 5)
    assert judge_watch(PROMISE, values, SPREAD, 7).promoted is Promoted.KEPT


def test_a_loss_is_worse_when_it_grows() -> None:
    """Metrics that are better when low are held to their promise too."""
    promise = Promise("log_loss", Measured(0.5, 0.48, 0.52, 2000), gain=0.02)
    worse = judge_watch(promise, days(0.7, 0.7, 0.7), SPREAD, 7)
    better = judge_watch(promise, days(0.3, 0.3, 0.3), SPREAD, 7)
    assert worse.promoted is Promoted.HARMFUL
    assert better.promoted is Promoted.WATCHED


def test_a_version_no_worse_than_the_old_one_rarely_goes_back() -> None:
    """The whole gain is lost and not more: at most the stated share of watches errs."""
    rng = np.random.default_rng(0)
    sure = Promise("roc_auc", Measured(0.8, 0.8, 0.8, 10**6), gain=0.1)
    back = 0
    for _ in range(400):
        values = days(*rng.normal(0.7, SPREAD.deviation(900), 7))
        found = (judge_watch(sure, values[:n], SPREAD, 7).promoted for n in range(1, 8))
        back += Promoted.HARMFUL in found
    assert back / 400 <= 0.035


def test_a_version_that_gained_nothing_may_be_as_good_as_the_one_before() -> None:
    """A negative gain asks it to be no better than promised."""
    promise = replace(PROMISE, gain=-0.2)

    assert judge_watch(promise, days(0.79, 0.8, 0.79), SPREAD, 7).promoted is (
        Promoted.WATCHED
    )


def test_easy_days_of_the_version_before_ask_for_no_more_than_the_promise() -> None:
    """It was better on its last days than the contest promised of the challenger."""
    promise = replace(PROMISE, before=tuple(days(0.95, 0.95, 0.95)))

    assert judge_watch(promise, days(0.78, 0.78, 0.78), SPREAD, 7).promoted is (
        Promoted.WATCHED
    )


@pytest.mark.parametrize(("value", "word"), [(0.75, "worse"), (0.85, "better")])
def test_the_sentence_says_whether_it_is_better_or_worse(value: float, word: str):
    """Than promised, by the difference."""
    found = judge_watch(PROMISE, days(value), SPREAD, 7)

    assert f"{word} by 0.05" in found.sentence


def test_a_watch_of_one_window_is_judged_after_it() -> None:
    """A watch that is shorter than three windows is as long as it was asked to be."""
    assert judge_watch(PROMISE, days(0.3), SPREAD, 1).promoted is Promoted.HARMFUL
