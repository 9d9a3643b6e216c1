"""Who is told what of a window: notices with reasons, messages, charts, escalations.

What is decided here is written in the verdict's transaction. Whether an incident shares
another one's thread is decided inside it, so that two monitors judged at once agree.
Over 300 lines because all messages of a window share one scene.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.post import (
    ACKNOWLEDGED,
    BESIDE,
    FALSE_ALARM,
    UNLESS_ANSWERED,
    silences_in,
)
from driftline.core.action import Action, ActionKind, Answer, Chart, Message
from driftline.core.finding import Finding
from driftline.core.incidents.briefing import (
    Background,
    Occasion,
    brief,
    lane,
    notify_actions,
    place_of,
)
from driftline.core.incidents.grouping import is_reminded, is_repeated, thread_for
from driftline.core.incidents.incident import Cause, Incident, Progress, Step
from driftline.core.incidents.notice import (
    Notice,
    Reason,
    Surroundings,
    decide_notice,
    heard,
    unsilenced,
)
from driftline.core.incidents.sentences import meaning
from driftline.core.incidents.silence import Silence, silencer
from driftline.core.retraining.request import Standing
from driftline.core.verdict import Verdict, Word
from driftline.ports import Ledger, LedgerEntry

BEGUN = {Reason.FIRST, Reason.GROUPED}
"""What a monitor's part of a fault begins with."""

WITH_CHART = {Reason.FIRST, Reason.GROUPED, Reason.NEW, Reason.WORSE}


@dataclass(frozen=True, slots=True)
class Scene:
    """What all messages about a window have in common.

    `late` are the windows before it that are told in its summary, oldest first;
    `retraining` is how one stands that was asked for.
    """

    job: Job
    seen: Observation
    verdict: Verdict
    findings: tuple[Finding, ...]
    links: dict[str, str]
    doing: str
    around: Surroundings
    charts: Mapping[Cause, Chart] = field(default_factory=dict)
    late: tuple[LedgerEntry, ...] = ()
    retraining: Standing = Standing.NONE

    @property
    def waits(self) -> bool:
        """Whether the window is to be judged still, or again."""
        return self.verdict.word is Word.CANNOT_TELL or self.seen.awaits_registry

    @property
    def occasion(self) -> Occasion:
        """Where the messages come from."""
        return Occasion(
            self.job.monitor,
            self.seen.window,
            self.links,
            self.job.owners.by_cause,
            self.retraining,
        )


@dataclass(frozen=True, slots=True)
class Telling:
    """Incidents with what people know of them, the actions, and a reason for each."""

    incidents: tuple[Incident, ...] = ()
    actions: tuple[Action, ...] = ()
    notices: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __add__(self, more: Self) -> Self:
        """Both, in this order."""
        return replace(
            self,
            incidents=(*self.incidents, *more.incidents),
            actions=(*self.actions, *more.actions),
            notices=self.notices | more.notices,
        )


def surroundings(job: Job, seen: Observation) -> Surroundings:
    """The silences in force and the answers given, as the ledger has them now."""
    return Surroundings(
        now=job.clock(),
        window=seen.window.start.isoformat(),
        manners=job.manners,
        silences=tuple(silences_of(job)),
        acknowledged=acknowledged(job.ledger, job.monitor),
        collecting=job.collecting,
    )


def silences_of(job: Job) -> list[Silence]:
    """The monitor's silences that are in force."""
    return silences_in(job.ledger, job.monitor, job.clock())


def unless_silenced(job: Job, subject: str) -> Notice:
    """People are told of something, unless it or everything is silenced now."""
    silence = silencer([subject], silences_of(job), job.clock())
    if silence is not None:
        return Notice(False, Reason.SILENCED, silence.said)
    return Notice(True, Reason.FIRST, news=Reason.FIRST)


def acknowledged(ledger: Ledger, monitor: str) -> dict[str, str]:
    """Who took on which incident, or called it a false alarm, by its key."""
    notes = (*ledger.notes(monitor, FALSE_ALARM), *ledger.notes(monitor, ACKNOWLEDGED))
    return {note["key"]: note["body"]["author"] for note in notes}


def shares(progress: Sequence[Progress]) -> bool:
    """Whether something is told of the data, of which others may have a part."""
    about = [p for p in progress if p.incident.cause is Cause.DATA]
    return any(p.step is not Step.NONE for p in about)


def tell(
    scene: Scene, progress: Sequence[Progress], others: Sequence[Incident]
) -> Telling:
    """What people are told of a window, given what other monitors have open."""
    parts = [_tell_one(scene, step, others) for step in progress]
    return Telling(
        incidents=tuple(i for part in parts for i in part.incidents),
        actions=tuple(action for part in parts for action in part.actions),
        notices={key: said for part in parts for key, said in part.notices.items()},
    )


def _tell_one(scene: Scene, step: Progress, others: Sequence[Incident]) -> Telling:
    step = replace(step, incident=_placed(scene, step, others))
    notice = decide_notice(step, scene.around)
    later = _escalated(scene, step, notice) if notice.news in BEGUN else []
    audible = unsilenced(step.critical, scene.around)
    kin = [o for o in others if o.in_thread == step.incident.in_thread]
    names = audience(scene, step, notice, kin)
    notice = _shared(notice, kin) if scene.job.notifiers and not names else notice
    places = [place_of(name, scene.job.places) for name in names]
    told = heard(step.incident, notice, audible, scene.around.now, places)
    incident = replace(told, card=_card(scene, step))
    step = replace(step, incident=incident)
    actions = [
        *(_messages(scene, step, notice, names, kin) if notice.send else []),
        *_redrawn(scene, step, notice),
        *later,
    ]
    return Telling((incident,), tuple(actions), {incident.key: notice.to_json()})


