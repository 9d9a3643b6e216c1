"""Incidents from the terminal: seen, answered, silenced, told by the week."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.cli.conftest import Command


@pytest.fixture
def broken(watched: Command, tmp_path: Path) -> Command:
    """`driftline ...` where the scores of a day are no probabilities."""
    file = tmp_path / "orders.parquet"
    rows = pl.read_parquet(file)
    day = pl.col("at").dt.day() == 11
    wrong = pl.when(day).then(pl.col("score") + 5).otherwise(pl.col("score"))
    rows.with_columns(score=wrong).write_parquet(file)
    assert watched("run", "--day", "2026-03-11").code == 1
    return watched


def test_an_open_incident_is_listed_with_its_reason(broken: Command) -> None:
    """What, since when, and why people were told."""
    said = broken("incidents")
    assert "orders data: score" in said.out
    assert "Since 2026-03-11" in said.out
    assert "2026-03-11 told: first notification" in said.out
    [found] = json.loads(broken("incidents", "--json").out)
    assert found["subjects"] == ["score"]


def test_without_incidents_there_are_none(watched: Command) -> None:
    """A healthy monitor says so, and an answer to nothing is refused."""
    assert watched("incidents").out == "no open incident\n"
    for command in ("ack", "false-alarm"):
        said = watched(command)
        assert said.code == 2
        assert "no open incident" in said.err


def test_an_answer_is_kept_and_shown(broken: Command) -> None:
    """Once; a second one changes nothing."""
    assert broken("ack", "--author", "ann").out == "orders: acknowledged by ann\n"
    assert "before" in broken("ack", "--author", "bob").out
    assert "acknowledged by ann" in broken("incidents").out
    refused = broken("ack", "--cause", "costs")
    assert refused.code == 2
    assert "no open incident of 'costs'; what is open is of data" in refused.err
    assert broken("false-alarm", "--author", "ann").code == 0


def test_false_alarms_are_held_against_the_budget(broken: Command) -> None:
    """One in a few days is more than one in a quarter, and the budget says so."""
    said = broken("budget")
    assert "in production: 0 of 1 incident in" in said.out
    assert "more than the" not in said.out
    broken("false-alarm", "--author", "ann")
    said = broken("budget")
    assert "in production: 1 of 1 incident in" in said.out
    assert "called a false alarm (" in said.out
    assert "a month, more than the" in said.out
    past = json.loads(broken("budget", "--json").out)["past"]
    assert (past["incidents"], past["called_false"]) == (1, 1)
    assert past["per_month"] > 0.33


def test_a_silence_is_listed_and_lifted(broken: Command) -> None:
    """With author, end and reason."""
    why = "new price list"
    made = broken(
        *("silence", "--subject", "score", "--for", "2w"),
        *("--because", why, "--author", "ann"),
    )
    assert "score of orders silenced until" in made.out
    [listed] = json.loads(broken("silences", "--json").out)
    assert (listed["author"], listed["because"]) == ("ann", why)
    assert why in broken("silences").out
    assert broken("lift", "orders", listed["key"]).code == 0
    assert broken("silences").out == "nothing is silenced\n"
    assert broken("lift", "orders", "other").code == 2
    assert broken("silence", "--for", "soon", "--because", why).code == 2


@pytest.mark.parametrize("subject", ["retraining", "slice", "late", "drill"])
def test_news_is_silenced_by_its_name(broken: Command, subject: str) -> None:
    """No finding is about it; nobody is told that there is no such thing."""
    said = broken("silence", "--subject", subject, "--because", "known")
    assert (said.code, said.err) == (0, "")


@pytest.mark.parametrize("subject", ["scroe", "retrainig"])
def test_a_slip_of_the_pen_silences_nothing(broken: Command, subject: str) -> None:
    """The name that was meant is offered, and whoever meant it is not left in the noise."""
    said = broken("silence", "--subject", subject, "--because", "known")
    assert said.code == 2
    assert "Did you mean '" in said.err
    assert broken("silences").out == "nothing is silenced\n"


def test_what_was_never_judged_may_be_silenced_with_a_word(broken: Command) -> None:
    """A column that comes tomorrow; nothing is said of one that is known."""
    said = broken("silence", "--subject", "voucher", "--because", "comes on Monday")
    assert said.code == 0
    assert "nothing called 'voucher' was judged so far" in said.err
    known = broken("silence", "--subject", "score", "--because", "known")
    assert (known.code, known.err) == (0, "")


def test_approving_nothing_is_refused(broken: Command) -> None:
    """There is no request to approve."""
    assert "no retraining request" in broken("approve").err


def test_the_week_is_told_once(broken: Command) -> None:
    """Printed on request, told once, and then no more."""
    shown = broken("digest", "--day", "2026-03-11", "--dry-run")
    assert "Week 2026-W11: orders" in shown.out
    assert "1 act, 1 healthy" in shown.out
    assert "delivered: 1" in broken("digest", "--day", "2026-03-11").out
    assert "told before" in broken("digest", "--day", "2026-03-11").out


def test_nothing_waits_when_all_was_sent(broken: Command) -> None:
    """The outbox is empty after a run."""
    assert broken("deliver").out == "delivered: 0\n"


def test_listening_needs_a_listener(broken: Command) -> None:
    """The message shows what to write."""
    said = broken("listen")
    assert said.code == 2
    assert "listen: [{slack:" in said.err
