"""Killed while the days of a registry's outage are made up for, they end as if never."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.app.crashing import (
    clean_processes,
    judge_due_at,
    killed,
    lines,
    process_due,
    remembered,
)

LAST = 5
"""The day whose run makes up for the outage: two days before it were judged in time."""

POINTS = (
    "after record 1",
    "before pull 2",
    "after record 3",
    "before record 4",
    "after record 4",
    "before deliver_due 4",
)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow was away for three days of harm, and is back."""
    root = tmp_path_factory.mktemp("before")
    for number in range(LAST):
        if number == 2:
            (root / "away").touch()
        judge_due_at(root, number)
    (root / "away").unlink()
    return root


@pytest.fixture(scope="module")
def undisturbed(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outage as it is made up for when nobody kills anything."""
    root = tmp_path_factory.mktemp("undisturbed") / "root"
    shutil.copytree(before, root)
    assert len(judge_due_at(root, LAST)) == 4
    return root


def test_the_undisturbed_days_act(undisturbed: Path) -> None:
    """One incident, one summary, one retraining."""
    told = lines(undisturbed / "messages")
    assert sum("/caught-up/" in key for key in told) == 1
    assert sum("/first/" in key for key in told) == 1
    assert lines(undisturbed / "runs") == ["deliveries/v1/2026-03-06"]


@pytest.mark.parametrize("point", POINTS)
def test_an_outage_whose_making_up_is_killed_ends_the_same(
    point: str, before: Path, undisturbed: Path, tmp_path: Path
) -> None:
    """The same ledger, each message once, one retraining run."""
    root = Path(shutil.copytree(before, tmp_path / "root"))
    killed(clean_processes(), process_due, str(root), LAST, point)
    judge_due_at(root, LAST, minutes=20)
    assert remembered(root) == remembered(undisturbed)
    assert lines(root / "runs") == lines(undisturbed / "runs")
    told = Counter(lines(root / "messages"))
    assert told == Counter(lines(undisturbed / "messages"))
