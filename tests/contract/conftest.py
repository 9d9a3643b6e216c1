"""What a run of the contract suites leaves out is said at its end."""

from typing import Any

MARK = "left out: "


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for each extra that is not installed."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(report.longrepr[2]) for report in skipped}
    for reason in sorted(r.partition(MARK)[2] for r in reasons if MARK in r):
        terminalreporter.write_line(f"{MARK}{reason}")
