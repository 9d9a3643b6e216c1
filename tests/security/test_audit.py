"""What CI says of known vulnerabilities, by what the service says."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
UNKNOWN = {"name": "c", "skip_reason": "not found"}


@pytest.fixture
def audit():
    """CI's script."""
    spec = importlib.util.spec_from_file_location("audit", REPOSITORY / ".ci/audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        ([CLEAN, BAD, UNKNOWN], 1, "1 of 2 vulnerable, 1 unknown"),
        ([CLEAN, UNKNOWN], 0, "0 of 1 vulnerable, 1 unknown"),
        ([UNKNOWN], 0, "no vulnerability service answers here"),
        ([], 0, "no vulnerability service answers here"),
        (None, 0, "no vulnerability service answers here"),
    ],
)
def test_only_a_known_vulnerability_fails(answer, code, words, audit, capsys):
    """No network, or a service that knows no package, is said and is no failure."""
    text = "no network" if answer is None else json.dumps({"dependencies": answer})
    audit.COMMAND[:] = [sys.executable, "-c", f"print({text!r})"]

    assert audit.main("x.lock") == code

    said = capsys.readouterr().out
    assert words in said
    assert ("PYSEC-1" in said) == (code == 1)
