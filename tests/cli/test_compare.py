"""`driftline compare`: two files, one answer, an exit code that scripts can use."""

import json
from pathlib import Path

import polars as pl

from tests.cli.conftest import Command, orders


def _files(after: pl.DataFrame) -> tuple[str, str]:
    orders().write_parquet("before.parquet")
    after.write_parquet("after.parquet")
    return "before.parquet", "after.parquet"


def test_the_same_rows_have_not_moved(command: Command) -> None:
    """Exit code 0 and one line."""
    said = command("compare", *_files(orders()))
    assert said.code == 0
    assert said.out == "nothing moved among 6 columns and the number of rows\n"


def test_a_moved_column_is_named_first(command: Command) -> None:
    """Exit code 1, and the sentence names the column and no other one."""
    moved = orders().with_columns(pl.col("amount") + 2)
    said = command("compare", *_files(moved))
    assert said.code == 1
    assert "moved: 1 of 6" in said.out
    assert "amount" in said.out
    assert "channel" not in said.out


def test_no_rows_is_not_no_change(command: Command) -> None:
    """Nobody can tell, so the exit code is 2."""
    said = command("compare", *_files(orders().head(0)))
    assert said.code == 2
    assert "cannot tell" in said.out


def test_json_has_every_finding(command: Command) -> None:
    """Programs get all statistics, with bounds."""
    found = json.loads(command("compare", *_files(orders()), "--json").out)
    assert {"psi", "ks"} <= {finding["statistic"] for finding in found}


def test_a_broken_file_is_one_line(command: Command) -> None:
    """A file that is not what it says is an error and not a comparison."""
    orders().write_parquet("before.parquet")
    Path("after.parquet").write_text("no")
    said = command("compare", "before.parquet", "after.parquet")
    assert said.code == 2
    assert len(said.err.splitlines()) == 1
