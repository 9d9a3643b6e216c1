"""Groups whose errors part from the others' are found within days; storms are not."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from driftline.core.contrast.groups import Contrast
from driftline.core.contrast.judge import Rates, _as_normal, judge_contrasts
from driftline.core.contrast.spread import (
    ContrastSpread,
    Usual,
    _together,
    look,
    measure_contrasts,
)
from driftline.core.finding import Finding, Severity
from driftline.core.incidents.sentences import reading
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Reference
from driftline.core.roles import Roles, Task
from driftline.core.why.ranking import surprise

CARRIERS = ("AA", "B6", "DL", "UA")
ROLES = Roles(
    Task.BINARY, timestamp="at", prediction="called", score="score", label="late"
)
PLAN = Plan({"carrier": ColumnPlan(Kind.CATEGORICAL, "String", categories=CARRIERS)})
RATES = Rates(0.01, 0.001, 0.004)


def day(
    seed: int,
    rows: int = 600,
    storm: float = 0.0,
    flipped: str = "",
    share: float = 0.3,
) -> pl.DataFrame:
    """Carriers differ a little; a storm makes all late, and a flip turns one's labels."""
    rng = np.random.default_rng([seed, 5])
    carrier = rng.choice(CARRIERS, rows)
    score = np.clip(rng.beta(2, 6, rows) + 0.05 * (carrier == "UA"), 0, 1)
    weather = storm + 0.08 * rng.normal()
    late = (rng.random(rows) < np.clip(score + weather, 0, 1)).astype(np.int64)
    turned = (carrier == flipped) & (rng.random(rows) < share)
    return pl.DataFrame(
        {
            "carrier": carrier,
            "score": score,
            "called": (score >= 0.5).astype(np.int64),
            "late": np.where(turned, 1 - late, late),
        }
    )


@pytest.fixture(scope="module")
def spread() -> ContrastSpread:
    """Forty days."""
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(40)]
    )
    return measure_contrasts(Reference(PLAN, {}, sample=sample), ["carrier"], ROLES)


def judged(spread: ContrastSpread, days: list[pl.DataFrame]) -> list[list[Finding]]:
    """The findings of each day, which knows the days before it."""
    past: list[dict[str, Contrast]] = []
    found = []
    for table in days:
        today = look(spread, table, ROLES)
        found.append(judge_contrasts(spread, past, today, RATES))
        past.append(today)
    return found


def test_flipped_labels_of_one_carrier_are_found_and_it_is_named(spread) -> None:
    """Three in ten labels turned: within three days, whatever the weather."""
    days = [day(i) for i in range(100, 105)] + [
        day(i, 1800, 0.1 * (i % 2), "DL") for i in range(105, 108)
    ]
    found = judged(spread, days)

    assert not any(found[:5])
    [finding] = found[-1]
    assert finding.subject == "carrier"
    assert finding.segment == "carrier=DL"
    assert finding.message.startswith("for carrier=DL the model")


def calm(seed: int, rows: int) -> pl.DataFrame:
    """A model that is right about its chances, on days that share nothing."""
    rng = np.random.default_rng([seed, 7])
    score = rng.beta(2, 6, rows)
    return pl.DataFrame(
        {
            "carrier": rng.choice(CARRIERS, rows),
            "score": score,
            "called": (score >= 0.5).astype(np.int64),
            "late": (rng.random(rows) < score).astype(np.int64),
        }
    )


def test_days_of_more_rows_than_the_reference_kept_are_no_news() -> None:
    """They know a group better than the reference does, whose error is in all of them.

    One reference in ten may be off by more than it shows; then its days go on saying so.
    """
    told = []
    for seed in range(10):
        days = [calm(100 * seed + i, 8000 if i >= 30 else 200) for i in range(50)]
        kept = [
            day.with_columns(pl.lit(f"{i:02}").alias(WINDOW))
            for i, day in enumerate(days)
        ]
        reference = Reference(PLAN, {}, sample=pl.concat(kept[:30]))
        known = measure_contrasts(reference, ["carrier"], ROLES)
        told.append(sum(map(bool, judged(known, days[30:]))))
    assert sum(days > 1 for days in told) <= 1


