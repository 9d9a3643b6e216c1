"""Writes docs/cli.md, monitor-file.md and faults.md from code and tests: `make docs`."""

import importlib
import pkgutil
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer
from pydantic import BaseModel

from driftline import wiring
from driftline.cli import app
from driftline.settings import monitor as settings

HERE = Path(__file__).parent

CLI_HEAD = """\
# Commands

`driftline COMMAND --help` says the same. A monitor may be left out where the project has
only one. `DRIFTLINE_ROOT` names the folder that holds `monitors/`; without it, it is the
working directory.

| exit code | means |
|---|---|
| 0 | healthy, or worth watching |
| 1 | act: a person or a retraining should |
| 2 | it could not be judged, or the job broke; the message says which |
| 75 | another worker has this window |
| 130, 143 | stopped by Ctrl-C or SIGTERM; nothing half-written stays |
"""

FILE_HEAD = """\
# The monitor file

One YAML file per watched model, `monitors/NAME.yaml`. `driftline init` writes one that runs.
An unknown key is an error that names its line and the nearest key that exists. `env:NAME`
as a value is read from the environment, `prefect-secret:NAME` from a Secret block of Prefect;
`env:NAME?` may be unset. A secret that is written out here is refused.
"""


FAULTS_HEAD = """\
# What happens when something fails

Whatever fails, no verdict is lost, no message and no retraining comes twice, a word says
what is wrong, and the next run repairs it. Every line is held by the tests beside it,
which break the real parts: SQLite and PostgreSQL, MLflow, Prefect, S3, and servers that
speak Slack's and AWS's protocols.
"""


def cli_page() -> str:
    """Every command with its options and an example."""
    root = typer.main.get_command(app)
    return "\n".join([CLI_HEAD, *(_command(path, c) for path, c in leaves(root, ()))])


def leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every command that does something, with the words that call it."""
    if not hasattr(command, "commands"):
        yield " ".join(path), command
        return
    for name, inner in command.commands.items():
        yield from leaves(inner, (*path, name))


def _command(path: str, command: Any) -> str:
    lines = [f"## driftline {path}", "", _paragraphs(command.help), ""]
    rows = [_row(p) for p in command.params if p.name != "help"]
    if rows:
        lines += ["| | |", "|---|---|", *rows, ""]
    example = (command.epilog or "").removeprefix("Example: ")
    return "\n".join([*lines, "```bash", example, "```", ""])


def _row(parameter: Any) -> str:
    named = parameter.param_type_name == "option"
    words = (
        ", ".join(parameter.opts)
        if named
        else (parameter.metavar or "MONITOR").strip("[]")
    )
    must = " **required**" if parameter.required else ""
    return f"| `{words}` | {getattr(parameter, 'help', '')}{must} |"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def file_page() -> str:
    """Every key of the monitor file, and the settings of every adapter."""
    parts = [FILE_HEAD, "## Keys", "", _fields(settings.Monitor)]
    for path, model in nested(settings.Monitor):
        parts += [f"## {path}", "", _first(model), "", _fields(model)]
    for kind, folder in wiring.KINDS.items():
        parts += [f"## {kind}", ""]
        for name, model in _adapters(folder):
            for path, block in ((name, model), *nested(model, f"{name}.")):
                parts += [f"### {path}", "", _first(block), "", _fields(block)]
    return "\n".join(parts).rstrip() + "\n"


def nested(model: type[BaseModel], above: str = "") -> Iterator[tuple[str, Any]]:
    """Every block of the file below this one, under the keys that lead to it."""
    for name, field in model.model_fields.items():
        for kind in filter(_is_block, (field.annotation, *get_args(field.annotation))):
            yield f"{above}{name}", kind
            yield from nested(kind, f"{above}{name}.")


def _is_block(kind: Any) -> bool:
    """Whether keys of its own are written there; a part's are its adapter's."""
    known = isinstance(kind, type) and issubclass(kind, BaseModel)
    return known and kind is not settings.Part


def _adapters(folder: str) -> Iterator[tuple[str, type[BaseModel]]]:
    package = importlib.import_module(f"driftline.adapters.{folder}")
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if not found.name.startswith("_"):
            module = importlib.import_module(f"{package.__name__}.{found.name}")
            yield found.name, module.Settings


def _first(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _fields(model: type[BaseModel]) -> str:
    if not model.model_fields:
        return "No settings.\n"
    rows = [_field(name, field) for name, field in model.model_fields.items()]
    return "\n".join(["| key | default | |", "|---|---|---|", *rows, ""])


def _field(name: str, field: Any) -> str:
    default = "**required**" if field.is_required() else f"`{_default(field)}`"
    said = (field.description or "").replace("|", "\\|")
    return f"| `{name}` | {default} | {said} |"


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, settings.Part):
        return value.name
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, list):
        return "[" + ", ".join(str(getattr(v, "name", v)) for v in value) + "]"
    return "null" if value is None else str(getattr(value, "value", value))


def faults_page() -> str:
    """Every fault with what happens and the tests that hold it, by area."""
    matrix = runpy.run_path(str(HERE.parent / "tests" / "faults" / "matrix.py"))
    parts = [FAULTS_HEAD]
    for area in matrix["AREAS"]:
        rows = [_fault(fault) for fault in matrix["MATRIX"] if fault.area == area]
        head = ["| what fails | what happens | shown by |", "|---|---|---|"]
        parts += [f"## {area}", "", *head, *rows, ""]
    return "\n".join(parts).rstrip() + "\n"


def _fault(fault: Any) -> str:
    links = []
    for number, test in enumerate(fault.tests, 1):
        file, _, name = test.partition("::")
        links.append(f'[{number}](../tests/{file} "{name}")')
    return f"| {fault.name} | {fault.expected} | {' '.join(links)} |"


PAGES = {"cli.md": cli_page, "monitor-file.md": file_page, "faults.md": faults_page}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