def _placed(scene: Scene, step: Progress, others: Sequence[Incident]) -> Incident:
    """A new incident knows its source and its thread."""
    if step.step is not Step.OPEN:
        return step.incident
    incident = replace(step.incident, source=scene.job.source_id)
    within = scene.job.manners.group_within
    if not within:
        return incident
    return replace(incident, thread=thread_for(incident, others, within))


def audience(
    scene: Scene, step: Progress, notice: Notice, kin: Sequence[Incident]
) -> list[str]:
    """The notifiers to use; `kin` are the open incidents of others in the thread.

    A place without threads hears once of what they share, and one of them reminds.
    """
    told = [other.told for other in kin if other.told]
    places = {name: place_of(name, scene.job.places) for name in scene.job.notifiers}
    if notice.news is Reason.REPEAT:
        heard_at = [is_reminded(told, at, scene.around) for at in places.values()]
        return [] if all(heard_at) else list(places)
    return [
        name
        for name, place in places.items()
        if scene.job.notifiers[name].threads
        or not is_repeated(step, notice.news, told, place, scene.around)
    ]


def _shared(notice: Notice, kin: Sequence[Incident]) -> Notice:
    """What nobody is left to hear is not told; who told of it last is named."""
    if not notice.send or notice.news is Reason.GROUPED:
        return notice
    if notice.news is Reason.RESOLVED:
        return Notice(False, Reason.UNTOLD)
    last = max(kin, key=lambda other: other.told.at if other.told else "")
    return Notice(False, Reason.SHARED, last.monitor)


def _card(scene: Scene, step: Progress) -> Message | None:
    """What the first message says of the incident by this window."""
    stale = scene.around.window < step.incident.last_window
    if stale or not step.critical:
        return step.incident.card
    return _composed(scene, step, Reason.FIRST)


def _composed(
    scene: Scene, step: Progress, news: Reason, kin: Sequence[Incident] = ()
) -> Message:
    background = Background(
        matters=meaning(step.critical, scene.findings, str(scene.seen.model)),
        doing=scene.doing,
        answers=_answers(scene.job, scene.retraining),
        others=tuple(sorted(other.monitor for other in kin)),
    )
    return brief(scene.occasion, step, scene.verdict, news, background)


def _answers(job: Job, retraining: Standing) -> tuple[Answer, ...]:
    """What a reader may reply, where somebody listens."""
    if not job.listens:
        return ()
    run = Answer.APPROVE if retraining is Standing.WAITS else Answer.RETRAIN
    retrain = (run,) if job.retraining else ()
    return (Answer.ACKNOWLEDGE, Answer.SILENCE, *retrain, Answer.FALSE_ALARM)


def _messages(
    scene: Scene,
    step: Progress,
    notice: Notice,
    names: Sequence[str],
    kin: Sequence[Incident],
) -> list[Action]:
    """The message for everybody, and its chart."""
    job = scene.job
    message = _composed(scene, step, notice.news, kin)
    told = notify_actions(message, names, job.places, notice.not_before)
    charts = _charts(scene, step, message, names) if notice.news in WITH_CHART else []
    return [*told, *together(charts, notice)]


def together(actions: Iterable[Action], notice: Notice) -> list[Action]:
    """What belongs to a message waits as long as it does."""
    return [replace(action, not_before=notice.not_before) for action in actions]


def _escalated(scene: Scene, step: Progress, notice: Notice) -> list[Action]:
    """The message to others, held back until it is late enough.

    Each monitor of a thread has its own, whoever told of the fault: `post` sends the
    first that is due in a place.
    """
    job = scene.job
    after = job.manners.escalate_after
    if after is None or not job.escalation:
        return []
    incident = step.incident
    composed = _composed(scene, step, Reason.UNANSWERED)
    message = replace(composed, key=f"notify/{incident.key}/unanswered")
    due = (notice.not_before or scene.around.now) + after
    actions = notify_actions(message, job.escalation, job.places, due)
    return [
        replace(
            action,
            payload=action.payload
            | {UNLESS_ANSWERED: incident.key, BESIDE: action.lane},
            lane=f"{action.lane}/unanswered",
        )
        for action in actions
    ]


def _charts(
    scene: Scene, step: Progress, message: Message, names: Sequence[str]
) -> list[Action]:
    job = scene.job
    chart = scene.charts.get(step.incident.cause)
    if chart is None:
        return []
    return [
        Action(
            ActionKind.CHART,
            f"chart/{message.key}/{name}",
            {**_whereto(job, name), "chart": chart.to_json()},
            lane(message.thread, place_of(name, job.places)),
        )
        for name in names
        if job.notifiers[name].threads
    ]


def _redrawn(scene: Scene, step: Progress, notice: Notice) -> list[Action]:
    """The first message as it stands now, where the thread has one and can change it."""
    incident = step.incident
    is_first = notice.news is Reason.FIRST
    stale = scene.around.window < incident.last_window
    if incident.told is None or is_first or stale or step.step is Step.NONE:
        return []
    key = f"{incident.key}/{scene.around.window}/{scene.seen.key.fingerprint}"
    return together(redraw_actions(scene.job, incident.in_thread, key), notice)


def redraw_actions(job: Job, thread: str, key: str) -> list[Action]:
    """One action per notifier that lets the thread's first message say how it stands."""
    return [
        Action(
            ActionKind.REDRAW,
            f"redraw/{key}/{name}",
            {**_whereto(job, name), "thread": thread},
            lane(thread, place_of(name, job.places)),
        )
        for name, notifier in job.notifiers.items()
        if notifier.threads
    ]


def _whereto(job: Job, name: str) -> dict[str, Any]:
    return {"notifier": name, "place": place_of(name, job.places)}
