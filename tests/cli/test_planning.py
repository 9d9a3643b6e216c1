"""`budget` before the first day, and `replay` over days that were judged."""

import json
from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from tests.cli.conftest import Command

SPAN = ("--from", "2026-03-09", "--to", "2026-03-10")


def test_a_budget_is_said_in_words(watched: Command) -> None:
    """False alarms, what is seen, what is not, and what would help, on one screen."""
    said = watched("budget", "orders")
    assert said.code == 0, said.err
    assert "false alarms to expect in a month" in said.out
    assert "by the budget" in said.out
    assert "sampling noise" in said.out  # six days are too few
    assert "build the reference over more" in said.out
    [moved] = [line for line in said.out.splitlines() if "mean moves" in line][:1]
    assert " sd" in moved
    assert "rows become the commonest category" in said.out


def test_a_budget_as_json_has_every_column(watched: Command) -> None:
    """Programs read the same numbers."""
    found = json.loads(watched("budget", "orders", "--json").out)
    assert {sight["subject"] for sight in found["sights"]} >= {"amount", "channel"}
    assert found["ground"]["days"] == 6
    assert 0 < found["pages"]["promised"] < 1
    assert found["metric"]["metric"]


def test_a_replay_under_the_same_policy_changes_nothing(
    watched: Command, tmp_path: Path
) -> None:
    """The verdict is as it was, and the ledger's file is the same to the byte."""
    watched("status")
    (tmp_path / "same.yaml").write_text("zone: UTC\n")
    before = contents(tmp_path)
    said = watched("replay", "orders", "--policy", "same.yaml", *SPAN, "--json")
    assert said.code == 0, said.err
    assert contents(tmp_path) == before
    found = json.loads(said.out)
    [day] = found["windows"]
    assert not day["differs"]
    assert day["would"]["verdict"] == "healthy"
    assert found["was"] == found["would"]
    assert found["never_judged"] == 1


def test_a_page_is_counted_once_on_both_sides(watched: Command, tmp_path: Path) -> None:
    """A broken day was told by one message, and under the same policy would be again."""
    path = tmp_path / "orders.parquet"
    broken = pl.col("at").dt.date() == date(2026, 3, 11)
    amount = pl.when(broken).then(None).otherwise(pl.col("amount"))
    pl.read_parquet(path).with_columns(amount=amount).write_parquet(path)
    assert watched("run", "--day", "2026-03-11").code == 1
    (tmp_path / "same.yaml").write_text("zone: UTC\n")
    span = ("--from", "2026-03-11", "--to", "2026-03-11")
    found = json.loads(watched("replay", "--policy", "same.yaml", *span, "--json").out)
    assert found["was"] == found["would"]
    assert found["was"]["pages"] == found["was"]["incidents"] == 1
    assert found["was"]["messages"] == 1


def test_a_replay_under_a_bound_says_what_would_be_raised(
    watched: Command, tmp_path: Path
) -> None:
    """A day that breaks a bound of the other policy differs, with the finding."""
    (tmp_path / "tight.yaml").write_text(
        "drift:\n  bounds:\n    amount:\n      jensen_shannon: 0.001\n"
    )
    said = watched("replay", "orders", "--policy", "tight.yaml", *SPAN)
    assert said.code == 0, said.err
    assert "2026-03-10: healthy -> watch" in said.out
    assert "raised too: the distribution of amount moved" in said.out
    assert "never judged, and left out: 1" in said.out
    [line] = [each for each in said.out.splitlines() if "digest" in each]
    assert line.split()[-2:] == ["0", "1"]


def test_a_policy_that_is_wrong_names_its_line(
    watched: Command, tmp_path: Path
) -> None:
    """The message names the policy's own file, line and near miss."""
    (tmp_path / "wrong.yaml").write_text("alarms:\n  pagse: 1 per week\n")
    said = watched("replay", "orders", "--policy", "wrong.yaml", *SPAN)
    assert (said.code, said.out) == (2, "")
    assert "wrong.yaml:2" in said.err
    assert "did you mean 'pages'" in said.err
    (tmp_path / "other.yaml").write_text("name: parcels\n")
    said = watched("replay", "orders", "--policy", "other.yaml", *SPAN)
    assert said.code == 2
    assert "another monitor" in said.err


def test_a_policy_that_is_not_there_is_named(watched: Command) -> None:
    """Nobody who has a monitor is told to begin with one."""
    said = watched("replay", "--policy", "stricter.yaml", *SPAN)
    assert said.code == 2
    assert "cannot read stricter.yaml: No such file" in said.err
    assert "init" not in said.err


def test_a_span_without_a_judged_day_says_how_to_get_one(
    watched: Command, tmp_path: Path
) -> None:
    """Nothing to replay is an error with its remedy."""
    (tmp_path / "same.yaml").write_text("zone: UTC\n")
    said = watched(
        *("replay", "--policy", "same.yaml", "--from", "2026-03-07"),
        *("--to", "2026-03-08"),
    )
    assert (said.code, said.out) == (2, "")
    assert "driftline backfill orders --from 2026-03-07 --to 2026-03-08" in said.err


def contents(folder: Path) -> dict[str, str]:
    """A digest of every file of the project, but for what is written while reading."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }
