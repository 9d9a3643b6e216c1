"""What else happened: on the axis on which a change is dated."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from driftline.core.finding import Finding, Topic
from driftline.core.window import Every, Window

SCHEMA = ("column_missing", "column_extra", "type_changed")

BEFORE = 2
"""So many windows before the first that a change may date from, events are told too."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a window.

    `kind` is model, schema, cost, health or retraining.
    """

    window: Window
    kind: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"window": self.window.label, "kind": self.kind, "text": self.text}


@dataclass(frozen=True, slots=True)
class Happened:
    """What is known of one judged window: its model, and its findings of any topic."""

    window: Window
    model: str
    findings: Sequence[Finding] = ()


def events_of(windows: Sequence[Happened]) -> list[Event]:
    """Everything that came up between windows, oldest first; the first is only compared."""
    found: list[Event] = []
    for before, after in pairwise(windows):
        if after.model and before.model and after.model != before.model:
            text = f"{after.model} came into service"
            found.append(Event(after.window, "model", text))
        known = {f.identity for f in before.findings if f.matters}
        found += [
            Event(after.window, kind, finding.message)
            for finding in after.findings
            if (kind := _kind(finding)) and finding.identity not in known
        ]
    return found


def near(
    events: Iterable[Event], windows: Sequence[Window], first: int, last: int
) -> list[Event]:
    """The events that may have to do with a change between two of the windows."""
    start = windows[max(first - BEFORE, 0)].start
    end = windows[last].end
    return [event for event in events if start <= event.window.start < end]


def short_day(window: Window) -> str:
    """The window's start in words.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> short_day(day_window(date(2013, 3, 8)))
    '8 March'
    """
    start = window.local_start
    said = f"{start.day} {start:%B}"
    return f"{said} {start:%H}:00" if window.every is Every.HOUR else said


def _kind(finding: Finding) -> str:
    """Which kind of event a finding is; none of these, or nothing bad, is empty."""
    if not finding.matters:
        return ""
    if finding.topic in (Topic.COST, Topic.HEALTH):
        return finding.topic.value
    return "schema" if finding.statistic in SCHEMA else ""
