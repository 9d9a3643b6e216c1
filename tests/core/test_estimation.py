"""Performance without labels, step by step on one world: calibrated, corrected, banded.

Over 300 lines because raw, corrected and banded estimates share their worlds.
"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftline.core.estimation.band import LATELY, Band, _largest, band_of
from driftline.core.estimation.correction import Forecasts, Past, forecast
from driftline.core.estimation.estimate import Estimate, estimate
from driftline.core.estimation.estimator import Day, Estimator, fit, place
from driftline.core.estimation.judging import judge_estimate, surely_harmful
from driftline.core.estimation.scale import scale_of
from driftline.core.finding import Outcome
from driftline.core.labels.harm import HarmPolicy
from driftline.core.labels.realised import METRICS, measure
from driftline.core.performance._metric import Unmeasured, load_metric
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.reference import WINDOW, Measured, Reference
from driftline.core.roles import Roles, Task
from driftline.core.window import Every

FIRST = date(2026, 1, 1)
BINARY = Roles(Task.BINARY, "at", "called", score="score", label="late")
CLASSES = Roles(Task.MULTICLASS, "at", "called", label="kind")
VALUES = Roles(Task.REGRESSION, "at", "said", label="took")


def expit(x):
    return 1 / (1 + np.exp(-x))


def scored(number: int, rows: int = 300, shift: float = 0.0) -> pl.DataFrame:
    """A day whose scores are too sure by half; a shift makes its rows easier to tell."""
    rng = np.random.default_rng([1, number])
    x = rng.normal(shift + rng.normal(0, 0.5), 1.0, rows)
    score = expit(2 * x)
    late = (rng.random(rows) < expit(x)).astype(int)
    return pl.DataFrame({"x": x, "score": score, "called": score > 0.5, "late": late})


def valued(number: int, rows: int = 300, shift: float = 0.0) -> pl.DataFrame:
    """A day whose errors grow with x, a feature that the prediction ignores."""
    rng = np.random.default_rng([2, number])
    x = np.abs(rng.normal(shift, 1.0, rows))
    said = rng.normal(50, 5, rows)
    return pl.DataFrame(
        {"x": x, "said": said, "took": said + x * rng.normal(0, 4, rows)}
    )


def kinds(number: int, rows: int = 300, shift: float = 0.0) -> pl.DataFrame:
    """Three classes; where x is large the prediction is a guess."""
    rng = np.random.default_rng([3, number])
    x = rng.normal(shift, 1.0, rows)
    kind = rng.integers(0, 3, rows)
    wrong = rng.random(rows) < np.where(x > 0, 0.6, 0.05)
    called = np.where(wrong, rng.integers(0, 3, rows), kind)
    names = np.array(["air", "road", "sea"])
    return pl.DataFrame({"x": x, "called": names[called], "kind": names[kind]})


def reference_of(make, roles: Roles, days: int = 30, rows: int = 300) -> Reference:
    """So many days of made rows, with their metrics and all of their rows."""
    labels = [str(FIRST + timedelta(days=number)) for number in range(days)]
    tables = [make(number, rows) for number in range(days)]
    return Reference(
        plan=Plan({}),
        days={},
        performance={
            label: measure(table, roles).measured
            for label, table in zip(labels, tables, strict=True)
        },
        sample=pl.concat(
            table.with_columns(pl.lit(label).alias(WINDOW))
            for label, table in zip(labels, tables, strict=True)
        ),
    )


@pytest.mark.parametrize(
    ("make", "roles", "metric", "shift", "within"),
    [
        (scored, BINARY, "accuracy", 2.0, 0.03),
        (scored, BINARY, "log_loss", 2.0, 0.06),
        (scored, BINARY, "brier", 2.0, 0.03),
        (scored, BINARY, "roc_auc", 1.0, 0.04),
        (valued, VALUES, "mae", 1.0, 1.0),
        (valued, VALUES, "rmse", 1.0, 1.5),
        (kinds, CLASSES, "accuracy", 1.5, 0.05),
        (kinds, CLASSES, "macro_f1", 1.5, 0.05),
    ],
)
def test_what_rows_say_is_near_the_truth_where_rows_changed(
    make, roles, metric, shift, within
):
    """Labels follow the same law on other rows: the estimate finds the new metric."""
    estimator = fit(reference_of(make, roles), roles, METRICS[roles.task])
    rows = make(1000, 5000, shift)
    truth = measure(rows, roles).measured[metric].value
    usual = np.mean([day.realised.value for day in estimator.days[metric]])
    found = estimator.raw(rows.drop(roles.label))[metric]
    assert abs(found - truth) < within
    assert abs(found - truth) < 0.5 * abs(usual - truth)


def test_the_same_rows_have_the_same_estimate():
    """Labels are drawn by a seed: judging a day twice says the same."""
    estimator = fit(reference_of(scored, BINARY), BINARY, ("accuracy", "roc_auc"))
    rows = scored(7)
    assert estimator.raw(rows) == estimator.raw(rows)


def test_unseen_classes_and_absent_columns_are_no_error():
    """A class that the reference never had counts as predicted wrongly or rightly as usual."""
    estimator = fit(reference_of(kinds, CLASSES), CLASSES, METRICS[Task.MULTICLASS])
    odd = kinds(1).with_columns(pl.lit("rail").alias("called")).drop("kind", "x")
    assert 0 <= estimator.raw(odd)["accuracy"] <= 1
    assert estimator.raw(odd.drop("called")) == {}


@pytest.mark.parametrize(("make", "roles"), [(valued, VALUES), (kinds, CLASSES)])
def test_a_feature_without_any_value_is_no_error(make, roles):
    """Nothing is learned of a column that is always null: the estimate is as without it."""

    def beside(number: int, rows: int) -> pl.DataFrame:
        return make(number, rows).with_columns(
            empty=pl.lit(None, dtype=pl.Float64), same=pl.lit(1.0)
        )

    metrics, today = METRICS[roles.task], beside(1000, 500)
    found = fit(reference_of(beside, roles, 8), roles, metrics).raw(today)

    assert found == fit(reference_of(make, roles, 8), roles, metrics).raw(today)


def test_what_lacks_labels_says_what_would_do():
    """Without sampled labels nothing is learned; without labelled days there is no band."""
    whole = reference_of(scored, BINARY)
    bare = fit(replace(whole, sample=None), BINARY, ("accuracy",))
    assert bare.raw(scored(1)) == {}
    assert "keeps no rows" in bare.lack
    assert len(bare.days["accuracy"]) == 30
    few = fit(reference_of(scored, BINARY, days=3), BINARY, ("accuracy",))
    found = estimate(few, "accuracy", [], Day(800_000, 300, 0.7))
    assert isinstance(found, Unmeasured)
    assert "8 would do" in found.reason


def series(rng, days: int, level: np.ndarray, explained: float = 0.3) -> list[Day]:
    """Accuracy on days that differ; the raw estimate knows one part of why."""
    known = rng.normal(0, explained, days)
    chance = expit(1.0 + known + rng.normal(0, 0.2, days) + level)
    raw = expit(1.0 + known)
    right = rng.binomial(400, chance)
    return [
        Day(float(number), 400, float(raw[number]), measured(right[number], 400))
        for number in range(days)
    ]


def measured(right: int, rows: int) -> Measured:
    share = right / rows
    half = 1.96 * (share * (1 - share) / rows) ** 0.5
    return Measured(share, share - half, share + half, rows)


def followed(days: list[Day], reference: int, lag: int) -> list[tuple[float, Estimate]]:
    """Every day after the reference as it is estimated with labels so many days late."""
    estimator = Estimator(
        BINARY, ("accuracy",), days={"accuracy": tuple(days[:reference])}
    )
    told = []
    for today in range(reference, len(days)):
        since = [
            day if day.at <= today - lag else replace(day, realised=None)
            for day in days[reference:today]
        ]
        blank = replace(days[today], realised=None)
        found = estimate(estimator, "accuracy", since, blank)
        assert isinstance(found, Estimate)
        told.append((days[today].realised.value, found))
    return told


def error(told) -> float:
    return float(np.mean([abs(truth - found.value) for truth, found in told]))


def covered(told) -> float:
    return float(np.mean([f.lower <= truth <= f.upper for truth, f in told]))


def test_the_band_holds_nine_days_in_ten_where_days_differ():
    """Sampling noise is a third of the spread between days; the band knows of both."""
    shares = []
    for seed in range(6):
        days = series(np.random.default_rng(seed), 200, np.zeros(200))
        shares.append(covered(followed(days, 40, lag=7)))
    assert 0.87 <= np.mean(shares) <= 0.94


def test_the_band_recovers_after_the_world_has_changed():
    """The level jumps and days get wilder: from a month on, nine in ten are inside again."""
    rng = np.random.default_rng(5)
    level = np.concatenate([np.zeros(60), rng.normal(-0.8, 0.5, 200)])
    told = followed(series(rng, 260, level), 60, lag=7)
    assert covered(told[:20]) < 0.8
    assert 0.84 <= covered(told[40:]) <= 0.96


def test_late_labels_help_where_errors_last():
    """A level that wanders is followed: far better than the reference's value."""
    rng = np.random.default_rng(6)
    level = np.concatenate([np.zeros(60), np.cumsum(rng.normal(0, 0.08, 200))])
    days = series(rng, 260, level)
    usual = np.mean([day.realised.value for day in days[:60]])
    told = followed(days, 60, lag=7)
    assumed = np.mean([abs(truth - usual) for truth, _ in told])
    assert error(told) < 0.7 * assumed
    assert told[-1][1].follows > 0.5


