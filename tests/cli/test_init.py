"""`driftline init` on data of every shape: it runs as written, or nothing is left."""

from pathlib import Path

import polars as pl
import pytest
import yaml

from driftline import wiring
from driftline.settings.file import read_monitor
from tests.cli.conftest import Command, orders

WEIRD = 'it\'s "x", {y}: #1 😀'


def _init(command: Command, data: str, *more: str) -> None:
    said = command("init", "--data", data, *more)
    assert said.code == 0, said.err


def test_names_that_yaml_would_misread_survive(command: Command) -> None:
    """Quotes, commas, braces and emoji in columns and file names are read back."""
    data = "a, {b} 😀.parquet"
    orders().rename({"score": WEIRD, "at": "when: #"}).write_parquet(data)
    _init(command, data, "--timestamp", "when: #", "--prediction", WEIRD)
    monitor = read_monitor(Path("monitors/a-b.yaml"))
    assert monitor.columns.prediction == WEIRD
    assert monitor.columns.timestamp == "when: #"
    assert monitor.source.settings["path"] == data


def test_a_single_day_is_not_both_learned_from_and_judged(command: Command) -> None:
    """The reference takes it all; what is to be judged is a day that is still to come."""
    orders(days=1).write_parquet("orders.parquet")
    columns = ["--timestamp", "at", "--prediction", "score"]
    said = command("init", "--data", "orders.parquet", *columns).out
    assert "--to 2026-03-01" in said
    assert "--day" not in said
    assert "driftline run orders  # when a day after 2026-03-01 has rows" in said


@pytest.mark.parametrize(
    ("label", "task"),
    [("refunded", "binary"), ("kind", "multiclass"), (None, "binary")],
)
def test_the_task_is_read_off_the_data(
    command: Command, label: str | None, task: str
) -> None:
    """Two labels are binary, several words multiclass, probabilities alone binary."""
    kind = pl.col("channel").alias("kind")
    orders().with_columns(kind).write_parquet("orders.parquet")
    said = ["--label", label] if label else []
    prediction = "kind" if label == "kind" else "score"
    columns = ["--timestamp", "at", "--prediction", prediction]
    _init(command, "orders.parquet", *columns, *said)
    assert read_monitor(Path("monitors/orders.yaml")).task.value == task


def test_regression_text_times_and_nulls(command: Command) -> None:
    """A CSV with times as text and a column of nothing makes a regression monitor."""
    frame = orders().with_columns(
        pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S"),
        price=pl.col("amount") * 100,
        nothing=pl.lit(None, dtype=pl.Float64),
    )
    frame.write_csv("prices.csv")
    columns = ["--timestamp", "at", "--prediction", "price", "--label", "amount"]
    _init(command, "prices.csv", *columns)
    monitor = read_monitor(Path("monitors/prices.yaml"))
    assert monitor.task.value == "regression"
    assert "positive" not in Path("monitors/prices.yaml").read_text()
    assert monitor.columns.key == ["order_id"]


def test_the_zone_of_the_time_stamps_becomes_the_monitors(command: Command) -> None:
    """Days start at midnight where the data says it is."""
    at = pl.col("at").dt.replace_time_zone("Europe/Berlin")
    orders().with_columns(at).write_parquet("orders.parquet")
    _init(command, "orders.parquet", "--timestamp", "at", "--prediction", "score")
    assert read_monitor(Path("monitors/orders.yaml")).zone == "Europe/Berlin"


def test_the_probes_that_stand_there_as_comments_can_be_had(command: Command) -> None:
    """Without the `#`, what serves the model is asked too."""
    orders().write_parquet("orders.parquet")
    _init(command, "orders.parquet", "--timestamp", "at", "--prediction", "score")
    file = Path("monitors/orders.yaml")
    head, health, rest = file.read_text().partition("health:")
    probes, costs, rest = rest.partition("# costs")
    file.write_text(head + health + probes.replace("  # ", "  ") + costs + rest)

    monitor = read_monitor(file)
    context = wiring.context_of(monitor, Path())
    built = [wiring.build("health", part, context) for part in monitor.health]
    names = ["Host", "Gpu", "Triton", "Prometheus"]
    assert [type(probe).__name__ for probe in built] == names


