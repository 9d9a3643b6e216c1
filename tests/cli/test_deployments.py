"""What `driftline init --prefect` and `deploy` write for `prefect deploy --all`."""

import pytest
import yaml

from driftline.adapters.runners.alarm import DEPLOYMENT, Project
from driftline.cli.deploying import project_of
from driftline.cli.deployments import gaps, write_deployments
from driftline.core.roles import Task
from driftline.demo.tour import project_file
from driftline.errors import SettingsError
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
    write_deployments(tmp_path, [ORDERS])
    written = yaml.safe_load((tmp_path / "prefect.yaml").read_text(encoding="utf-8"))
    daily = next(d for d in written["deployments"] if d["name"] == "daily")
    [schedule] = daily["schedules"]
    assert schedule["cron"] == "15 4 * * 1-5"
    assert schedule["timezone"] == "Europe/Berlin"
    assert schedule["parameters"] == {"monitor": "orders"}
    assert "flights" not in str(written["deployments"])
    assert (tmp_path / "flows" / "monitor_day.py").is_file()


def test_every_monitor_has_its_schedules(tmp_path):
    """Written for two, each deployment that has schedules has one of each."""
    returns = ORDERS.model_copy(update={"name": "returns", "zone": "Asia/Tokyo"})
    write_deployments(tmp_path, [ORDERS, returns])
    written = yaml.safe_load((tmp_path / "prefect.yaml").read_text(encoding="utf-8"))
    for name in ("daily", "labels", "costs", "drill"):
        found = next(d for d in written["deployments"] if d["name"] == name)
        zones = {s["parameters"]["monitor"]: s["timezone"] for s in found["schedules"]}
        assert zones == {"orders": "Europe/Berlin", "returns": "Asia/Tokyo"}


def test_a_name_that_yaml_reads_as_a_number_stays_a_name(tmp_path):
    """A parameter of a flow that takes text is text."""
    write_deployments(tmp_path, [ORDERS.model_copy(update={"name": "2024"})])
    written = yaml.safe_load((tmp_path / "prefect.yaml").read_text(encoding="utf-8"))
    daily = next(d for d in written["deployments"] if d["name"] == "daily")
    assert daily["schedules"][0]["parameters"] == {"monitor": "2024"}


def test_the_comments_of_the_projects_own_file_are_kept(tmp_path):
    """What a person has to know to go on stands in them."""
    write_deployments(tmp_path, [ORDERS])
    said = (tmp_path / "prefect.yaml").read_text(encoding="utf-8")
    own = project_file("prefect.yaml").read_text(encoding="utf-8")
    comments = [line for line in own.splitlines() if line.lstrip().startswith("#")]
    assert comments
    assert [c for c in said.splitlines() if c.lstrip().startswith("#")] == comments


def test_a_file_that_is_there_is_kept_and_the_lines_are_shown(tmp_path, capsys):
    """A second monitor's schedule is printed, ready to be pasted."""
    (tmp_path / "prefect.yaml").write_text("name: mine\n", encoding="utf-8")
    write_deployments(tmp_path, [ORDERS])
    assert (tmp_path / "prefect.yaml").read_text(encoding="utf-8") == "name: mine\n"
    shown = capsys.readouterr().out
    assert 'cron: "15 4 * * 1-5"' in shown
    assert "parameters: {monitor: orders}" in shown


def test_a_monitor_that_nothing_schedules_is_said(tmp_path):
    """One that came later, or whose hour was moved in its own file, is not passed over."""
    write_deployments(tmp_path, [ORDERS])
    written = yaml.safe_load((tmp_path / "prefect.yaml").read_text(encoding="utf-8"))
    returns = ORDERS.model_copy(update={"name": "returns"})
    moved = ORDERS.model_copy(update={"schedule": "0 9 * * *"})

    assert not list(gaps(written, [ORDERS]))
    [missing] = gaps(written, [ORDERS, returns])
    assert missing.startswith("returns is not judged by itself")
    assert "parameters: {monitor: returns}" in missing
    [other] = gaps(written, [moved])
    assert '"15 4 * * 1-5"' in other
    assert '"0 9 * * *"' in other

    [daily] = [d for d in written["deployments"] if d["name"] == "daily"]
    daily["parameters"] = daily["schedules"][0].pop("parameters")
    assert not list(gaps(written, [ORDERS]))


def test_the_project_has_a_name_of_its_own_that_moves_with_the_folder(tmp_path):
    """Two folders called alike are two projects; a moved one and a clone are the same."""
    projects = []
    for parent in ("one", "two"):
        folder = tmp_path / parent / "monitoring"
        folder.mkdir(parents=True)
        write_deployments(folder, [ORDERS])
        projects.append(project_of(folder))
    moved = (tmp_path / "two" / "monitoring").rename(tmp_path / "elsewhere")
    assert project_of(moved) == projects[1]
    assert projects[0].name != projects[1].name
    assert all(each.name.startswith("monitoring-") for each in projects)
    assert {each.deployment for each in projects} == {DEPLOYMENT}


def test_the_alarm_starts_the_deployment_that_the_file_names(tmp_path):
    """A second folder of one server has its own; without a file there is the usual one."""
    assert project_of(tmp_path) == Project(tmp_path.name)
    (tmp_path / "prefect.yaml").write_text(
        "name: returns\n"
        "deployments:\n"
        "  - {name: daily, entrypoint: flows/monitor_day.py:monitor_day}\n"
        "  - {name: missed, entrypoint: flows/watch_deadline.py:watch_deadline}\n",
        encoding="utf-8",
    )
    assert project_of(tmp_path) == Project("returns", "watch-deadline/missed")


def test_a_file_that_is_no_yaml_is_said(tmp_path):
    """Before anything is asked of the server."""
    (tmp_path / "prefect.yaml").write_text("name: [", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read as YAML"):
        project_of(tmp_path)
