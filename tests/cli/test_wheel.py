"""The wheel carries what is used beside the code."""

import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_the_wheel_is_complete_and_holds_no_tests(tmp_path: Path) -> None:
    """Flows, the demo's monitor, deployments, the page, migrations and the type marker."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as held:
        names = set(held.namelist())
    flows = {f"driftline/flows/{path.name}" for path in REPOSITORY.glob("flows/*.py")}
    assert flows
    assert names >= flows | {
        "driftline/py.typed",
        "driftline/prefect.yaml",
        "driftline/monitors/flights.yaml",
        "driftline/adapters/reports/page.html.j2",
        "driftline/adapters/ledgers/migrations/versions/v0001_first.py",
    }
    assert not any(name.startswith(("tests/", "docs/")) for name in names)
