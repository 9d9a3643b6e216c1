"""The README's promises: its monitor file is read, its commands exist, its links lead."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import yaml

import driftline
from driftline.cli import app
from driftline.cli.deploying import POOL
from driftline.settings.file import read_monitor

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = ("README.md", "docs/trust.md", "infra/README.md", ".github/CONTRIBUTING.md")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def _commands(program: str) -> list[list[str]]:
    lines = [line for block in _blocks("bash") for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(program + " ")]


def test_it_is_short_and_begins_with_the_demo() -> None:
    """One sentence, the demo command by line 5, and an end."""
    lines = README.splitlines()
    assert lines[0].startswith("# Driftline: ")
    assert "make demo" in lines[:5]
    assert len(lines) < 120


def test_its_monitor_file_is_read(tmp_path: Path) -> None:
    """The 15 lines for one's own model are a monitor file."""
    [block] = _blocks("yaml")
    (tmp_path / "orders.yaml").write_text(block)
    assert read_monitor(tmp_path / "orders.yaml").name == "orders"
    assert len(block.splitlines()) <= 16


@pytest.mark.parametrize("words", _commands("driftline"), ids=" ".join)
def test_its_commands_parse(words: list[str]) -> None:
    """Every `driftline ...` line is accepted by the command line."""
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words[0]]
        words = words[1:]
    command.make_context("driftline", list(words))


def test_its_pool_is_that_of_the_deployments() -> None:
    """The work pool that is made and started is the one that prefect.yaml deploys to."""
    project = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())
    pools = {entry["work_pool"]["name"] for entry in project["deployments"]}
    [worker] = _commands("prefect")
    assert pools == {POOL}
    assert worker[-2:] == ["--pool", POOL]


def test_its_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook lines work as they stand, and their names are public."""
    import polars as pl

    monkeypatch.chdir(tmp_path)
    for name, shift in (("last_month", 0), ("this_month", 5)):
        rows = pl.DataFrame({"amount": [float(n % 40 + shift * 9) for n in range(900)]})
        rows.write_parquet(f"{name}.parquet")
    [block] = _blocks("python")
    names: dict[str, object] = {}
    exec(block, names)
    assert names["findings"]
    for name in re.findall(r"driftline\.(\w+)\(", README):
        assert name in driftline.__all__


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of the pages for people is a file of the repository."""
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert ((REPOSITORY / page).parent / target).exists(), target


def test_settings_of_prefect_that_it_names_are_prefects() -> None:
    """And the pages ask the port that the server is told by the setting, not by `--port`."""
    from prefect import settings

    named = set(re.findall(r"PREFECT_[A-Z_]+", README))
    assert {"PREFECT_SERVER_API_PORT", "PREFECT_SERVER_UI_API_URL"} < named
    for name in named:
        assert hasattr(settings, name), name
    changes = {settings.PREFECT_API_URL: None, settings.PREFECT_SERVER_API_PORT: 4300}
    with settings.temporary_settings(changes):
        assert ":4300/api" in settings.PREFECT_SERVER_UI_API_URL.value()


MEASURED = {
    "real days reordered, so that nothing drifts: days that page": (
        "N1, days reordered: days with a page"
    ),
    "estimated accuracy: its 90 % band covers": (
        "the 90 % band of estimated accuracy covers, labels 7 days late"
    ),
    "5 % nulls in a column: found the same day, by default": "5 % nulls, within 1 day, N1",
}
"""The lines of the README's table, and those of docs/detection.md that they repeat."""


def _table(page: str, begins: str) -> dict[str, list[str]]:
    text = (REPOSITORY / page).read_text(encoding="utf-8").split(f"{begins}\n")[1]
    section = text.split("\n## ")[0].splitlines()
    lines = [line.split("|") for line in section if line.startswith("| ")]
    return {cells[1].strip(): [cell.strip() for cell in cells[2:-1]] for cells in lines}


@pytest.mark.parametrize(("said", "there"), MEASURED.items(), ids=str)
def test_what_it_says_of_alarms_was_measured(said: str, there: str) -> None:
    """The four tools' figures are those of the page that is written from the records."""
    _, ours, _, _, nannyml, evidently, whylogs = _table(
        "docs/detection.md", "## The table"
    )[there]
    claims = _table("README.md", "## Why not what you have")[said]
    for claim, cell in zip(claims, (ours, nannyml, evidently, whylogs), strict=True):
        assert cell == claim or cell.startswith(f"{claim} (")


def test_what_it_says_of_time_was_measured() -> None:
    """The seconds are those of docs/benchmarks.md, rounded."""
    page = (REPOSITORY / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    [(_, claims)] = [
        row
        for row in _table("README.md", "## Why not what you have").items()
        if row[0].startswith("CPU time")
    ]
    for tool, claim in zip(
        ("nannyml", "evidently", "whylogs"), claims[1:], strict=True
    ):
        found = re.search(
            rf"beside {tool} \|.*?\(([\d.]+) s, n=\d+, against ([\d.]+) s", page
        )
        assert found is not None
        assert claim == f"{round(float(found[1]))} s"
        assert claims[0] == f"{round(float(found[2]), 1)} s"