def test_late_labels_do_no_harm_where_errors_do_not_last():
    """Days without memory: following costs at most a few percent over the best guess."""
    rng = np.random.default_rng(7)
    days = series(rng, 260, np.zeros(260), explained=0.0)
    usual = np.mean([day.realised.value for day in days[:60]])
    told = followed(days, 60, lag=7)
    assumed = np.mean([abs(truth - usual) for truth, _ in told])
    assert error(told) < 1.05 * assumed


def test_a_raw_estimate_that_says_nothing_is_not_believed():
    """Raw estimates of pure noise leave the reference's value in place."""
    rng = np.random.default_rng(8)
    days = series(rng, 260, np.zeros(260), explained=0.0)
    noisy = [replace(day, raw=float(expit(1 + rng.normal(0, 0.5)))) for day in days]
    usual = np.mean([day.realised.value for day in days[:60]])
    told = followed(noisy, 60, lag=7)
    assert error(told) < 1.1 * np.mean([abs(truth - usual) for truth, _ in told])


@settings(max_examples=30)
@given(
    values=st.lists(st.floats(0, 1), min_size=10, max_size=40),
    lag=st.integers(1, 60),
    rows=st.integers(1, 2000),
)
def test_estimates_stay_in_the_metric_s_range(values, lag, rows):
    """Whatever the days were, the band is in order, holds its estimate, and is a share."""
    days = [
        Day(float(n), rows, value, Measured(value, value, value, rows))
        for n, value in enumerate(values)
    ]
    estimator = Estimator(BINARY, ("accuracy",), days={"accuracy": tuple(days)})
    found = estimate(estimator, "accuracy", [], Day(len(values) - 1 + lag, rows, 0.5))
    assert isinstance(found, Estimate)
    assert 0 <= found.lower <= found.value <= found.upper <= 1
    assert found.surely[0] <= found.lower
    assert found.surely[1] >= found.upper


