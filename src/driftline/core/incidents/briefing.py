"""What people are told of a window, composed in one place so that it has one voice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from driftline.core.action import Action, ActionKind, Answer, Message, Tone
from driftline.core.finding import DIAGNOSIS, JUDGED_BY, Finding, Topic
from driftline.core.incidents.incident import CAUSES, Cause, Incident, Progress
from driftline.core.incidents.notice import Reason
from driftline.core.incidents.sentences import (
    FACTS,
    fact,
    reasons_shown,
    subjects_listed,
)
from driftline.core.incidents.standing import date_said, some
from driftline.core.retraining.request import Standing
from driftline.core.verdict import Verdict, Word
from driftline.core.window import Window
from driftline.core.wording import ended, how_many

TROUBLE = {
    Reason.FIRST: "{cause} trouble",
    Reason.GROUPED: "{cause} trouble",
    Reason.NEW: "more {cause} trouble",
    Reason.WORSE: "worse {cause} trouble",
    Reason.BETTER: "less {cause} trouble",
    Reason.REPEAT: "still {cause} trouble",
    Reason.UNANSWERED: "{cause} trouble that nobody acknowledged",
}
"""What a title calls an incident, by why people are told of it."""

OPENINGS = {Reason.FIRST, Reason.GROUPED, Reason.UNANSWERED}

ADVICE = {
    Topic.SLICE: (
        "Ask the data's owner whether the load ran to its end, then judge the day "
        "again with `driftline run {monitor} --day {day}`. No retraining until then."
    ),
    Topic.VALIDATION: (
        "Look up the failing rows, whose keys are in the report, where they come from. "
        "No retraining on this data until it is mended."
    ),
    Topic.DRIFT: (
        "Open the report's histograms: a new unit, code or default is a data bug to "
        "mend at its source; a changed world is a reason to retrain."
    ),
    Topic.PERFORMANCE: (
        "See in the report which segments got worse and since when. If the data is "
        "sound, train a challenger: `driftline retrain {monitor}`."
    ),
    Topic.COST: "Find what grew in the billing console; raise the budget or stop it.",
    Topic.HEALTH: "Look at the host or server named here before its answers suffer.",
    Topic.REGISTRY: (
        "Compare the model's signature and alias in the registry with what serves "
        "predictions."
    ),
}

ASKED_FOR = {
    Standing.OFF: (
        "See in the report which segments got worse and since when. If the data is sound, "
        "train a new version; with `retraining:` in the monitor file, Driftline does."
    ),
    Standing.UNDER_WAY: (
        "See in the report which segments got worse and since when. A retraining is under "
        "way: what comes of it will be told."
    ),
    Standing.WAITS: (
        "See in the report which segments got worse and since when. A retraining waits for "
        "approval; if the data is sound: `driftline approve {monitor}`."
    ),
}
"""The advice on performance where a retraining was asked for already, or cannot be."""

NAMED_BUG = (
    "It looks like a bug in the data, not like a changed world: have {subject} mended where "
    "it comes from and the day delivered again, then judge it with `driftline run {monitor} "
    "--day {day}`. No retraining until then."
)
"""The advice where a diagnosis says what was done to a column."""

AWAITED = (
    "Bring the model registry back (`driftline doctor {monitor}` checks the connections): "
    "the next daily run judges the window, or `driftline run {monitor} --day {day}` now."
)
"""The advice where the registry is why a window was not judged."""

SMALL = (
    "No day of {monitor} has rows enough: lower `drift.min_rows` in its monitor file, or "
    "write `every: week` there and build the reference again."
)
"""The advice where every day is as small as this one."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a message comes from, with addresses by word, and whom to ask by cause.

    `retraining` is how one stands that was asked for by then.
    """

    monitor: str
    window: Window
    links: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[Cause, str] = field(default_factory=dict)
    retraining: Standing = Standing.NONE

    def advice(self, topic: Topic) -> str:
        """What the reader can do, with commands that run as they stand, and whom to ask."""
        asked = self.retraining if topic is Topic.PERFORMANCE else Standing.NONE
        return self._said(ASKED_FOR.get(asked, ADVICE[topic]), topic)

    def advice_on(self, finding: Finding) -> str:
        """The same about a finding: a bug that was named is mended where it comes from."""
        if finding.statistic == DIAGNOSIS and finding.topic is Topic.DRIFT:
            return self._said(NAMED_BUG, finding.topic, finding.subject)
        return self.advice(finding.topic)

    def _said(self, text: str, topic: Topic, subject: str = "") -> str:
        owner = self.owners.get(CAUSES[topic])
        asked = f" Ask {owner}." if owner else ""
        known = {"monitor": self.monitor, "day": self.window.day, "subject": subject}
        return text.format(**known) + asked

    def day_of(self, moment: str) -> str:
        """The local date of a moment in ISO form; text that is none stays as it is."""
        return date_said(moment, self.window.zone)

    def key(self, *parts: str) -> str:
        """The key of a message about this window; the same whenever it is composed."""
        return "/".join(("notify", *parts, self.window.start.isoformat()))


@dataclass(frozen=True, slots=True)
class Background:
    """What a message says around its findings, and what its reader may reply.

    `others` are the monitors that still have a part of the same fault.
    """

    matters: str = ""
    doing: str = ""
    answers: tuple[Answer, ...] = ()
    others: tuple[str, ...] = ()


def brief(
    occasion: Occasion,
    progress: Progress,
    verdict: Verdict,
    news: Reason,
    background: Background | None = None,
) -> Message:
    """The message that tells people of a window's effect on an incident."""
    incident = progress.incident
    around = background or Background()
    if news is Reason.RESOLVED:
        return _resolved(occasion, incident, verdict, around.others)
    reasons = reasons_shown(incident.cause, progress.critical, verdict)
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    trouble = TROUBLE[news].format(cause=incident.cause)
    return Message(
        key=occasion.key(incident.key, news.name.lower()),
        thread=incident.in_thread,
        tone=Tone.OPENED if news in OPENINGS else Tone.UPDATED,
        title=(
            f"{occasion.monitor}: {verdict.word} — {trouble}: "
            f"{subjects_listed(progress.critical)}"
        ),
        summary=f"{occasion.window.label}: {reasons[0].message}{more}",
        facts=tuple(fact(finding) for finding in reasons[1 : FACTS + 1]),
        advice=occasion.advice_on(reasons[0]),
        links=dict(occasion.links),
        monitor=occasion.monitor,
        state=f"Since {occasion.day_of(incident.opened)}",
        matters=around.matters,
        doing=around.doing,
        answers=around.answers,
    )