def test_who_reads_of_a_group_learns_its_error_and_the_usual_one(spread) -> None:
    """In the unit of the loss, with the group's own usual value and no jargon."""
    [finding] = judged(spread, [day(105, 1800, 0.1, "DL")])[-1]
    usual = spread.groups["error|carrier=DL"].loss
    assert finding.message == (
        "for carrier=DL the model is wrong more than usual, beyond what the day did to "
        "other rows: its mean squared error there is about 0.241, usually 0.179 "
        "(470 rows)"
    )
    assert f"{usual:.4f}" == "0.1789"
    reference = pl.concat([day(i) for i in range(40)]).filter(carrier="DL")
    squared = (reference["late"] - reference["score"]) ** 2
    assert usual == pytest.approx(squared.mean())


@pytest.mark.parametrize(("way", "said"), [(1, "too low"), (-1, "too high")])
def test_predictions_that_are_off_are_told_by_their_side(way: int, said: str) -> None:
    """Truth above what was said is a prediction that is too low, and it lasts."""
    spread = ContrastSpread(
        {"carrier": Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL"))},
        {"bias|carrier=UA": Usual(0.01 * way, 0.03, 90, 0.3)},
        called="mean absolute error",
    )
    days = [{"bias|carrier=UA": Contrast(0.21 * way, 0.03, 150)}] * 3
    [found] = judge_contrasts(spread, days[:2], days[2], Rates(0.02, 0.003, 0.011))
    assert found.message == (
        f"for carrier=UA the model predicts {said}, beyond what the day did to other "
        "rows: by 0.2 more on average than is usual there (3 windows, 150 rows in this "
        "one)"
    )
    assert reading(found).endswith(
        f"at least {found.value:.4g}, allowed less than {found.value:.4g}"
    )


def test_a_storm_that_hits_all_parts_nobody(spread) -> None:
    """Everybody is late: no group parts from the others."""
    assert not any(judged(spread, [day(i, storm=0.3) for i in range(100, 102)]))


def test_quiet_days_rarely_part(spread) -> None:
    """Of 120 quiet days in rows of twelve, at most two."""
    runs = [
        judged(spread, [day(1000 + 20 * r + i) for i in range(12)]) for r in range(10)
    ]

    assert sum(bool(f) for run in runs for f in run) <= 2


def test_a_score_that_is_off_in_a_group_is_told_in_its_own_unit() -> None:
    """Bias is judged in log odds, and told as what rows are off by."""
    coding = Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL"))
    spread = ContrastSpread(
        {"carrier": coding}, {"bias|carrier=UA": Usual(0.0, 0.1, 90, 0.3)}
    )
    today = {"bias|carrier=UA": Contrast(2.0, 0.2, 150, weight=0.05)}
    [found] = judge_contrasts(spread, [today], today, Rates(0.02, 0.003, 0.011))

    assert "too low" in found.message
    assert "by 0.1 more on average" in found.message


def test_a_few_alike_rows_are_not_sure_of_themselves(spread) -> None:
    """Ten flights that were all punctual say little, though their errors do not vary."""
    lucky = day(1).filter(pl.col("carrier") != "UA")
    alike = day(2).filter((pl.col("carrier") == "UA") & (pl.col("late") == 0)).head(10)
    found = look(spread, pl.concat([lucky, alike]), ROLES)

    usual = spread.groups["error|carrier=UA"]
    assert abs(usual.deviations(found["error|carrier=UA"])) < 2


def test_errors_of_a_named_segment_that_last_are_a_page(spread) -> None:
    """A page only where the owner named the column, and only once the errors have lasted."""
    days = [day(i, 1800, flipped="DL", share=0.5) for i in range(100, 108)]
    roles = replace(ROLES, segments=("carrier",))
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(40)]
    )
    named = measure_contrasts(Reference(PLAN, {}, sample=sample), ["carrier"], roles)

    def critical(found: list[list[Finding]]) -> list[bool]:
        return [any(f.severity is Severity.CRITICAL for f in each) for each in found]

    assert not any(critical(judged(spread, days)))
    assert critical(judged(named, days))[:2] == [False, False]
    assert critical(judged(named, days))[-1] is True


