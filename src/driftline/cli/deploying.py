"""`driftline deploy`: deployments, the work pool, and the automations of the server."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import typer

from driftline import wiring
from driftline.adapters.runners import alarm, lost_runs
from driftline.app.overdue import awaited
from driftline.cli.deployments import gaps, write_deployments
from driftline.cli.which import all_monitors
from driftline.core.late import wait_of
from driftline.errors import SettingsError

POOL = "driftline"


def deploy(*, alarms_only: bool) -> None:
    """Everything on the server of PREFECT_API_URL is as prefect.yaml and monitors/ say."""
    _require_server()
    root = wiring.project_root()
    monitors = [wiring.load_monitor(name, root) for name in all_monitors()]
    if not alarms_only:
        if not (root / "prefect.yaml").is_file():
            write_deployments(root, monitors)
        _deploy_flows(root)
        for words in gaps(_declared(root), monitors):
            typer.echo(words)
    alarms = [
        alarm.Alarm(each.name, wait_of(each.every), each.verdict_by.block)
        for each in monitors
        if each.verdict_by is not None
    ]
    project = project_of(root)
    for words in (*alarm.set_up(alarms, project), *lost_runs.set_up(project.name)):
        typer.echo(words)
    for each in alarms:
        _wind(each.monitor)
    if not alarms:
        typer.echo("no monitor file has a `verdict_by`, so no alarm is set")


def project_of(root: Path) -> alarm.Project:
    """What prefect.yaml calls the project and its deployment of `watch-deadline`.

    Without a name there, the folder's.
    """
    declared = _declared(root)
    known = declared.get("deployments") or []
    names = [
        each.get("name")
        for each in known
        if str(each.get("entrypoint")).endswith(":watch_deadline")
    ]
    return alarm.Project(
        str(declared.get("name") or root.name),
        f"{alarm.FLOW}/{names[0]}" if names else alarm.DEPLOYMENT,
    )


def _declared(root: Path) -> dict[str, Any]:
    """The content of prefect.yaml; nothing where there is no file."""
    import yaml

    file = root / "prefect.yaml"
    if not file.is_file():
        return {}
    try:
        return dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise SettingsError(f"{file} cannot be read as YAML: {error}") from error


def _wind(monitor: str) -> None:
    with wiring.open_job(monitor) as job:
        waits = awaited(job)
    alarm.wind(monitor, waits)
    if waits is not None:
        typer.echo(
            f"{monitor}: the next verdict is due by {waits[1]:%Y-%m-%d %H:%M %Z}"
        )


def _deploy_flows(root: Path) -> None:
    if _prefect(root, "work-pool", "inspect", POOL).returncode:
        _must(root, "work-pool", "create", POOL, "--type", "process")
        typer.echo(f"made the work pool {POOL}: `prefect worker start --pool {POOL}`")
    _must(root, "--no-prompt", "deploy", "--all")
    typer.echo("deployed the flows of prefect.yaml")


def _must(root: Path, *arguments: str) -> None:
    done = _prefect(root, *arguments)
    if done.returncode:
        words = f"prefect {' '.join(arguments)}"
        raise SettingsError(f"`{words}` failed:\n{(done.stdout + done.stderr)[-2000:]}")


def _prefect(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prefect", *arguments]
    return subprocess.run(  # noqa: S603 -- our own words
        command, cwd=root, capture_output=True, text=True, check=False
    )


def _require_server() -> None:
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        raise SettingsError(
            "no Prefect server to deploy to: start one with `prefect server start`, and "
            "set PREFECT_API_URL"
        )
