"""Monitor file → adapters → a Job. The only place that reads the clock and the environment."""

import os
import socket
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from driftline.app.job import Job, LabelFeed, RetrainingPolicy
from driftline.core.comparison import DriftPolicy
from driftline.core.registry import load
from driftline.core.threshold import AlarmBudget
from driftline.errors import DependencyMissing, SettingsError, UnknownName
from driftline.ports import Context
from driftline.settings.file import read_monitor, sentences_of
from driftline.settings.monitor import Monitor, Part

KINDS = {
    "engine": "engines",
    "source": "sources",
    "validation": "validators",
    "registry": "registries",
    "ledger": "ledgers",
    "costs": "costs",
    "health": "probes",
    "notify": "notifiers",
    "trainer": "trainers",
    "dispatcher": "dispatchers",
    "report": "reports",
}


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that reads the clock


def project_root() -> Path:
    """The folder that holds `monitors/`: DRIFTLINE_ROOT, or the working directory."""
    return Path(os.environ.get("DRIFTLINE_ROOT", ".")).resolve()


def monitor_names(root: Path) -> list[str]:
    """The monitors that have a file, sorted."""
    return sorted(path.stem for path in (root / "monitors").glob("*.yaml"))


def load_monitor(name: str, root: Path) -> Monitor:
    """The monitor of that name, or in that file; its file and its `name:` must agree."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else None
    if path is None:
        known = monitor_names(root)
        if name not in known:
            raise UnknownName("monitor", name, known)
        path = root / "monitors" / f"{name}.yaml"
    monitor = read_monitor(path if path.is_absolute() else root / path)
    if monitor.name != path.stem:
        raise SettingsError(
            f"{path.name}: `name: {monitor.name}` does not match the file's name; "
            f"rename the file to {monitor.name}.yaml"
        )
    return monitor


def build(kind: str, part: Part, context: Context) -> Any:
    """One adapter, its settings checked and its secrets filled in."""
    package = f"driftline.adapters.{KINDS[kind]}"
    try:
        module = load(package, part.name)
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            f"{kind} {part.name!r} needs {error.name!r}, which is not installed; "
            f"try `pip install 'driftline[{part.name}]'`"
        ) from error
    values = filled(part.settings, f"{kind} {part.name}")
    try:
        settings = module.Settings.model_validate(values)
    except ValidationError as error:
        where = f"{context.monitor}: {kind} {part.name!r}"
        raise SettingsError(sentences_of(error, module.Settings, where)) from error
    return module.build(settings, context)


def filled(value: Any, where: str) -> Any:
    """Settings with each `env:NAME` replaced; `env:NAME?` may be unset and is then None."""
    if isinstance(value, dict):
        return {key: filled(inner, where) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, where) for inner in value]
    if not isinstance(value, str) or not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    found = os.environ.get(name.rstrip("?"))
    if found is None and not name.endswith("?"):
        raise SettingsError(
            f"{where}: the environment variable {name} is not set; set it, or write "
            f"`{value}?` where it may be absent"
        )
    return found


def context_of(monitor: Monitor, root: Path) -> Context:
    """What every adapter of this monitor is told."""
    return Context(monitor.name, str(root), monitor.zone, monitor.roles)