def _resolved(
    occasion: Occasion, incident: Incident, verdict: Verdict, others: tuple[str, ...]
) -> Message:
    still = f" The same fault is still open in {some(others)}." if others else ""
    since = occasion.day_of(incident.opened)
    quiet = how_many(incident.quiet_windows, "window")
    return Message(
        key=occasion.key(incident.key, "resolved"),
        thread=incident.in_thread,
        tone=Tone.RESOLVED,
        title=f"{occasion.monitor}: resolved — {incident.cause} quiet for {quiet}",
        summary=(
            f"{occasion.window.label}: nothing of this cause has been critical for "
            f"{quiet}; it began on {since}. Concerned: {some(incident.subjects)}. "
            f"The verdict is {verdict.word}.{still}"
        ),
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def cannot_tell(
    occasion: Occasion, verdict: Verdict, due: datetime | None = None, thread: str = ""
) -> Message:
    """A note that the window could not be judged, or not for good, and what was missing.

    `due` is the stated hour by which it should have been. Without a `thread` it begins
    one of its own.
    """
    summary = verdict.headline
    if due:
        summary = f"{ended(summary)} It was due by {due:%H:%M} ({occasion.window.zone})"
    called = verdict.word.value.replace("-", " ")
    topic = verdict.reasons[0].topic if verdict.reasons else Topic.SLICE
    by_last = any(JUDGED_BY in finding.evidence for finding in verdict.reasons)
    judged = "judged provisionally" if by_last else "not judged"
    advice = occasion.advice(topic)
    if topic is Topic.REGISTRY:
        advice = AWAITED.format(monitor=occasion.monitor, day=occasion.window.day)
    elif verdict.reasons and verdict.reasons[0].evidence.get("always"):
        advice = SMALL.format(monitor=occasion.monitor)
    return Message(
        key=occasion.key(occasion.monitor, Word.CANNOT_TELL.value),
        thread=thread or blind_thread(occasion),
        tone=Tone.NOTE,
        title=f"{occasion.monitor}: {called} — {occasion.window.label} was {judged}",
        summary=summary,
        facts=tuple(fact(finding) for finding in verdict.reasons[1 : FACTS + 1]),
        advice=advice,
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def arrived(occasion: Occasion, verdict: Verdict, thread: str) -> Message:
    """A window that people heard could not be judged is judged now.

    `thread` is the outage's, as `blind_thread` called it when that began.
    """
    return Message(
        key=occasion.key(occasion.monitor, "arrived"),
        thread=thread,
        tone=Tone.RESOLVED,
        title=f"{occasion.monitor}: {occasion.window.label} is judged now",
        summary=verdict.headline,
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def unrecorded(occasion: Occasion, why: str, said: str) -> Message:
    """A note that the ledger did not take a window, and what is known of it."""
    window = occasion.window
    return Message(
        key=occasion.key(occasion.monitor, "unrecorded"),
        thread=f"{occasion.monitor}/unrecorded/{window.start.isoformat()}",
        tone=Tone.NOTE,
        title=f"{occasion.monitor}: {window.label}: the ledger cannot be written",
        summary=f"{said} {why}",
        advice=(
            "Mend the ledger: until then nothing is recorded, told or retrained; "
            f"`driftline run {occasion.monitor}` makes up what was missed."
        ),
        links=dict(occasion.links),
        monitor=occasion.monitor,
    )


def blind_thread(occasion: Occasion) -> str:
    """The thread of an outage that began with this window."""
    return f"{occasion.monitor}/slice/{occasion.window.start.isoformat()}"


def notify_actions(
    message: Message,
    notifiers: Iterable[str],
    places: Mapping[str, str] | None = None,
    not_before: datetime | None = None,
) -> list[Action]:
    """One action for each notifier, so that none waits for or repeats another.

    What one notifier is sent of one incident is sent in order. `places` says where each
    notifier's messages arrive; those of one thread and place follow each other, also
    when they are of several monitors.
    """
    return [
        Action(
            kind=ActionKind.NOTIFY,
            key=f"{message.key}/{name}",
            payload={
                "notifier": name,
                "place": place_of(name, places),
                "message": message.to_json(),
            },
            lane=lane(message.thread, place_of(name, places)),
            not_before=not_before,
        )
        for name in notifiers
    ]


def place_of(name: str, places: Mapping[str, str] | None) -> str:
    """Where a notifier's messages arrive; its name, where it does not say."""
    return (places or {}).get(name, name)


def lane(thread: str, place: str) -> str:
    """What keeps the messages of a thread in one place in order; none without a thread."""
    return f"{thread}/{place}" if thread else ""
