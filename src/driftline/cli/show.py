"""How verdicts and findings look in a terminal, with or without colour."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from unicodedata import combining, east_asian_width

import typer

from driftline.core.finding import Finding, Outcome
from driftline.core.incidents.sentences import about
from driftline.core.measure import measured, reached

COLOURS = {
    "healthy": typer.colors.GREEN,
    "watch": typer.colors.YELLOW,
    "act": typer.colors.RED,
    "cannot-tell": typer.colors.MAGENTA,
}

HEADINGS = ["", "topic", "subject", "statistic", "value", "bounds"]

MARKS = {
    Outcome.OK: "ok",
    Outcome.BREACHED: "OUT",
    Outcome.UNKNOWN: "?",
    Outcome.ERRORED: "ERR",
}


def word(verdict: str, *, padded: bool = False) -> str:
    """A verdict in its colour; with `padded`, as wide as the longest one."""
    text = verdict.ljust(max(map(len, COLOURS))) if padded else verdict
    return typer.style(text, fg=COLOURS[verdict], bold=True)


def print_json(values: Any) -> None:
    """Values as JSON on stdout, for programs."""
    typer.echo(json.dumps(values, indent=2, ensure_ascii=False, default=str))


def json_line(values: Any) -> str:
    """Values as JSON on one line of ASCII."""
    return json.dumps(values, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def reasons(findings: Iterable[Finding]) -> None:
    """One line per finding that counts against the verdict."""
    for finding in findings:
        typer.echo(f"  - {clean(finding.message)}")


def finding_table(findings: list[Finding]) -> None:
    """One aligned line per finding under the names of its columns; nothing without any."""
    if findings:
        table([HEADINGS, *(_cells(finding) for finding in findings)])


def table(rows: Sequence[Sequence[str]], indent: str = "") -> None:
    """Aligned lines; the colour of a cell takes no room."""
    columns = zip(*rows, strict=True)
    widths = [max(_width(cell) for cell in column) for column in columns]
    for row in rows:
        cells = (
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        )
        typer.echo(indent + "  ".join(cells).rstrip())


def _width(cell: str) -> int:
    r"""How many places of a terminal it takes: colour none, an emoji two.

    >>> _width("\x1b[31mcut\x1b[0m"), _width("💎 cut"), _width("é")
    (3, 6, 1)
    """
    seen = re.sub(r"\x1b\[[0-9;]*m", "", cell)
    wide = sum(east_asian_width(character) in "WF" for character in seen)
    return len(seen) + wide - sum(map(bool, map(combining, seen)))


def clean(text: str) -> str:
    r"""Text from data without the control characters that would move the cursor.

    >>> clean("a\x1b[2Jb")
    'a?[2Jb'
    """
    return "".join(c if c.isprintable() else "?" for c in text)


def _cells(finding: Finding) -> list[str]:
    bounds = finding.bounds
    shown = (
        "" if e is None else measured(finding, e) for e in (bounds.lower, bounds.upper)
    )
    limits = (
        ""
        if bounds.lower is None and bounds.upper is None
        else f"[{' .. '.join(shown)}]"
    )
    return [
        MARKS[finding.outcome],
        finding.topic.value,
        clean(about(finding)),
        finding.statistic,
        "" if finding.value is None else reached(finding),
        limits,
    ]
