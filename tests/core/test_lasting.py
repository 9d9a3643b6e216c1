"""Small drift adds up over days; noise, one mad day and the past before it do not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from driftline.core.bounds.checks import ROWS, ReferenceSpread
from driftline.core.bounds.lasting import Judged, Moment, number_name
from driftline.core.comparison import DriftPolicy, judge_drift, measure_reference
from driftline.core.finding import Finding, Severity
from driftline.core.profiles.profile import Profile
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from tests.core.columns import PLAN, day, numbers

ROLES = Roles(Task.BINARY, timestamp="at", prediction="called", label="late")
POLICY = DriftPolicy()
REFERENCE = Reference(PLAN, {f"day {i:03}": day(i, wander=0.05) for i in range(60)})
SPREAD = measure_reference(REFERENCE, ROLES, POLICY)


def moved(seed: int, by: float, rows: int = 900) -> Profile:
    """A day whose temperature lies `by` standard deviations higher."""
    rng = np.random.default_rng([seed, 77])
    quiet = day(seed, rows)
    temp = numbers(rng.normal(15 + 5 * by, 5, rows), PLAN.columns["temp"])
    return Profile(rows, {**quiet.columns, "temp": temp}, PLAN.digest)


def judged(
    days: list[Profile],
    reference: Reference = REFERENCE,
    spread: ReferenceSpread = SPREAD,
) -> list[list[Finding]]:
    """The findings of each day, which knows the days before it."""
    past: list[Judged] = []
    found = []
    for i, profile in enumerate(days):
        moment = Moment(f"2026-03-{i + 1:02}", i % 7, tuple(past))
        findings = judge_drift(reference, profile, ROLES, POLICY, spread, moment)
        values = {number_name(f): f.value for f in findings if f.value is not None}
        past.append(
            Judged(moment.label, moment.weekday, {**values, ROWS: profile.rows})
        )
        found.append(findings)
    return found


def lasting(findings: list[Finding]) -> list[Finding]:
    return [f for f in findings if f.statistic.endswith("_lasting")]


def test_a_small_shift_is_found_within_days_and_dated() -> None:
    """A fifth of a deviation is found by the third day, and told since when."""
    days = [moved(i, 0.0) for i in range(10)] + [moved(i, 0.2) for i in range(10, 13)]
    last = judged(days)[-1]
    [found] = [f for f in lasting(last) if f.statistic == "rank_shift_lasting"]

    assert found.subject == "temp"
    assert found.severity is Severity.WARNING
    assert found.evidence["since"] in {"2026-03-10", "2026-03-11", "2026-03-12"}
    assert re.fullmatch(
        r"temp has been higher than on usual days since 2026-03-1\d: rows above a usual "
        r"row 5\d(\.\d)?% on average over \d windows, usually (49|50)(\.\d)?% "
        r"\(\d\.\d times what days usually differ by\)",
        found.message,
    )


def test_a_shift_downwards_is_found_too() -> None:
    """Both sides add up, each by itself."""
    days = [moved(i, -0.3) for i in range(3)]
    [found] = [f for f in lasting(judged(days)[-1]) if "rank" in f.statistic]

    assert "lower than on usual days since" in found.message


def test_one_mad_day_is_no_lasting_drift() -> None:
    """Three deviations for one day, then quiet: nothing lasts."""
    days = [moved(0, 0.0), moved(1, 3.0), *(moved(i, 0.0) for i in range(2, 8))]

    assert not any(lasting(findings) for findings in judged(days)[2:])


def steady(rows: int) -> tuple[Reference, ReferenceSpread]:
    """Sixty days of so many rows that chance hardly moves them."""
    known = Reference(
        PLAN, {f"day {i:03}": day(i, rows, wander=0.0) for i in range(60)}
    )
    return known, measure_reference(known, ROLES, POLICY)


@pytest.mark.parametrize(("by", "told"), [(0.01, False), (0.1, True)])
def test_what_lasts_is_told_when_it_is_more_than_half_a_trifle(by, told) -> None:
    """Of 20,000 rows a hundredth of a deviation is certain and no news; a tenth is news."""
    reference, spread = steady(20_000)
    days = [moved(i, by, 20_000) for i in range(3 if told else 20)]
    found = judged(days, reference, spread)
    names = {f.statistic for findings in found for f in lasting(findings)}

    assert ("rank_shift_lasting" in names) == told


def test_a_column_that_is_mostly_one_value_is_seen_too() -> None:
    """Its numbers move little, and its days still less: deviations, not trifles, add up."""
    spread = next(
        c.spread
        for c in SPREAD.checks
        if c.subject == "temp" and c.statistic.name == "rank_shift"
    )
    calm = replace(spread, values=0.5 + (spread.values - 0.5) / 3)
    usual = np.full(3, 0.5 + 3 * float(calm.values.std(ddof=1)))
    found = calm.deviations(usual, np.full(3, calm.rows), [None] * 3)

    assert found.min() > 2


def test_quiet_days_rarely_last() -> None:
    """Of 200 quiet days in rows of twenty, at most a few are called lasting drift."""
    runs = [judged([moved(100 * run + i, 0.0) for i in range(20)]) for run in range(10)]
    alarms = [bool(lasting(findings)) for run in runs for findings in run]

    assert np.mean(alarms) <= 0.05


def test_when_the_shift_ends_the_finding_ends() -> None:
    """Within three quiet days after a week of a clear shift."""
    days = [moved(i, 0.5) for i in range(7)] + [moved(i, 0.0) for i in range(7, 10)]
    found = judged(days)

    assert lasting(found[6])
    assert not lasting(found[9])


@pytest.mark.parametrize("share", [0.5, 2.0])
def test_days_of_other_sizes_are_scaled(share: float) -> None:
    """Half or twice the rows of a quiet day add up to nothing."""
    rows = int(900 * share)
    days = [moved(i, 0.0, rows) for i in range(12)]

    assert not any(f for found in judged(days) for f in lasting(found))
