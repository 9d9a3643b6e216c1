"""`docs/benchmarks.md`: the words of `page.md` around the figures that were measured."""

import json
from pathlib import Path
from typing import Any

from benchmarks.recording import FOLDER

WORDS = Path(__file__).with_name("page.md")


def write() -> Path:
    """The page anew, from every case that has a JSON file."""
    found = {p.stem: json.loads(p.read_text()) for p in sorted(FOLDER.glob("*.json"))}
    lines = ["| work | bar | measured | holds |", "|---|---|---|---|"]
    for case in found.values():
        lines += [_line(row) for row in case["rows"]]
    text = WORDS.read_text(encoding="utf-8")
    text = text.replace("{{table}}", "\n".join(lines))
    plots = [
        f"![{_title(p)}](benchmarks/{p.name})" for p in sorted(FOLDER.glob("*.svg"))
    ]
    path = FOLDER.with_suffix(".md")
    path.write_text(text.replace("{{plots}}", "\n".join(plots)), encoding="utf-8")
    return path


def mark(holds: bool | None) -> str:
    """A word for a table.

    >>> mark(True), mark(False), mark(None)
    ('yes', 'no', '–')
    """
    return "–" if holds is None else "yes" if holds else "no"


def _line(row: dict[str, Any]) -> str:
    cells = (row["work"], row["bar"], row["measured"], mark(row["holds"]))
    return f"| {' | '.join(cells)} |"


def _title(path: Path) -> str:
    return path.stem.replace("-", " ")
