"""Help and docs/cli.md: complete, current, and with examples that parse."""

import importlib.util
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer

from driftline.cli import app
from tests.cli.conftest import orders

REPOSITORY = Path(__file__).parents[2]
HEAVY = {
    "polars",
    "pandas",
    "numpy",
    "prefect",
    "mlflow",
    "great_expectations",
    "sklearn",
    "scipy",
    "sqlalchemy",
    "boto3",
    "pydantic",
}


def _docs() -> Any:
    spec = importlib.util.spec_from_file_location("build", REPOSITORY / "docs/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


COMMANDS = dict(_docs().leaves(typer.main.get_command(app), ()))


def test_the_commands_are_those_of_the_design() -> None:
    """A command that goes, or comes, is a decision."""
    assert sorted(COMMANDS) == sorted(
        [
            *("init", "reference build", "run", "backfill", "status", "findings"),
            *("report", "retrain", "compare", "doctor", "demo"),
            *("incidents", "ack", "false-alarm", "silence", "silences", "lift"),
            *("approve", "digest", "deliver", "listen", "budget", "replay"),
            *("drill", "deploy", "export"),
        ]
    )


@pytest.mark.parametrize("page", ["cli.md", "monitor-file.md", "faults.md"])
def test_pages_are_current(page: str) -> None:
    """The pages made from the code are what `make docs` would write now."""
    written = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    assert written == _docs().PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("path", COMMANDS)
def test_every_parameter_is_explained(path: str) -> None:
    """No option or argument is left to guessing, and the first line fits the list."""
    command = COMMANDS[path]
    for parameter in command.params:
        assert getattr(parameter, "help", "") or parameter.name == "help", parameter
    assert len(command.get_short_help_str(80)) <= 50
    assert not command.get_short_help_str(80).endswith("...")


@pytest.mark.parametrize("path", COMMANDS)
def test_every_example_parses(path: str) -> None:
    """The example under `--help` is accepted by the command it is of."""
    example = (COMMANDS[path].epilog or "").removeprefix("Example: driftline ")
    words = shlex.split(example)
    assert words[: len(path.split())] == path.split()
    COMMANDS[path].make_context(path, words[len(path.split()) :])


def _imported(*words: str, folder: Path | None = None) -> tuple[str, set[str]]:
    """What `driftline` prints with these words, and the modules it has imported then."""
    code = (
        f"import sys; sys.argv = {['driftline', *words]!r}\n"
        "from driftline.cli import main\n"
        "try: main()\n"
        "except SystemExit: print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(REPOSITORY / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout, set(ran.stderr.split())


def test_help_imports_nothing_heavy() -> None:
    """`driftline --help` answers at once, because it loads no library of data."""
    said, imported = _imported("--help")
    assert "Usage: driftline" in said
    assert imported.isdisjoint(HEAVY)


def test_comparing_files_imports_only_what_counts(tmp_path: Path) -> None:
    """Two files need no SciPy, which takes longer to import than to be done without."""
    file = tmp_path / "rows.parquet"
    pl.DataFrame({"amount": range(100)}).write_parquet(file)
    said, imported = _imported("compare", str(file), str(file))
    assert "nothing moved" in said
    assert imported.isdisjoint({*HEAVY, "yaml"} - {"polars", "numpy", "pydantic"})


def test_a_monitor_file_is_written_from_counts(tmp_path: Path) -> None:
    """`driftline init` learns no model and asks no registry, which would cost seconds."""
    orders().write_parquet(tmp_path / "orders.parquet")
    columns = ["--timestamp", "at", "--prediction", "score", "--label", "refunded"]
    words = ["init", "--data", "orders.parquet", *columns]
    said, imported = _imported(*words, folder=tmp_path)
    assert "wrote monitors/orders.yaml" in said
    counting = {"polars", "numpy", "pydantic", "sqlalchemy"}
    assert imported.isdisjoint(HEAVY - counting)


def test_a_day_that_is_known_validates_nothing(project: Path, tmp_path: Path) -> None:
    """Where no row has changed the registry alone is asked, and no model is learned."""
    shutil.copytree(project, tmp_path, dirs_exist_ok=True)
    said, imported = _imported("run", "--day", "2026-03-10", folder=tmp_path)
    assert "judged before" in said
    assert imported >= {"mlflow"}
    assert imported.isdisjoint({"great_expectations", "prefect", "sklearn", "boto3"})


def test_a_command_seldom_looks_for_garbage() -> None:
    """What was imported is gone through neither on the way nor when the process ends."""
    code = (
        "import atexit, gc, sys; sys.argv = ['driftline', '--version']\n"
        "atexit.register(lambda: print(gc.get_threshold()[0], gc.get_freeze_count()))\n"
        "from driftline.cli import main\n"
        "main()"
    )
    paths = {"PYTHONPATH": str(REPOSITORY / "src"), "PATH": ""}
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, env=paths, capture_output=True, text=True, check=True)
    objects, frozen = map(int, ran.stdout.split()[-2:])
    assert objects > 100_000
    assert frozen > 1_000
