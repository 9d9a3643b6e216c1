"""What `prefect deploy --all` needs, written into the user's folder."""

import json
import re
import secrets
import shutil
from collections.abc import Sequence
from pathlib import Path

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


SCHEDULE = re.compile(r"^      - slug: flights\n(?: {8}.*\n)+", re.MULTILINE)
"""A schedule of the demo's monitor, as it stands in the project's own prefect.yaml."""


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
    text = named(scheduled_for(text, monitors), root)
    target.write_text(text, encoding="utf-8")
    known = ", ".join(monitor.name for monitor in monitors)
    typer.echo(f"wrote prefect.yaml, with {known} in its schedules, and flows/")


def _say_what_to_add(monitors: Sequence[Monitor]) -> None:
    for monitor in monitors:
        typer.echo(
            "prefect.yaml is there already; add to the `schedules:` of `daily`:\n"
            f"  - slug: {monitor.name}\n"
            f'    cron: "{monitor.schedule}"\n'
            f"    timezone: {monitor.zone}\n"
            f"    parameters: {{monitor: {monitor.name}}}\n"
            "and likewise, at hours of your choice, to `labels`, `costs` and `drill`"
        )


def named(text: str, root: Path) -> str:
    """The file under a project name that no other folder has, wherever this one moves."""
    name = json.dumps(f"{root.resolve().name}-{secrets.token_hex(3)}")
    return text.replace("\nname: driftline\n", f"\nname: {name}\n", 1)


def scheduled_for(text: str, monitors: Sequence[Monitor]) -> str:
    """The demo's schedules for other monitors; what is of all follows the first one's zone."""
    text = SCHEDULE.sub(
        lambda found: "".join(_schedule(found.group(), each) for each in monitors), text
    )
    return text.replace("timezone: America/New_York", f"timezone: {monitors[0].zone}")


def _schedule(text: str, monitor: Monitor) -> str:
    """One of them for a monitor: its name, its zone, its daily hour."""
    for before, after in (
        ("slug: flights", f"slug: {monitor.name}"),
        ("{monitor: flights}", f"{{monitor: {monitor.name}}}"),
        ("timezone: America/New_York", f"timezone: {monitor.zone}"),
        ('cron: "0 6 * * *"', f'cron: "{monitor.schedule}"'),
    ):
        text = text.replace(before, after)
    return text