@settings(max_examples=30)
@given(late=st.floats(-3, 3), cut=st.integers(1, 9))
def test_a_forecast_looks_no_further_than_the_lag(late, cut):
    """What the last labels say changes nothing that was estimated before they came."""
    rng = np.random.default_rng(0)
    at, realised = np.arange(40.0), rng.normal(0, 1, 40)
    past = Past(at, rng.normal(0, 1, 40), realised, np.full(40, 0.1), 20)
    changed = realised.copy()
    changed[-cut:] = late
    said = forecast(past, 5.0).centre
    other = forecast(replace(past, realised=changed), 5.0).centre
    same = 40 - cut + 4
    assert np.allclose(said[: min(same, 40)], other[: min(same, 40)])


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_a_scale_leads_back(value, rows):
    """Into the scale and back again is the same share."""
    scale = scale_of(load_metric("accuracy").facts, [0.7, 0.8])
    assert scale.back(scale.into(value, rows), rows) == pytest.approx(value, abs=1e-6)


def test_places_in_time_count_windows():
    """Missing days are gaps, hours and weeks count as such, and a name has no place."""
    assert place("2026-03-08T05+0000", Every.HOUR) - place(
        "2026-03-08T03+0000", Every.HOUR
    ) == pytest.approx(2)
    assert place("holdout", Every.DAY) is None


