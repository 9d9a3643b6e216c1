"""What is left out is said, and CI fails for it unless the reason is a stated one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import ALLOWED

FILE = """\
import pytest

def test_held():
    pass

def test_left_out():
    pytest.skip({reason!r})

@pytest.mark.skipif(True, reason={reason!r})
def test_left_out_too():
    pass
"""


def ran(folder: Path, reason: str, *flags: str) -> tuple[int, str]:
    """The exit code and the output of two skipped tests and one that passes."""
    (folder / "conftest.py").write_text("from tests.skips import *\n")
    (folder / "test_some.py").write_text(FILE.format(reason=reason))
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            *flags,
            folder,
        ],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("reason", "flags", "code"),
    [
        ("no chromium", (), 0),
        ("no chromium", ("--fail-on-skips",), 1),
        (f"{next(iter(ALLOWED))}: mount failed", ("--fail-on-skips",), 0),
    ],
)
def test_a_skip_is_said_and_fails_only_where_it_may_not_be(
    tmp_path: Path, reason: str, flags: tuple[str, ...], code: int
) -> None:
    """A laptop without a part passes with one line; CI does not, but for stated reasons."""
    found, said = ran(tmp_path, reason, *flags)
    assert found == code, said
    assert f"left out: 2 tests: {reason}" in said
    assert ("not allowed here" in said) is bool(code)
