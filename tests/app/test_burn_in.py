"""A reference without days learns from production how much days differ, and says so."""

from collections.abc import Callable

import polars as pl
import pytest

from driftline.app.build_reference import profile_windows
from driftline.core.bounds.threshold import ENOUGH_DAYS
from driftline.core.finding import Finding, Severity
from driftline.core.window import spanning
from tests.app.world import MONITOR, World, enlist, rows_of, window


@pytest.fixture
def world() -> World:
    """Days as ever."""
    return known_by_one_window(rows_of)


def known_by_one_window(rows_on: Callable[[int], pl.DataFrame]) -> World:
    """The reference is one window: a training file whose rows carry no days."""
    made = World(pl.concat([rows_on(n) for n in range(30)]))
    numbers = range(-40, 0)
    whole = spanning(window(numbers[0]), window(numbers[-1]))
    held = pl.concat([rows_on(n) for n in numbers])
    rows = made.job.engine.from_table(held, whole, "training rows")
    reference = profile_windows(made.job, rows, [(whole, rows)], 1)
    enlist(made.job, reference)
    return made


def origins(report) -> set[str]:
    """Where the bounds of the day's drift come from."""
    return {
        f.bounds.origin
        for f in report.findings
        if f.statistic in ("rank_shift", "null_rate") and f.bounds.origin
    }


def test_bounds_are_sampling_noise_until_enough_days_are_known(world):
    """The first day says that no day is known; after the burn-in the days decide."""
    first = world.judge(0)
    for number in range(1, ENOUGH_DAYS + 1):
        world.judge(number)
    later = world.judge(ENOUGH_DAYS + 1)

    assert all("sampling noise" in origin for origin in origins(first))
    assert any("reference and production days" in o for o in origins(later))


def test_a_broken_day_teaches_nothing(world):
    """A day of which half the weights are missing is left out of the burn-in."""
    for number in range(ENOUGH_DAYS + 2):
        rows = rows_of(number)
        if number == 2:
            rows = rows.with_columns(weight=rows["weight"].scatter(range(200), None))
        world.deliver(number, rows)
        world.judge(number)
    broken = world.ledger.latest(MONITOR, window(2))
    assert broken.record["broken"]

    rows = rows_of(20)
    lacking = rows.with_columns(weight=rows["weight"].scatter(range(100), None))
    world.deliver(20, lacking)
    report = world.judge(20)
    [finding] = [
        f
        for f in report.findings
        if f.subject == "weight" and f.statistic == "null_rate"
    ]
    assert finding.matters
    assert finding.bounds.upper < 0.1


def test_how_many_rows_repeat_is_learned_from_production_too():
    """Where a tenth always stands twice it calls nobody, and a part loaded again does."""

    def twice(number: int, share: float = 0.11) -> pl.DataFrame:
        rows = rows_of(number)
        return pl.concat([rows, rows.head(round(share * rows.height))])

    world = known_by_one_window(twice)
    last = ENOUGH_DAYS + 2
    world.deliver(last, twice(last, share=0.6))
    reports = [world.judge(number) for number in range(last + 1)]

    def repeated(report) -> Finding:
        return next(f for f in report.findings if f.statistic == "duplicates")

    assert not any(repeated(each).matters for each in reports[:-1])
    assert repeated(reports[-1]).severity is Severity.CRITICAL
    assert repeated(reports[-1]).matters
