"""`doctor` says what answers, and what would mend what does not."""

from pathlib import Path

from tests.cli.conftest import Command, orders


def test_doctor_is_content_with_a_sound_project(watched: Command) -> None:
    """Everything the monitor needs answers."""
    said = watched("doctor", "orders")
    assert said.code == 0, said.out
    assert "model version and reference" in said.out


def test_doctor_names_what_to_mend(command: Command) -> None:
    """A folder without monitors is trouble with a remedy."""
    said = command("doctor")
    assert said.code == 2
    assert "driftline init" in said.out


def test_doctor_looks_at_the_labels_too(watched: Command) -> None:
    """A table of labels that cannot be read is named, with the key that mends it."""
    orders().select("order_id", "refunded", when="at").write_csv("labels.csv")
    path = Path("monitors/orders.yaml")
    path.write_text(
        path.read_text() + "labels: {source: {parquet: {path: labels.csv}}}\n"
    )
    said = watched("doctor", "orders")
    assert said.code == 2
    assert "labels' source answers: " in said.out
    assert "`timestamp:` under this source" in said.out
