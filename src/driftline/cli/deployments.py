"""`driftline init --prefect`: what `prefect deploy --all` needs, in the user's folder."""

import json
import secrets
import shutil
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


def write_deployments(root: Path, monitor: Monitor) -> None:
    """`prefect.yaml`, scheduled for the monitor, and `flows/`; what is there is kept."""
    target = root / "prefect.yaml"
    if target.exists():
        typer.echo(
            "prefect.yaml is there already; add to the `schedules:` of `daily`:\n"
            f"  - slug: {monitor.name}\n"
            f'    cron: "{monitor.schedule}"\n'
            f"    timezone: {monitor.zone}\n"
            f"    parameters: {{monitor: {monitor.name}}}\n"
            "and likewise, at hours of your choice, to `labels`, `costs` and `drill`"
        )
        return
    (root / "flows").mkdir(exist_ok=True)
    for name in FLOWS:
        copy = root / "flows" / f"{name}.py"
        if not copy.exists():
            shutil.copy(project_file(f"flows/{name}.py"), copy)
    text = project_file("prefect.yaml").read_text(encoding="utf-8")
    text = named(scheduled_for(text, monitor), root)
    target.write_text(text, encoding="utf-8")
    typer.echo(f"wrote prefect.yaml, with {monitor.name} in its schedules, and flows/")


def named(text: str, root: Path) -> str:
    """The file under a project name that no other folder has, wherever this one moves."""
    name = json.dumps(f"{root.resolve().name}-{secrets.token_hex(3)}")
    return text.replace("\nname: driftline\n", f"\nname: {name}\n", 1)


def scheduled_for(text: str, monitor: Monitor) -> str:
    """The demo's schedules for another monitor: its name, its zone, its daily hour."""
    for before, after in (
        ("slug: flights", f"slug: {monitor.name}"),
        ("{monitor: flights}", f"{{monitor: {monitor.name}}}"),
        ("timezone: America/New_York", f"timezone: {monitor.zone}"),
        ('cron: "0 6 * * *"', f'cron: "{monitor.schedule}"'),
    ):
        text = text.replace(before, after)
    return text