def test_a_single_row_is_enough(command: Command) -> None:
    """One row makes a monitor; that it is too little to judge is said later."""
    orders().head(1).write_parquet("orders.parquet")
    _init(command, "orders.parquet", "--timestamp", "at", "--prediction", "score")


@pytest.mark.parametrize(
    ("data", "timestamp", "message"),
    [
        ("missing.parquet", "at", "no file missing.parquet"),
        ("orders.xlsx", "at", "known endings"),
        ("text.parquet", "at", "not a whole Parquet file"),
        ("empty.parquet", "at", "no row"),
        ("orders.parquet", "att", "did you mean 'at'?"),
        ("orders.parquet", "amount", "not a time"),
        ("orders.parquet", "channel", "not a time"),
    ],
)
def test_what_cannot_be_watched_leaves_no_file(
    command: Command, data: str, timestamp: str, message: str
) -> None:
    """The message says why, the exit code is 2, and no half monitor stays behind."""
    orders().write_parquet("orders.parquet")
    orders().head(0).write_parquet("empty.parquet")
    Path("text.parquet").write_text("not Parquet at all\n")
    words = ("--data", data, "--timestamp", timestamp, "--prediction", "score")
    said = command("init", *words)
    assert said.code == 2
    assert message in said.err
    assert not Path("monitors").exists()
    assert not Path("expectations").exists()


@pytest.mark.parametrize("name", ["o'brien", "a/b", "", ".hidden", "x" * 101])
def test_a_name_that_no_file_may_have_is_refused(command: Command, name: str) -> None:
    """In words, before anything is read or written."""
    columns = ["--timestamp", "at", "--prediction", "score", "--name", name or " "]
    said = command("init", "--data", "orders.parquet", *columns)
    assert said.code == 2
    assert "cannot be a monitor's name" in said.err


def test_a_folder_is_no_data_file(command: Command) -> None:
    """The folder is named, and not what its name ends with."""
    said = command("init", "--data", ".", "--timestamp", "at", "--prediction", "score")
    assert said.code == 2
    assert ". is a folder; name a file in it" in said.err


def test_an_existing_monitor_is_not_overwritten(watched: Command) -> None:
    """Edits are safe unless `--force` gives them up."""
    path = Path("monitors/orders.yaml")
    path.write_text(path.read_text() + "# edited\n")
    words = ["--data", "orders.parquet", "--timestamp", "at", "--prediction", "score"]
    assert watched("init", *words).code == 2
    assert "# edited" in path.read_text()
    assert watched("init", *words, "--force").code == 0
    assert "# edited" not in path.read_text()


def test_prefect_files_name_the_monitor_in_its_zone(command: Command) -> None:
    """`--prefect` writes what `prefect deploy --all` reads, for this monitor."""
    orders().write_parquet("orders.parquet")
    columns = ("--timestamp", "at", "--prediction", "score", "--prefect")
    _init(command, "orders.parquet", *columns)
    project = yaml.safe_load(Path("prefect.yaml").read_text())
    for deployment in project["deployments"]:
        assert Path(deployment["entrypoint"].partition(":")[0]).is_file()
        for schedule in deployment.get("schedules", []):
            assert schedule.get("parameters") in (None, {"monitor": "orders"})
            assert schedule["timezone"] == "UTC"


def test_labels_elsewhere_are_written_by_hand(command: Command) -> None:
    """A label that the rows lack may lie in a table of its own: the message says how."""
    orders().drop("refunded").write_parquet("orders.parquet")
    columns = ("--timestamp", "at", "--prediction", "score", "--label", "refunded")
    said = command("init", "--data", "orders.parquet", *columns)
    assert said.code == 2
    assert "leave --label out" in said.err
