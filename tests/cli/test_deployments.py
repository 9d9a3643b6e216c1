"""What `driftline init --prefect` writes for `prefect deploy --all`."""

import yaml

from driftline.cli.deployments import write_deployments
from driftline.core.roles import Task
from driftline.settings.monitor import Columns, Model, Monitor, Part

ORDERS = Monitor(
    name="orders",
    model=Model(name="orders"),
    task=Task.BINARY,
    zone="Europe/Berlin",
    columns=Columns(timestamp="at", prediction="score"),
    source=Part(name="parquet", settings={"path": "orders.parquet"}),
    schedule="15 4 * * 1-5",
)


def test_the_daily_deployment_has_the_monitors_schedule(tmp_path):
    """Name, cron and zone are the monitor's, not the example's."""
    write_deployments(tmp_path, ORDERS)
    written = yaml.safe_load((tmp_path / "prefect.yaml").read_text(encoding="utf-8"))
    daily = next(d for d in written["deployments"] if d["name"] == "daily")
    [schedule] = daily["schedules"]
    assert schedule["cron"] == "15 4 * * 1-5"
    assert schedule["timezone"] == "Europe/Berlin"
    assert schedule["parameters"] == {"monitor": "orders"}
    assert "flights" not in str(written["deployments"])
    assert (tmp_path / "flows" / "monitor_day.py").is_file()


def test_a_file_that_is_there_is_kept_and_the_lines_are_shown(tmp_path, capsys):
    """A second monitor's schedule is printed, ready to be pasted."""
    (tmp_path / "prefect.yaml").write_text("name: mine\n", encoding="utf-8")
    write_deployments(tmp_path, ORDERS)
    assert (tmp_path / "prefect.yaml").read_text(encoding="utf-8") == "name: mine\n"
    shown = capsys.readouterr().out
    assert 'cron: "15 4 * * 1-5"' in shown
    assert "parameters: {monitor: orders}" in shown
