"""`driftline drill` as a person or a script meets it."""

import json

import pytest

from tests.cli.conftest import Command


def test_a_drill_shows_the_chain_and_the_message(watched: Command) -> None:
    """Link by link, with the message as it would be sent; nothing is recorded but a note."""
    said = watched("drill", "orders", "--fault", "nulls", "--size", "0.9")
    assert said.code == 0, said.out + said.err
    for words in ("fault planted", "found", "incident", "message", "retraining"):
        assert words in said.out
    assert "console (not sent):" in said.out
    assert "DRILL: orders: act" in said.out
    assert "[Opened]" not in said.err
    status = watched("status")
    assert "drilled on " in status.out
    assert "90% of" in status.out
    [shown] = json.loads(watched("status", "--json").out)
    assert shown["drill"]["passed"]
    assert [w["verdict"] for w in shown["windows"]] == ["healthy"]
    assert shown["incidents"] == []


def test_the_message_is_sent_when_asked_for(watched: Command) -> None:
    """`--send` hands the marked message to the real notifier."""
    day = ["--day", "2026-03-10"]
    said = watched("drill", "--fault", "nulls", "--size", "0.9", *day, "--send")
    assert "[Opened] DRILL: orders" in said.err
    assert "console (sent):" in said.out


def test_a_link_that_fails_is_exit_code_1(watched: Command) -> None:
    """A fault that nobody would see is a broken chain, in words and in JSON."""
    said = watched("drill", "--fault", "nulls", "--size", "0.005", "--json")
    assert said.code == 1
    [drilled] = json.loads(said.out)
    failed = [link["name"] for link in drilled["links"] if link["state"] == "FAILED"]
    assert failed[0] == "found"


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--fault", "null"], "Did you mean 'nulls'"),
        (["--fault", "nulls", "--column", "price"], "no column 'price'"),
        (["--size", "0.5"], "--fault"),
    ],
)
def test_what_cannot_be_drilled_is_exit_code_2(
    watched: Command, words: list[str], hint: str
) -> None:
    """A word that is wrong is said, with what is right."""
    said = watched("drill", *words)
    assert said.code == 2
    assert hint in said.err
