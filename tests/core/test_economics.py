"""The decision to retrain is a sum that a reader can check, and a rule with a bound."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.retraining.economics import (
    Costs,
    Price,
    Record,
    Shortfall,
    Waiting,
    balance,
    price_in_points,
    price_of,
)

FIRST = date(2026, 3, 1)
COSTS = Costs(
    error=Decimal("0.50"),
    currency="EUR",
    run=Decimal(40),
    compute_hour=Decimal("2.50"),
    labelling=Decimal(100),
    harmful_swap=Decimal(1000),
)


def lost(*points: float, rows: int = 1000, deviation: float = 0.01) -> Waiting:
    """Windows that fell short by so much, one a day."""
    days = [FIRST + timedelta(days=n) for n in range(len(points))]
    weight = COSTS.error * rows
    return Waiting(
        tuple(
            Shortfall(day, p, deviation, weight)
            for day, p in zip(days, points, strict=True)
        )
    )


def price(total: int) -> Price:
    return Price((("a run", Decimal(total)),), "EUR")


def test_a_price_has_a_line_for_each_part() -> None:
    """Compute × price, labelling, and the chance that a swap does harm × what it costs."""
    found = price_of(COSTS, Record(hours=2.0, swaps=10, harmful=2))
    assert dict(found.lines) == {
        "a run": Decimal(40),
        "compute": Decimal("5.0"),
        "labelling": Decimal(100),
        "risk of a swap": Decimal(125),
    }
    assert found.total == 270


def test_error_cost_times_volume_times_shortfall_adds_up() -> None:
    """Three windows of 1,000 predictions; a better window takes some of it back."""
    found = balance(lost(0.1, 0.2, -0.05), price(1000))
    assert found.loss == Decimal("125.0")
    assert (found.windows, found.since) == (3, FIRST)
    assert not found.pays


def test_the_band_grows_with_what_windows_stray_by_and_with_the_centres_error() -> None:
    """Own noise adds up as a root of squares, a wrong centre by its whole size."""
    sharp = balance(lost(0.1, 0.1, 0.1, 0.1), price(1))
    assert float(sharp.upper - sharp.loss) == pytest.approx(1.645 * 2 * 5, rel=1e-3)
    shared = replace(lost(0.1, 0.1, 0.1, 0.1, deviation=0.0), unsure=0.01)
    found = balance(shared, price(1))
    assert float(found.loss - found.lower) == pytest.approx(1.645 * 4 * 5, rel=1e-3)


def test_windows_without_labels_are_expected_to_fall_short_as_the_others_did() -> None:
    """Their volume counts at the mean rate, and makes the band wider."""
    seen = balance(lost(0.1, 0.1), price(1000))
    more = balance(replace(lost(0.1, 0.1), unseen=(Decimal(500),) * 2), price(1000))
    assert (more.loss, more.unseen) == (2 * seen.loss, 2)
    assert more.upper - more.lower > 2 * (seen.upper - seen.lower) * Decimal("0.9")
    assert "2 of them not labelled yet" in more.sentence


@pytest.mark.parametrize(
    ("total", "day", "pays"),
    [(50, 1, True), (100, 2, True), (101, 3, False), (1000, 20, False)],
)
def test_the_break_even_date_is_when_the_loss_reaches_the_price(
    total: int, day: int, pays: bool
) -> None:
    """In the past where it has, else at the rate so far: 50 a day from the first on."""
    found = balance(lost(0.1, 0.1), price(total))
    assert found.break_even == FIRST + timedelta(days=day - 1)
    assert found.pays is pays


def test_what_gets_better_never_breaks_even() -> None:
    """No date is made up, and the sentence says so."""
    found = balance(lost(0.1, -0.3), price(1000))
    assert found.break_even is None
    assert "it would never pay" in found.sentence


def test_without_money_a_run_is_worth_its_margin_over_a_cool_down() -> None:
    """The same sum in points: a margin of 0.005 for 14 windows is 0.07."""
    price = price_in_points("log_loss", 0.005, 14)
    assert price.total == Decimal("0.070")
    waiting = lost(0.05, 0.05)
    points = tuple(replace(s, weight=Decimal(1)) for s in waiting.shortfalls)
    found = balance(replace(waiting, shortfalls=points), price)
    assert found.pays
    assert "0.10 points of log_loss" in found.sentence
    assert price_in_points("log_loss", 0.0, 14).total == 0


def test_a_record_keeps_every_digit_of_the_money() -> None:
    """Money is text there, and the parts are named."""
    kept = balance(lost(0.1), price_of(COSTS, Record())).to_json()
    assert Decimal(kept["loss"]) == 50
    assert kept["parts"]["labelling"] == "100"
    assert kept["break_even"] == "2026-03-04"


@given(
    st.lists(st.integers(0, 300), min_size=1, max_size=60),
    st.integers(1, 2000),
)
def test_the_total_is_at_most_twice_hindsights_and_one_window(
    points: list[int], total: int
) -> None:
    """Whatever the losses and whenever they end: the ski-rental bound holds."""
    losses = [Decimal(p) / 2 for p in points]
    spent = Decimal(0)
    for number in range(1, len(points) + 1):
        spent += losses[number - 1]
        if balance(lost(*(p / 1000 for p in points[:number])), price(total)).pays:
            spent += total
            break
    hindsight = min(sum(losses, Decimal(0)), Decimal(total))
    assert spent <= 2 * hindsight + max(losses)


def test_it_breaks_even_on_the_day_that_reached_the_price() -> None:
    """Whatever the days after it cost."""
    found = balance(lost(0.1, 0.3, 0.0, -0.05), price(200))

    assert found.break_even == FIRST + timedelta(days=1)


def test_windows_without_labels_widen_the_band_by_what_the_worst_one_strays() -> None:
    """They are expected to fall short as the others did, and nobody has seen it."""
    seen = lost(0.1, 0.1)
    more = replace(seen, unseen=(Decimal(500), Decimal(500)))
    wide, narrow = balance(more, price(1)), balance(seen, price(1))

    assert wide.loss == 2 * narrow.loss
    spread = 1.645 * (2 * (2 * 5) ** 2 + 2 * 5**2) ** 0.5
    assert float(wide.upper - wide.loss) == pytest.approx(spread, rel=1e-3)


def test_a_shortfall_that_hardly_costs_anything_never_pays() -> None:
    """Ten thousand windows are never."""
    found = balance(lost(0.0001), price(1000))

    assert found.break_even is None
    assert found.sentence.endswith("it would never pay")


def test_the_sentence_lists_parts_and_days_to_come_where_there_are_any() -> None:
    """One sum has no parts; small amounts keep their digits."""
    one = balance(lost(0.1), price(20))
    parts = Price((("a run", Decimal(40)), ("compute", Decimal("0.125"))), "EUR")
    two = balance(replace(lost(0.1), unseen=(Decimal(500),)), parts)

    assert "not labelled yet" not in one.sentence
    assert "a run costs 20.00 EUR; at 50.00 a window it broke even on" in one.sentence
    assert "over 2 windows since 2026-03-01, 1 of them not labelled yet" in two.sentence
    assert "(a run 40.00 + compute 0.125)" in two.sentence
