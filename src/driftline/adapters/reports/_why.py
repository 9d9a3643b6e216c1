"""Causes and events as the page draws them: numbers in, places in percent out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from driftline.core.finding import Finding
from driftline.core.measure import measure
from driftline.core.report import Content, Judged
from driftline.core.why.events import Event

MOST_CAUSES = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A value on an axis with 0 in its middle, and its interval; all in percent."""

    left: float
    width: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding that says why it matters, with its effect on the score, if worked out."""

    finding: Finding
    bar: Bar | None
    since: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What happened in one window, on the axis of the plots; `place` counts within it."""

    at: float
    place: int
    kind: str
    title: str


def causes(content: Content) -> list[Cause]:
    """The likeliest causes first, their effects on the score on one scale."""
    told = content.explained[:MOST_CAUSES]
    effects = [f.evidence.get("contribution", {}).get("score") for f in told]
    reach = max((_reach(e) for e in effects if e), default=0.0)
    return [
        Cause(
            finding=finding,
            bar=_bar(effect, reach) if effect and reach > 0 else None,
            since=finding.evidence.get("dated", {}).get("words", ""),
        )
        for finding, effect in zip(told, effects, strict=True)
    ]


def worst_segments(content: Content) -> list[Finding]:
    """The finding on where predictions got worse, if there is one."""
    return [f for f in content.findings if f.statistic == "worst_segment"]


def marks(
    events: Sequence[Event], causes: Sequence[Cause], strip: Sequence[Judged]
) -> tuple[Mark, ...]:
    """Every event, and the start of every dated change, at its window's place."""
    step = 100 / max(len(strip), 1)
    places = {judged.window.label: place for place, judged in enumerate(strip)}
    happened = [(e.window.label, e.kind, e.text) for e in events]
    for cause in causes:
        dated = cause.finding.evidence.get("dated")
        if dated:
            text = f"{cause.finding.subject}, {measure(cause.finding)}, {cause.since}"
            happened.append((dated["window"], "change", text))
    shown = [event for event in dict.fromkeys(happened) if event[0] in places]
    before = [event[0] for event in shown]
    return tuple(
        Mark(
            round((places[label] + 0.5) * step, 2),
            before[:number].count(label),
            kind,
            f"{label}: {text}",
        )
        for number, (label, kind, text) in enumerate(shown)
    )


def _reach(effect: dict[str, Any]) -> float:
    ends = (effect["value"], effect["lower"], effect["upper"])
    return max(abs(float(end)) for end in ends if end is not None)


def _bar(effect: dict[str, Any], reach: float) -> Bar:
    def place(value: float | None) -> float:
        return round(50 + 50 * (value or 0.0) / reach, 2)

    value = place(effect["value"])
    low = effect["value"] if effect["lower"] is None else effect["lower"]
    high = effect["value"] if effect["upper"] is None else effect["upper"]
    return Bar(min(value, 50), round(abs(value - 50), 2), place(low), place(high))
