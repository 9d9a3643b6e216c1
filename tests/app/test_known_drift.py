"""Drift that goes on: told once, shown every day, and never in the way of something new."""

import numpy as np
import polars as pl
import pytest

from driftline.app.digest import compose
from driftline.app.monitor_day import DayReport
from driftline.core.bounds.familiar import OVER
from driftline.core.finding import Severity
from driftline.core.verdict import Word
from tests.app.world import World, days_of, rows_of, window


def heavier(number: int) -> pl.DataFrame:
    """A changed world: parcels weigh about half a deviation more."""
    rows = rows_of(number)
    rng = np.random.default_rng([8, number])
    return rows.with_columns(weight=pl.Series(rng.gamma(5, 10, rows.height).round(1)))


@pytest.fixture
def world() -> World:
    """Nineteen days, of which eight are heavier from the third day on."""
    made = World(days_of(range(19)))
    for number in range(2, 10):
        made.deliver(number, heavier(number))
    return made


def about(report: DayReport, subject: str) -> list[Severity]:
    """How much its breaches matter."""
    return [f.severity for f in report.findings if f.subject == subject and f.matters]


def test_drift_that_goes_on_is_told_and_then_shown(world):
    """News on its first day and when it lasts; then healthy days that say what is outside."""
    reports = [world.judge(number) for number in range(10)]
    news = [Severity.WARNING in about(each, "weight") for each in reports]

    assert news == [False, False, True, True, *[False] * 6]
    assert all(about(each, "weight") for each in reports[2:])
    assert [each.verdict.word for each in reports[5:]] == [Word.HEALTHY] * 5
    assert reports[9].verdict.headline == (
        "healthy: nothing new; outside as told before: weight"
    )


def test_a_bug_in_a_column_that_drifts_pages(world):
    """What is known of its drift hides nothing else."""
    broken = heavier(6).with_columns(
        weight=pl.when(pl.col("id") % 2 == 0).then(None).otherwise(pl.col("weight"))
    )
    world.deliver(6, broken)
    reports = [world.judge(number) for number in range(8)]

    assert reports[6].verdict.word is Word.ACT
    assert reports[6].verdict.reasons[0].subject == "weight"
    assert reports[7].verdict.word is Word.HEALTHY


def test_a_window_judged_again_tells_the_same(world):
    """What is known is what was told before the window, and not by the window itself."""
    first = [world.judge(number) for number in range(4)]
    again = world.deliver(2, heavier(2).head(299)) or world.judge(2)

    assert (first[2].verdict.word, again.verdict.word) == (Word.WATCH, Word.WATCH)
    assert again.revision == 2


def test_the_digest_counts_news_and_names_what_goes_on(world):
    """A column that drifts all week is one line of news, and one of what is known."""
    for number in range(10):
        world.judge(number)
    world.clock.moment = window(8).end
    said = compose([world.job], None, "slack").summary

    assert "weight on 2 days" in said
    assert f"Outside as told before: weight (since {window(2).label})" in said


def test_its_end_is_told_and_counts_for_nothing(world):
    """After two digests' time without it, on a healthy day."""
    for number in range(5, 10):
        world.deliver(number, rows_of(number))
    reports = [world.judge(number) for number in range(19)]
    ended = [r for r in reports if any(f.statistic == OVER for f in r.findings)]

    assert ended == [reports[18]]
    assert ended[0].verdict.word is Word.HEALTHY
