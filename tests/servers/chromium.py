"""A real browser without a window; Debian's `chromium`, which CI installs."""

import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--virtual-time-budget=1000",
)


def chromium(*flags: str, page: Path) -> str:
    """What the browser prints about a page; the test is skipped where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        # A browser is no Python package: `.ci/run` installs it, and then fails for a skip.
        pytest.skip("no chromium here: the report was not opened in a real browser")
    with TemporaryDirectory() as profile:
        done = subprocess.run(
            [program, *FLAGS, f"--user-data-dir={profile}", *flags, page.as_uri()],
            capture_output=True,
            timeout=120,
            check=True,
        )
    return done.stdout.decode()


def rendered(page: Path) -> str:
    """The document as it stands after the browser has read and run the page."""
    return chromium("--dump-dom", page=page)
