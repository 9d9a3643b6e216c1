"""A week of many monitors in one message: what was watched, what is open, what was said."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from driftline.core.action import Message, Tone
from driftline.core.finding import Finding, Severity
from driftline.core.incidents.incident import Incident
from driftline.core.incidents.standing import some, state_of
from driftline.core.verdict import Verdict, Word

NAMED = 3
"""Subjects that are named of each monitor and verdict; the days' reports have them all."""

LEAST = {Word.ACT: Severity.CRITICAL, Word.WATCH: Severity.WARNING}
"""From which severity on a reason of such a day is named."""


@dataclass(frozen=True, slots=True)
class MonitorWeek:
    """What one monitor collected in a week; verdicts are in the order of the days.

    Its incidents are dated by the clock of `zone`.
    """

    monitor: str
    verdicts: tuple[Verdict, ...] = ()
    open: tuple[Incident, ...] = ()
    answers: tuple[str, ...] = ()
    zone: str = "UTC"

    @property
    def counted(self) -> str:
        """How many windows had which verdict, the worst first."""
        count = Counter(verdict.word for verdict in self.verdicts)
        worst_first = (Word.ACT, Word.CANNOT_TELL, Word.WATCH, Word.HEALTHY)
        said = [f"{count[word]} {word}" for word in worst_first if count[word]]
        return ", ".join(said) or "nothing was judged"

    @property
    def is_quiet(self) -> bool:
        """Whether every window was healthy and nothing is open."""
        words = {verdict.word for verdict in self.verdicts}
        return words == {Word.HEALTHY} and not self.open


def digest(label: str, key: str, weeks: Sequence[MonitorWeek]) -> Message:
    """The week's message: every monitor with something to tell; the quiet ones counted.

    What is to be told of one monitor alone is the summary, and said once.
    """
    loud = [week for week in weeks if not week.is_quiet]
    quiet = len(weeks) - len(loud)
    total = Counter(v.word for week in weeks for v in week.verdicts)
    counted = ", ".join(f"{total[word]} {word}" for word in Word if total[word])
    calm = f"; {quiet} of {len(weeks)} monitors had nothing to tell" if quiet else ""
    message = Message(
        key=f"notify/digest/{key}",
        thread="",
        tone=Tone.NOTE,
        title=f"Week {label}: {some([week.monitor for week in loud]) or 'all is well'}",
        summary=f"{counted or 'Nothing was judged'}{calm}.",
        members=tuple((week.monitor, _said(week)) for week in loud),
    )
    if len(weeks) == 1 and loud:
        said = _said(loud[0])
        return replace(message, summary=f"{said[0].upper()}{said[1:]}", members=())
    return message


def _said(week: MonitorWeek) -> str:
    parts = [
        week.counted,
        *_told(week.verdicts, Word.ACT),
        *_told(week.verdicts, Word.WATCH),
        *_still_out(week.verdicts),
        *(_open(incident, week.zone) for incident in week.open),
        *week.answers,
    ]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def _open(incident: Incident, zone: str) -> str:
    state = state_of(incident, "", zone)
    return f"Open: {incident.cause}, {some(incident.subjects)} ({state})"


def _told(verdicts: Iterable[Verdict], word: Word) -> list[str]:
    """What days of this verdict were about, what most of them were about first."""
    days: Counter[str] = Counter()
    latest: dict[str, Finding] = {}
    for verdict in verdicts:
        if verdict.word is word:
            least = LEAST[word].rank
            news = [f for f in verdict.reasons if f.severity.rank >= least]
            days.update({finding.subject for finding in news})
            latest |= {finding.subject: finding for finding in reversed(news)}
    told = days.most_common(NAMED)
    more = len(days) - len(told)
    lines = [
        f"{word.capitalize()}: {subject} on {number} day{'' if number == 1 else 's'}: "
        f"{latest[subject].message}"
        for subject, number in told
    ]
    return [*lines, *([f"and {more} more"] if more else [])]


def _still_out(verdicts: Sequence[Verdict]) -> list[str]:
    """Columns whose drift was told before and goes on at the end of the week."""
    if not verdicts:
        return []
    last = verdicts[-1]
    out = {
        f.subject: f.evidence["told_since"]
        for f in (*last.reasons, *last.known)
        if f.severity is Severity.INFO and "told_since" in f.evidence
    }
    told = [f"{subject} (since {since})" for subject, since in out.items()]
    return [f"Outside as told before: {some(told)}"] if told else []