def told_of(lower: float, value: float, upper: float) -> Estimate:
    return Estimate(value, lower, upper, (lower - 0.1, upper), 0.7, 7.0, 0.0, 0.8)


def usual_days() -> Reference:
    performance = {
        str(FIRST + timedelta(days=n)): {"accuracy": measured(320 + n % 5, 400)}
        for n in range(30)
    }
    return Reference(Plan({}), {}, performance)


@pytest.mark.parametrize(
    ("band", "outcome"),
    [
        ((0.75, 0.80, 0.85), Outcome.OK),
        ((0.60, 0.70, 0.85), Outcome.UNKNOWN),
        ((0.40, 0.50, 0.60), Outcome.BREACHED),
    ],
)
def test_only_a_band_that_is_wholly_outside_is_a_breach(band, outcome):
    """An estimate outside with a band that is not is unknown: so many rows would decide."""
    found = judge_estimate("accuracy", told_of(*band), usual_days(), 400, HarmPolicy())
    assert found is not None
    assert found.outcome is outcome
    assert ("deciding_rows" in found.evidence) == (outcome is Outcome.UNKNOWN)
    assert surely_harmful(told_of(*band), found.bounds) == (outcome is Outcome.BREACHED)


def mixed(number: int, rows: int = 300, shift: float = 0.0) -> pl.DataFrame:
    """Days differ in how many rows are of a kind on which the scores mean little."""
    rng = np.random.default_rng([4, number])
    strange = rng.random(rows) < np.clip(rng.beta(2, 3) + shift, 0, 1)
    score = np.where(rng.random(rows) < 0.5, 0.1, 0.9)
    chance = np.where(strange, 0.5, score)
    return pl.DataFrame(
        {
            "kind": np.where(strange, "strange", "plain"),
            "score": score,
            "called": score > 0.5,
            "late": (rng.random(rows) < chance).astype(int),
        }
    )


def kinds_of(days: int = 40) -> Reference:
    """A reference of such days whose plan knows the kinds."""
    plan = Plan(
        {
            "kind": ColumnPlan(
                Kind.CATEGORICAL, "String", categories=("plain", "strange")
            )
        }
    )
    return replace(reference_of(mixed, BINARY, days), plan=plan)


def test_rows_are_weighted_where_that_helped_on_the_references_days():
    """The score alone says the same of every day; rows weighted by kind tell them apart."""
    fitted = fit(kinds_of(), BINARY, ("accuracy",))
    alone = replace(fitted, weighting=None)
    errors, without = [], []
    for number in range(500, 520):
        rows = mixed(number, 2000)
        truth = measure(rows, BINARY).measured["accuracy"].value
        errors.append(abs(fitted.raw(rows.drop("late"))["accuracy"] - truth))
        without.append(abs(alone.raw(rows.drop("late"))["accuracy"] - truth))

    assert fitted.parts["accuracy"] > 0.3
    assert np.mean(errors) < 0.75 * np.mean(without)


