"""Verdicts that come late: until when they are due, and what people are told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from driftline.core.action import Message, Tone
from driftline.core.incidents.briefing import Occasion
from driftline.core.measure import how_many
from driftline.core.verdict import Verdict, Word
from driftline.core.window import Every, Window, window_at

SHOWN = 10
"""Windows that a message lists; the ledger has them all."""

LONGEST = timedelta(days=31)
"""Nobody waits longer for a verdict; older windows are left to a backfill."""

AHEAD = timedelta(hours=26)
"""Longer than any local day, so that a day's wait begins before the last one ends."""


@dataclass(frozen=True, slots=True)
class Late:
    """One window that was judged late."""

    window: Window
    verdict: Verdict


def deadline_of(window: Window, by: time) -> datetime:
    """The moment by which the window's verdict is due: an hour of the day it ends on.

    >>> from datetime import date
    >>> from driftline.core.window import day_window
    >>> deadline_of(day_window(date(2026, 3, 7), "Europe/Berlin"), time(9)).isoformat()
    '2026-03-08T09:00:00+01:00'
    """
    zone = ZoneInfo(window.zone)
    return datetime.combine(window.end.astimezone(zone).date(), by, zone)


def due_at(moment: datetime, every: Every, zone: str, by: time) -> Window:
    """The latest window whose verdict is due at a moment."""
    window = window_at(moment, every, zone).previous
    return window if deadline_of(window, by) <= moment else window.previous


def wait_of(every: Every) -> timedelta:
    """How long before a deadline the wait for its verdict begins.

    Longer than from one deadline to the next, also where clocks change, and less than
    from one to the one after that.
    """
    return AHEAD + (timedelta(days=6) if every is Every.WEEK else timedelta(0))


def caught_up(
    occasion: Occasion, days: Sequence[Late], thread: str, revision: int = 1
) -> Message:
    """All windows that were judged late, in one message, the unhealthy with their reasons.

    `revision` is that of the window whose verdict tells them.
    """
    counted = Counter(day.verdict.word for day in days)
    words = ", ".join(f"{n} {word}" for word, n in counted.items())
    spans = _spans([day.window for day in days])
    return Message(
        key=occasion.key(occasion.monitor, "caught-up", str(revision)),
        thread=thread,
        tone=Tone.NOTE,
        title=f"{occasion.monitor}: {spans} judged late — {words}",
        summary=(
            f"{how_many(len(days), 'window')} waited for a verdict; each is judged now, "
            "oldest first. What is still wrong has its own thread."
        ),
        facts=tuple((d.window.label, d.verdict.headline) for d in _shown(days)),
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def _spans(windows: Sequence[Window]) -> str:
    """The windows in words, those that follow each other as one span."""
    first, *others = windows
    spans = [[first]]
    for window in others:
        if window == spans[-1][-1].following:
            spans[-1].append(window)
        else:
            spans.append([window])
    ends = (dict.fromkeys((span[0].label, span[-1].label)) for span in spans)
    return ", ".join(" to ".join(each) for each in ends)


def _shown(days: Sequence[Late]) -> list[Late]:
    """The unhealthy in their order: the latest, and before all others those that acted."""
    told = [day for day in days if day.verdict.word is not Word.HEALTHY]
    acted = sorted(told, key=lambda day: day.verdict.word is Word.ACT)
    kept = acted[-SHOWN:]
    return [day for day in told if day in kept]


def overdue(monitor: str, windows: Sequence[Window], by: time, thread: str) -> Message:
    """No verdict by the stated hour, for how long by now, and what to look at."""
    first, last = windows[0], windows[-1]
    return Message(
        key=f"notify/{monitor}/overdue/{last.start.isoformat()}",
        thread=thread,
        tone=Tone.OPENED if first == last else Tone.UPDATED,
        title=f"{monitor}: no verdict for {_spans(windows)}",
        summary=(
            f"{how_many(len(windows), 'window')} without a verdict; {last.label} was due by "
            f"{deadline_of(last, by):%H:%M} ({last.zone}). Nobody is watching {monitor}."
        ),
        advice=(
            "Look in Prefect whether a worker is there and its runs end, and at the "
            "rows' arrival. The next run judges every missed window, oldest first; "
            f"`driftline doctor {monitor}` checks the connections."
        ),
        monitor=monitor,
    )
