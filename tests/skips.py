"""What a run left out, said at its end; in CI nothing is left out without a stated reason."""

from collections import Counter
from typing import Any

import pytest

__all__ = ["pytest_addoption", "pytest_sessionfinish", "pytest_terminal_summary"]

ALLOWED = {
    "no disk of its own": "a container without CAP_SYS_ADMIN may mount nothing",
}
"""How a reason begins that CI accepts, and why it cannot be otherwise there."""

SAID = "left out: "


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--fail-on-skips`, for CI: a part that is missing there is a mistake."""
    said = "fail where a test is skipped for a reason that is not in tests/skips.py"
    parser.addoption("--fail-on-skips", action="store_true", help=said)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A run that would have passed fails where it left something out that it may not."""
    if session.exitstatus == pytest.ExitCode.OK and _refused(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """One line for each reason, those for which the run fails last."""
    refused = _refused(config)
    for reason, count in sorted(reasons(config).items(), key=lambda r: r[0] in refused):
        verdict = ": not allowed here" if reason in refused else ""
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.write_line(f"{SAID}{tests}: {reason}{verdict}")


def reasons(config: pytest.Config) -> Counter[str]:
    """How many tests, or files of tests, were skipped for each reason."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    said = [str(report.longrepr[2]) for report in reporter.stats.get("skipped", [])]
    return Counter(s.removeprefix("Skipped: ").removeprefix(SAID) for s in said)


def _refused(config: pytest.Config) -> list[str]:
    if not config.getoption("--fail-on-skips"):
        return []
    return [r for r in reasons(config) if not r.startswith(tuple(ALLOWED))]