@pytest.mark.parametrize("centre", [0.0, 4.0, 40.0])
def test_how_far_errors_parted_does_not_depend_on_what_they_are_counted_in(
    centre: float,
) -> None:
    """Six deviations are as far where a usual error is 40 minutes as where it is none."""
    spread = ContrastSpread(
        {"carrier": Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL"))},
        {"error|carrier=UA": Usual(centre, 0.03, 90, 0.3, paged=0.1)},
        loss=0.1,
    )
    today = {"error|carrier=UA": Contrast(centre + 0.3, 0.03, 150)}
    [found] = judge_contrasts(spread, [], today, Rates(0.02, 0.003, 0.011))

    assert found.value is not None
    assert found.bounds.upper is not None
    assert surprise(found) == pytest.approx(found.value / found.bounds.upper)


@pytest.mark.parametrize(("days", "second"), [(30, "warning"), (90, "critical")])
def test_a_wild_day_after_a_bad_one_pages_where_days_enough_are_known(
    days: int, second: str
) -> None:
    """A month cannot tell how soon one is met, and waits for a third day."""
    usual = Usual(0.0, 0.03, days, 0.3, paged=0.1)
    spread = ContrastSpread(
        {"carrier": Coding("carrier", Kind.CATEGORICAL, categories=("UA", "DL"))},
        {"error|carrier=UA": usual},
        loss=0.1,
    )
    rates = Rates(watched=0.02, paged=0.003, any_page=0.011)

    def severity(*values: float) -> Severity:
        windows = [{"error|carrier=UA": Contrast(v, 0.03, 150)} for v in values]
        return judge_contrasts(spread, windows[:-1], windows[-1], rates)[0].severity

    assert severity(0.15, 0.3).value == second
    assert severity(0.3, 0.3, 0.3) is Severity.CRITICAL


def test_a_reference_without_labels_watches_no_group() -> None:
    """There is nothing to compare with."""
    sample = day(1).drop("late").with_columns(pl.lit("day").alias(WINDOW))
    spread = measure_contrasts(Reference(PLAN, {}, sample=sample), ["carrier"], ROLES)

    assert spread.groups == {}


def test_days_whose_labels_are_still_to_come_teach_nothing(spread) -> None:
    """A reference of which the last half waits for labels is the first half alone."""
    days = [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(80)]
    late = [table.with_columns(late=pl.lit(None, pl.Int64)) for table in days[40:]]
    half = Reference(PLAN, {}, sample=pl.concat([*days[:40], *late]))
    few = Reference(PLAN, {}, sample=pl.concat(late))

    assert measure_contrasts(half, ["carrier"], ROLES).groups == spread.groups
    assert measure_contrasts(few, ["carrier"], ROLES).groups == {}


def test_a_page_is_slower_where_few_days_told_what_is_usual() -> None:
    """Four deviations are surer after ninety days than after twenty, and never more."""

    def worth(deviations: float, days: int, tail: float = 1e6) -> float:
        return _as_normal(deviations, Usual(0.0, 1.0, days, 1.0), tail)

    known = [worth(4.0, days) for days in (20, 90, 10_000)]
    assert known == sorted(known)
    assert known[0] < 3.4
    assert 3.7 < known[1] < known[2] < 4.0
    assert worth(4.0, 90, tail=6.0) < 3.0
    assert worth(-4.0, 90) < -3.7
    assert np.isfinite(worth(1e9, 90))


def test_days_that_stray_together_lengthen_what_a_sum_needs() -> None:
    """Independent days need nothing more; a slow wave needs its own multiple."""
    rng = np.random.default_rng(0)
    apart = rng.normal(size=(20, 90))
    wave = np.zeros((20, 90))
    for day_ in range(1, 90):
        wave[:, day_] = 0.6 * wave[:, day_ - 1] + apart[:, day_]

    assert _together(list(apart)) < 1.1
    assert _together(list(wave)) == pytest.approx(2.0, rel=0.15)
    assert _together([]) == 1.0
