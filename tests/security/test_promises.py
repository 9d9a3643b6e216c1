"""SECURITY.md promises nothing that no test holds."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / ".github" / "SECURITY.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[`(\w+)`\]\(\.\./(tests/[\w/]+\.py)\)")


def promises() -> list[str]:
    """The lines of the table."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    return [row for row in rows if "---" not in row][1:]


def test_every_promise_names_a_test_that_is_there():
    """Each line of the table links to functions of the suite."""
    assert len(promises()) >= 10
    for promise in promises():
        tests = LINK.findall(promise)
        assert tests, promise
        for name, file in tests:
            assert f"def {name}(" in (REPOSITORY / file).read_text(), (name, file)
