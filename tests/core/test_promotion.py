"""The paired contest and what promotes: one decision, all of its reasons.

Over 300 lines because every kind of challenger meets the same champion.
"""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from driftline.core.performance._metric import Labelled, Unmeasured
from driftline.core.retraining.contest import (
    SURE,
    Contest,
    Pair,
    compare,
    delong,
    mcnemar,
)
from driftline.core.retraining.promotion import (
    SURE_AGAIN,
    Promotion,
    PromotionRule,
    decide_promotion,
)
from driftline.core.roles import Roles, Task

ROLES = Roles(Task.BINARY, "at", "p", label="y", segments=("origin",))


def chance(logit: np.ndarray) -> pl.Series:
    """Probabilities."""
    return pl.Series(1 / (1 + np.exp(-logit)))


def held_out(rows: int = 3000, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """A champion that sees one of two causes, and the logit that sees both."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(2, rows))
    both = first + 0.8 * second
    table = pl.DataFrame(
        {
            "p": chance(first),
            "y": (rng.random(rows) < 1 / (1 + np.exp(-both))).astype(int),
            "origin": rng.choice(["JFK", "EWR"], rows),
            "day": np.arange(rows) * 30 // rows,
        }
    )
    return table, both


def decide(
    table: pl.DataFrame, rival: pl.Series, metric: str = "roc_auc", margin: float = 0.0
) -> Promotion:
    """The decision under a plain rule and a fixed seed."""
    rule = PromotionRule(metric, margin=margin)
    return decide_promotion(table, ROLES, rival, rule, np.random.default_rng(0))


@pytest.mark.parametrize(
    "metric", ["roc_auc", "log_loss", "accuracy", "average_precision"]
)
@pytest.mark.parametrize("by_day", [True, False])
def test_a_better_challenger_is_promoted(metric: str, by_day: bool) -> None:
    """A challenger that knows more wins, whichever way the metric points."""
    table, logit = held_out()
    found = decide_promotion(
        table,
        ROLES,
        chance(logit),
        PromotionRule(metric),
        np.random.default_rng(0),
        table["day"] if by_day else None,
    )
    assert found.promote
    assert found.contest is not None
    assert 0 < found.contest.lower <= found.contest.gain <= found.contest.upper
    assert found.contest.p_value < 0.05
    assert set(found.segments) == {"origin=EWR", "origin=JFK"}
    assert json.loads(json.dumps(found.to_json()))["promote"] is True


@pytest.mark.parametrize("metric", ["roc_auc", "accuracy", "f1"])
def test_the_same_model_is_never_promoted(metric: str) -> None:
    """A challenger that predicts the same gains exactly nothing."""
    table, _ = held_out()
    found = decide(table, table["p"], metric)
    assert not found.promote
    assert found.contest is not None
    assert (found.contest.gain, found.contest.p_value) == (0.0, 1.0)


def test_a_gain_below_the_margin_is_refused() -> None:
    """A sure gain that is smaller than the margin changes nothing."""
    table, logit = held_out()
    found = decide(table, chance(logit), margin=0.5)
    assert not found.promote
    assert "margin of 0.5" in found.reason


def test_a_gain_that_may_be_chance_is_called_unsure() -> None:
    """Not a loss, not a gain below the margin, and not a sure one."""
    table, slight, logit = _slight()
    found = decide(table, slight)
    assert (found.promote, found.unsure) == (False, True)
    assert "may be chance" in found.reason
    assert not decide(table, slight, margin=0.2).unsure
    assert not decide(table, chance(-logit)).unsure
    assert not decide(*_sure()).unsure


def _slight() -> tuple[pl.DataFrame, pl.Series, np.ndarray]:
    """A rival that knows a little more and strays a lot."""
    table, logit = held_out(300)
    first = np.log(table["p"].to_numpy() / (1 - table["p"].to_numpy()))
    strays = np.random.default_rng(1).normal(0, 0.5, 300)
    return table, chance(first + 0.85 * (logit - first) + strays), logit


def _sure() -> tuple[pl.DataFrame, pl.Series]:
    table, logit = held_out()
    return table, chance(logit)


def test_after_one_gain_a_standard_error_more_is_enough() -> None:
    """The same rows promote at 84 % and not at 97.5 %; the guards stay as they are."""
    table, slight, _ = _slight()
    found = {
        sure: decide_promotion(
            table,
            ROLES,
            slight,
            PromotionRule("roc_auc", sure=sure),
            np.random.default_rng(0),
        )
        for sure in (SURE, SURE_AGAIN)
    }
    assert [each.promote for each in found.values()] == [False, True]
    contests = [each.contest for each in found.values()]
    assert contests[0] is not None
    assert contests[1] is not None
    assert contests[0].lower == contests[1].lower < 0


def test_of_challengers_that_are_no_better_few_gain_twice() -> None:
    """Once on the held-out rows and once more in shadow: about eight in a hundred."""
    passed = 0
    for seed in range(60):
        looks = []
        for look, sure in enumerate((0.5, SURE_AGAIN)):
            table, _ = held_out(300, 100 * seed + look)
            rng = np.random.default_rng(7_000 + 100 * seed + look)
            old = np.log(table["p"].to_numpy() / (1 - table["p"].to_numpy()))
            table = table.with_columns(p=chance(old + rng.normal(0, 0.5, 300)))
            rival = chance(old + rng.normal(0, 0.5, 300))
            rule = PromotionRule("log_loss", sure=sure)
            rng = np.random.default_rng(0)
            looks.append(decide_promotion(table, ROLES, rival, rule, rng).promote)
        passed += all(looks)
    assert passed <= 11


def test_chance_is_seldom_promoted() -> None:
    """Of challengers that differ by noise alone hardly any is promoted."""
    promoted = 0
    for seed in range(30):
        table, _ = held_out(300, seed)
        rng = np.random.default_rng(1000 + seed)
        old = np.log(table["p"].to_numpy() / (1 - table["p"].to_numpy()))
        table = table.with_columns(p=chance(old + rng.normal(0, 0.5, 300)))
        promoted += decide(table, chance(old + rng.normal(0, 0.5, 300))).promote
    assert promoted <= 3


def test_a_guard_segment_that_gets_worse_blocks() -> None:
    """A challenger that is better overall and useless on one segment stays out."""
    table, logit = held_out()
    noise = np.random.default_rng(9).normal(size=len(logit))
    small = np.arange(len(logit)) % 10 == 0
    table = table.with_columns(origin=pl.Series(np.where(small, "LGA", "EWR")))
    found = decide(table, chance(np.where(small, noise, logit)))
    assert found.contest is not None
    assert found.contest.better
    assert not found.promote
    assert "origin=LGA gets worse by" in found.reason
    assert [guard.segment for guard in found.guards] == ["origin=LGA"]


def test_a_sensitive_group_that_gets_worse_blocks() -> None:
    """A gain on the whole is not paid for by one group of people."""
    table, logit = held_out()
    noise = np.random.default_rng(9).normal(size=len(logit))
    small = np.arange(len(logit)) % 10 == 0
    table = table.with_columns(sex=pl.Series(np.where(small, "f", "m")))
    roles = replace(ROLES, sensitive=("sex",))
    found = decide_promotion(
        table,
        roles,
        chance(np.where(small, noise, logit)),
        PromotionRule("roc_auc"),
        np.random.default_rng(0),
    )
    assert not found.promote
    assert "sex=f gets worse by" in found.reason


@pytest.mark.parametrize("sensitive", [(), ("sex",)])
def test_a_gap_that_grows_blocks_though_no_group_gets_worse(
    sensitive: tuple[str, ...],
) -> None:
    """Only some get the better model: a gain on the whole, and a new gap between groups."""
    table, logit = held_out()
    favoured = np.arange(len(logit)) % 2 == 0
    rng = np.random.default_rng(5)
    old = logit + rng.normal(0, 3, len(logit))
    table = table.with_columns(
        p=chance(old), sex=pl.Series(np.where(favoured, "m", "f"))
    )
    found = decide_promotion(
        table,
        replace(ROLES, sensitive=sensitive),
        chance(np.where(favoured, logit, old)),
        PromotionRule("roc_auc"),
        np.random.default_rng(0),
    )
    assert found.promote is not bool(sensitive)
    assert ("the gap between sex=f and sex=m grows" in found.reason) is bool(sensitive)


def test_only_rows_that_both_can_be_measured_on_count() -> None:
    """A row without a label, or without one model's prediction, is left out for both."""
    table, logit = held_out(1000)
    place = pl.int_range(1000)
    table = table.with_columns(
        y=pl.when(place >= 100).then("y"),
        p=pl.when(~place.is_between(100, 199)).then("p"),
    )
    found = decide(table, chance(logit).scatter(range(200, 300), None))
    assert found.contest is not None
    sides = found.contest.champion, found.contest.challenger
    assert [found.contest.rows, *(side.rows for side in sides)] == [700] * 3


def test_what_cannot_be_compared_has_a_reason() -> None:
    """Too few rows, one class only, or no label end in a refusal with its reason."""
    table, logit = held_out(500)
    few = decide(table.head(50), chance(logit[:50]))
    alike = decide(table.with_columns(y=0), chance(logit))
    blind = decide(table.drop("y"), chance(logit))
    assert not any(found.promote for found in (few, alike, blind))
    assert "50 held-out rows; 200 needed" in few.reason
    assert "one class" in alike.reason
    assert "no column 'y'" in blind.reason


def test_the_same_seed_gives_the_same_contest() -> None:
    """A contest can be repeated to the last digit."""
    table, logit = held_out(800)
    assert decide(table, chance(logit), "f1") == decide(table, chance(logit), "f1")


def test_days_that_move_together_widen_the_interval() -> None:
    """When the gain differs from day to day, rows of a day are not so many proofs."""
    rng = np.random.default_rng(2)
    day = np.repeat(np.arange(20), 200)
    truth = rng.normal(size=4000)
    gain = np.repeat(rng.normal(0.02, 0.3, 20), 200)
    old, new = Labelled(truth, truth + 1.0), Labelled(truth, truth + 1.0 - gain)
    widths = []
    for days in (None, day):
        found = compare(Pair(old, new, days), "mae", np.random.default_rng(0))
        assert isinstance(found, Contest)
        widths.append(found.upper - found.lower)
    assert widths[1] > 5 * widths[0]


def test_mcnemar_counts_only_disagreements() -> None:
    """Ten wins against none is 2/1024; rows both get right change nothing."""
    truth = [1] * 30
    old, new = Labelled.of(truth, [0] * 10 + [1] * 20), Labelled.of(truth, truth)
    assert mcnemar(Pair(old, new)) == pytest.approx(2 / 1024)


def test_delong_p_values_are_even_when_nothing_differs() -> None:
    """Two models of equal worth give p below 0.1 about one time in ten."""
    low = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        truth = (rng.random(300) < 0.4).astype(int)
        shared = truth + rng.normal(0, 1, 300)
        old, new = (
            Labelled(truth, truth, shared + rng.normal(0, 0.7, 300)) for _ in range(2)
        )
        low += delong(Pair(old, new)) < 0.1
    assert 15 <= low <= 48


def test_a_champion_without_scores_has_no_auc_to_beat() -> None:
    """Classes against probabilities cannot be compared by ROC AUC, and it says so."""
    rows = Labelled.of([0, 1, 1, 0], [0, 1, 0, 0])
    scored = Labelled.of([0, 1, 1, 0], [0, 1, 0, 0], [0.1, 0.9, 0.4, 0.2])
    found = compare(Pair(rows, scored), "roc_auc", np.random.default_rng(0))
    assert isinstance(found, Unmeasured)
    assert "of the champion" in found.reason


def test_multiclass_classes_may_differ_between_models() -> None:
    """A class that only one model predicts does not shift the others' numbers."""
    rng = np.random.default_rng(0)
    label = rng.choice(["b", "c"], 400)
    table = pl.DataFrame({"p": rng.choice(["b", "c"], 400), "y": label})
    roles = Roles(Task.MULTICLASS, "at", "p", label="y")
    rival = np.where(rng.random(400) < 0.05, "a", label)
    rule = PromotionRule("accuracy")
    found = decide_promotion(table, roles, pl.Series(rival), rule, rng)
    assert found.promote
    assert found.contest is not None
    assert found.contest.challenger.value == pytest.approx((rival == label).mean())
