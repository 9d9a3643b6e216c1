"""`driftline init --prefect`: what `prefect deploy --all` needs, in the user's folder."""

import shutil
from pathlib import Path

import typer

from driftline.demo.tour import project_file

FLOWS = (
    "monitor_day",
    "backfill_days",
    "refresh_labels",
    "retrain_model",
    "check_costs",
)


def write_deployments(root: Path, monitor: str, zone: str) -> None:
    """`prefect.yaml`, scheduled for the monitor, and `flows/`; what is there is kept."""
    target = root / "prefect.yaml"
    if target.exists():
        typer.echo(
            f"prefect.yaml is there already; add {monitor} to each of its `schedules:`"
        )
        return
    (root / "flows").mkdir(exist_ok=True)
    for name in FLOWS:
        copy = root / "flows" / f"{name}.py"
        if not copy.exists():
            shutil.copy(project_file(f"flows/{name}.py"), copy)
    text = project_file("prefect.yaml").read_text(encoding="utf-8")
    target.write_text(scheduled_for(text, monitor, zone), encoding="utf-8")
    typer.echo(f"wrote prefect.yaml, with {monitor} in its schedules, and flows/")


def scheduled_for(text: str, monitor: str, zone: str) -> str:
    """The demo's schedules, for another monitor and zone.

    >>> scheduled_for("parameters: {monitor: flights}", "orders", "UTC")
    'parameters: {monitor: orders}'
    """
    for before, after in (
        ("slug: flights", f"slug: {monitor}"),
        ("{monitor: flights}", f"{{monitor: {monitor}}}"),
        ("timezone: America/New_York", f"timezone: {zone}"),
    ):
        text = text.replace(before, after)
    return text