def test_rows_without_a_prediction_weigh_nothing():
    """No metric is of them, whatever kind they are of."""
    fitted = fit(kinds_of(), BINARY, ("accuracy",))
    rows = mixed(500, 2000).drop("late")
    unscored = rows.with_columns(
        pl.lit("strange").alias("kind"),
        pl.lit(None, pl.Float64).alias("score"),
        pl.lit(None, pl.Boolean).alias("called"),
    )

    assert fitted.raw(pl.concat([rows, unscored])) == fitted.raw(rows)


def test_rows_are_not_weighted_where_columns_say_nothing():
    """Kinds that have nothing to do with the label leave the estimate nearly as it is."""
    rng = np.random.default_rng(0)

    def idle(number: int, rows: int = 300) -> pl.DataFrame:
        return scored(number, rows).with_columns(
            kind=pl.Series(rng.choice(["plain", "strange"], rows))
        )

    reference = replace(reference_of(idle, BINARY, 40), plan=kinds_of(8).plan)
    assert fit(reference, BINARY, ("accuracy",)).parts["accuracy"] < 0.2


def test_few_days_do_not_tell_whether_weighting_helps():
    """With a dozen days it is left alone."""
    fitted = fit(kinds_of(12), BINARY, ("accuracy",))
    assert fitted.parts == {"accuracy": 0.0}
    assert fitted.raw(mixed(1).drop("late")).keys() == {"accuracy"}


def test_a_trend_of_the_reference_widens_the_band_of_labels_that_are_late():
    """What a month may bring is seen in the reference's own months, not in its middle."""
    rng = np.random.default_rng(3)
    drifting = series(rng, 90, 0.5 * np.sin(np.arange(90) / 14), explained=0.1)
    estimator = Estimator(BINARY, ("accuracy",), days={"accuracy": tuple(drifting)})
    since = series(rng, 40, np.zeros(40), explained=0.1)
    widths = []
    for lag in (1, 30):
        known = [replace(day, at=day.at + 90) for day in since[: 31 - lag]]
        found = estimate(estimator, "accuracy", known, Day(120.0, 400, known[0].raw))
        widths.append(found.upper - found.lower)

    assert widths[1] > 1.15 * widths[0]


def band_after(errors: np.ndarray, reference: int) -> Band:
    """The band of the day after days whose forecasts were off by so much."""
    nothing = np.zeros(len(errors) + 1)
    past = Past(np.arange(len(nothing)), nothing, np.append(errors, np.nan), nothing, 0)
    known = np.arange(len(nothing))
    said = Forecasts(nothing, nothing + 1.0, known, known >= 0, 0.0)
    return band_of(replace(past, reference=reference), said)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), reference=st.integers(10, 60))
def test_days_that_hang_together_tell_less(seed, reference):
    """The same errors of a reference, side by side with their like: the band is wider."""
    apart = np.random.default_rng(seed).normal(0, 1, reference)
    sorted_, alternating = np.sort(apart), np.sort(apart)
    alternating[1::2] = alternating[1::2][::-1]
    signs = np.where(np.arange(reference) % 2, 1, -1)
    like = band_after(np.abs(sorted_), reference)
    unlike = band_after(np.abs(alternating) * signs, reference)
    assert like.below > unlike.below
    assert like.freedom <= unlike.freedom


def test_an_edge_moves_by_the_misses_of_its_own_side():
    """Days that are too low push the lower edge out, and draw the upper one in."""
    usual = np.tile([1.0, -1.0], 20)
    low = np.concatenate([usual, np.tile([-2.5, -0.5], 10)])
    before, after = band_after(usual, 40), band_after(low, 40)
    assert after.below > 1.3 * before.below
    assert after.above / after.below < 0.8


def test_a_wild_day_of_late_makes_edges_move_faster():
    """How far a miss moves an edge goes by the largest error among the latest days."""
    assert list(_largest(np.array([0.5, -2.0, np.nan, 1.0]))) == [0.5, 2.0, 2.0, 2.0]
    long = np.concatenate([[9.0], np.ones(LATELY)])
    assert _largest(long)[LATELY - 1] == 9.0
    assert _largest(long)[LATELY] == 1.0
