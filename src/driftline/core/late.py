"""Verdicts that come late: until when they are due, and what people are told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from driftline.core.action import Message, Tone
from driftline.core.incidents.briefing import Occasion
from driftline.core.verdict import Verdict, Word
from driftline.core.window import Every, Window, window_at
from driftline.core.wording import how_many

SHOWN = 10
"""Windows, or spans of them, that a message lists; the ledger has them all."""

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
    spans = spanned([day.window for day in days])
    each = "each is judged now, oldest first" if len(days) > 1 else "it is judged now"
    return Message(
        key=occasion.key(occasion.monitor, "caught-up", str(revision)),
        thread=thread,
        tone=Tone.NOTE,
        title=f"{occasion.monitor}: {spans} judged late — {_counted(days)}",
        summary=(
            f"{how_many(len(days), 'window')} waited for a verdict; {each}. What is still "
            "wrong has its own thread."
        ),
        facts=_facts(days),
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def in_short(days: Sequence[Late]) -> str:
    """The windows and their verdicts in a line, among those of other monitors."""
    return f"{spanned([day.window for day in days])}: {_counted(days)}"


def has_acted(days: Sequence[Late]) -> bool:
    """Whether one of the windows is news that nobody may miss."""
    return any(day.verdict.word is Word.ACT for day in days)


def _counted(days: Sequence[Late]) -> str:
    counted = Counter(day.verdict.word for day in days)
    return ", ".join(f"{n} {word}" for word, n in counted.items())


def spanned(windows: Sequence[Window]) -> str:
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


def _facts(days: Sequence[Late]) -> tuple[tuple[str, str], ...]:
    """The unhealthy in their order, those of which the same is said in a row as one.

    Where they are many the latest, and before all others those that acted.
    """
    alike = (list(each) for _, each in groupby(days, lambda d: d.verdict.headline))
    told = [each for each in alike if each[0].verdict.word is not Word.HEALTHY]
    acted = sorted(told, key=has_acted)
    kept = acted[-SHOWN:]
    return tuple(
        (spanned([day.window for day in each]), each[0].verdict.headline)
        for each in told
        if each in kept
    )


def overdue(monitor: str, windows: Sequence[Window], by: time, thread: str) -> Message:
    """No verdict by the stated hour, for how long by now, and what to look at."""
    first, last = windows[0], windows[-1]
    return Message(
        key=f"notify/{monitor}/overdue/{last.start.isoformat()}",
        thread=thread,
        tone=Tone.OPENED if first == last else Tone.UPDATED,
        title=f"{monitor}: no verdict for {spanned(windows)}",
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
