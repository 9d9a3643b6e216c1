"""The disk under the ledger and the pages is full or read-only, from any step of a day on."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.cramped import STEPS

REPOSITORY = Path(__file__).parents[2]
NAMESPACES = (["unshare", "--map-root-user", "--mount"], ["unshare", "--mount"])
"""Ways to a process that may mount something which nobody else sees."""

LEFT = ("facts", "contradictions", "sent", "runs", "page")
WORDS = {
    "full": "has a full disk; nothing was written. Free space and run again",
    "read_only": "cannot be written to; give this user the right",
    "limited": "cannot be written to (SQLITE_IOERR_WRITE); nothing was. Is the disk",
}
"""What is said of the ledger."""


def mounting(folder: Path) -> list[str]:
    """How to start a process that may mount; the test is skipped where there is no way."""
    for way in NAMESPACES:
        tried = [*way, "mount", "-t", "tmpfs", "tmpfs", str(folder)]
        try:
            done = subprocess.run(tried, capture_output=True, text=True)
        except FileNotFoundError:
            # Linux alone has it; tests/skips.py says why CI accepts that.
            pytest.skip("no disk of its own: there is no `unshare` here")
        if done.returncode == 0:
            return way
    # A container without CAP_SYS_ADMIN may mount nothing, and nobody can change that there.
    pytest.skip(f"no disk of its own: {done.stderr.strip()}")


def days_on(folder: Path, kind: str, way: list[str]) -> dict[str, Any]:
    """What the child saw, each fault at each step."""
    module = [sys.executable, "-m", "tests.faults.cramped", str(folder), kind]
    done = subprocess.run(
        [*way, *module],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}:{REPOSITORY}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Days on a file system of their own."""
    folder = tmp_path_factory.mktemp("mounted")
    return days_on(folder, "mounted", mounting(folder))


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Days of a process whose files may not grow; it needs no right to anything."""
    return days_on(tmp_path_factory.mktemp("limited"), "limited", [])


def repaired(found: dict[str, Any], seen: dict[str, Any]) -> None:
    """The run after it left what an undisturbed day leaves; nothing came twice."""
    sound = found["sound"]
    assert {name: seen[name] for name in LEFT} == {name: sound[name] for name in LEFT}
    assert seen["files"] == sound["files"], "something half written stayed"
    assert sound["contradictions"] == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", ["full", "read_only", "limited"])
def test_a_disk_that_takes_nothing_loses_nothing_and_is_told_of(
    request: pytest.FixtureRequest, fault: str, step: str
) -> None:
    """A clear word and exit code 2, people told from memory, old pages whole; made up."""
    found = request.getfixturevalue("limited" if fault == "limited" else "mounted")
    seen = found[f"{fault}/{step}"]
    assert WORDS[fault] in seen["error"]
    assert WORDS[fault] in seen["again"]
    assert seen["exit_code"] == 2
    assert seen["pages_stand"]
    [told] = seen["told"]
    assert "2026-03-04: the ledger cannot be written" in told
    assert ("It was not judged" if step == "acquire" else "The verdict is act") in told
    assert seen["told_again"] == 0
    repaired(found, seen)


@pytest.mark.parametrize("fault", ["full", "read_only"])
def test_a_report_folder_that_takes_nothing_keeps_no_message_back(
    mounted: dict[str, Any], fault: str
) -> None:
    """The verdict is recorded and told, the old page is whole, the next run draws the new."""
    seen = mounted[f"{fault}/pages"]
    said = {"full": "No space left on device", "read_only": "Read-only file system"}
    assert "cannot write the report" in seen["error"]
    assert said[fault] in seen["error"]
    assert seen["exit_code"] == 2
    assert seen["pages_stand"]
    assert any("requested" in key for key in seen["sent"])
    assert len(seen["told"]) == 1
    repaired(mounted, seen)
