"""What the tour has seen, in a file, so that a second run can tell the whole story."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from driftline.core.finding import Finding
from driftline.core.verdict import Word
from driftline.demo.story import Judged
from driftline.ports import LedgerEntry


class Diary:
    """Every revision of every window, with the day of the tour on which it came."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self._pages: list[dict[str, Any]] = [json.loads(line) for line in lines]

    @property
    def judged(self) -> list[Judged]:
        """All pages, in the order in which they were written."""
        return [_judged(page) for page in self._pages]

    def note(self, on: date, entries: list[LedgerEntry]) -> list[Judged]:
        """Write down what is new among these entries, and return it."""
        known = {(page["day"], page["revision"]) for page in self._pages}
        pages = [_page(on, entry) for entry in entries]
        new = [page for page in pages if (page["day"], page["revision"]) not in known]
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(page) + "\n" for page in new)
        self._pages += new
        return [_judged(page) for page in new]


def _page(on: date, entry: LedgerEntry) -> dict[str, Any]:
    return {
        "day": entry.key.window.day.isoformat(),
        "revision": entry.revision,
        "on": on.isoformat(),
        "word": entry.verdict,
        "findings": [finding.to_json() for finding in entry.findings],
    }


def _judged(page: dict[str, Any]) -> Judged:
    return Judged(
        day=date.fromisoformat(page["day"]),
        on=date.fromisoformat(page["on"]),
        word=Word(page["word"]),
        findings=tuple(Finding.from_json(values) for values in page["findings"]),
    )
