"""What `prefect deploy --all` needs, written into the user's folder."""

import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import Any

import typer

from driftline.demo.tour import project_file
from driftline.settings.monitor import Monitor

FLOWS = (
    "monitor_day",
    "backfill_days",
    "refresh_labels",
    "retrain_model",
    "check_costs",
    "answer_incident",
    "deliver_messages",
    "send_digest",
    "watch_deadline",
    "drill_monitor",
)


def write_deployments(root: Path, monitors: Sequence[Monitor]) -> None:
    """`prefect.yaml`, scheduled for the monitors, and `flows/`; what is there is kept."""
    target = root / "prefect.yaml"
    if target.exists():
        _say_what_to_add(monitors)
        return
    (root / "flows").mkdir(exist_ok=True)
    for name in FLOWS:
        copy = root / "flows" / f"{name}.py"
        if not copy.exists():
            shutil.copy(project_file(f"flows/{name}.py"), copy)
    text = project_file("prefect.yaml").read_text(encoding="utf-8")
    target.write_text(prepared(text, monitors, root), encoding="utf-8")
    known = ", ".join(monitor.name for monitor in monitors)
    typer.echo(f"wrote prefect.yaml, with {known} in its schedules, and flows/")


def _say_what_to_add(monitors: Sequence[Monitor]) -> None:
    for monitor in monitors:
        typer.echo(f"prefect.yaml is there already; {to_add(monitor)}")


def to_add(monitor: Monitor) -> str:
    """What a prefect.yaml needs so that the monitor is judged by itself."""
    return (
        "add to the `schedules:` of `daily`:\n"
        f"  - slug: {monitor.name}\n"
        f'    cron: "{monitor.schedule}"\n'
        f"    timezone: {monitor.zone}\n"
        f"    parameters: {{monitor: {monitor.name}}}\n"
        "and likewise, at hours of your choice, to `labels`, `costs` and `drill`"
    )


def gaps(declared: Mapping[str, Any], monitors: Sequence[Monitor]) -> Iterator[str]:
    """What prefect.yaml schedules otherwise than the monitor files say, or not at all."""
    daily = [
        each
        for each in declared.get("deployments") or []
        if str(each.get("entrypoint")).endswith(":monitor_day")
    ]
    found = {
        _parameters(each, schedule).get("monitor"): schedule
        for each in daily
        for schedule in each.get("schedules") or []
    }
    for monitor in monitors:
        schedule = found.get(monitor.name)
        if schedule is None:
            yield f"{monitor.name} is not judged by itself; {to_add(monitor)}"
        elif schedule.get("cron", monitor.schedule) != monitor.schedule:
            yield (
                f'{monitor.name} is judged by "{schedule["cron"]}", as prefect.yaml says; '
                f'its own file says "{monitor.schedule}"'
            )


def _parameters(
    deployment: Mapping[str, Any], schedule: Mapping[str, Any]
) -> dict[str, Any]:
    """A schedule's own parameters, before those of its deployment."""
    return (deployment.get("parameters") or {}) | (schedule.get("parameters") or {})


def prepared(text: str, monitors: Sequence[Monitor], root: Path) -> str:
    """The project's own prefect.yaml, comments and all, for other monitors.

    Under a name that no other folder has, wherever this one moves.
    """
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    file = yaml.load(text)
    file["name"] = f"{root.resolve().name}-{secrets.token_hex(3)}"
    for deployment in file["deployments"]:
        if "schedules" in deployment:
            _schedule(deployment, monitors)
    written = StringIO()
    yaml.dump(file, written)
    return written.getvalue()


def _schedule(deployment: dict[str, Any], monitors: Sequence[Monitor]) -> None:
    """One schedule for each monitor, in its zone, `daily` at its hour; or one of all."""
    [example] = deployment["schedules"]
    if "parameters" not in example:
        if example["timezone"] != "UTC":
            example["timezone"] = monitors[0].zone
        return
    schedules = deployment["schedules"]
    schedules[:] = [deepcopy(example) for _ in monitors]
    for schedule, monitor in zip(schedules, monitors, strict=True):
        schedule["slug"] = schedule["parameters"]["monitor"] = monitor.name
        schedule["timezone"] = monitor.zone
        if deployment["name"] == "daily":
            schedule["cron"] = monitor.schedule
