"""What the ledger knows of a window that was not judged, before its verdict is written."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from driftline.app.job import Job
from driftline.app.observe import Observation
from driftline.app.pending import is_early
from driftline.app.tell import Scene
from driftline.app.unjudged import still_waits
from driftline.core.finding import REST_DAY
from driftline.core.incidents.briefing import blind_thread
from driftline.core.incidents.incident import Incident, Step
from driftline.core.incidents.outage import away, found, is_unreachable, lost, outage
from driftline.core.verdict import Word
from driftline.core.window import Window
from driftline.ports import LedgerEntry

ANSWERED = "answered"
"""Where the notice of a window that is left to a summary has the thread for the reply."""

BY = "by"
"""Where a window's notice has the notifiers by which people heard of the outage."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A window that is not judged, or was not until now.

    `was` is what people heard of it, and `sent` whether what waited for its hour went
    out. `known` says that it is not news: it, or the window before, was not judged
    either; `told` is what people heard of that, and `thread` where. `incident` is the
    monitor's outage after this window, where it is known what is away, and `step` what
    the window does to it.
    """

    was: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    known: bool = False
    sent: bool = True
    step: Step = Step.NONE
    incident: Incident | None = None

    @property
    def thread(self) -> str:
        """Where people heard that the windows before it were not judged; or empty."""
        return str(self.told.get("thread", ""))

    @property
    def opens(self) -> bool:
        """Whether an outage begins, which others may share."""
        return self.step is Step.OPEN


def look_back(scene: Scene, current: Incident | None) -> Gap:
    """The gap that this window is, or ends; `current` is the monitor's latest outage."""
    window = scene.seen.window
    was = _noticed(scene, window)
    if not scene.waits:
        start, now = window.start.isoformat(), scene.around.now.isoformat()
        step, incident = found(current, start, now)
        sent = not was.get("from") or _went_out(scene, was["from"])
        return Gap(was, sent=sent, step=step, incident=incident)
    gap = Gap(was, _told(scene), _known(scene.job, scene.seen))
    fresh = _fresh(scene)
    if fresh is None:
        return gap
    step, incident = lost(current, fresh)
    return replace(gap, step=step, incident=incident)


def _fresh(scene: Scene) -> Incident | None:
    """The outage as it would begin now; None where nobody can say what is away.

    Before the verdict is due, rows that are wanting are rows to come.
    """
    job, window = scene.job, scene.seen.window
    source = away(scene.findings, job.source_id, job.machine)
    early = is_early(job, window) and not is_unreachable(scene.findings)
    if early or not source:
        return None
    moments = (window.start.isoformat(), scene.around.now.isoformat())
    fresh = outage(blind_thread(scene.occasion), job.monitor, *moments)
    subjects = sorted({f.subject for f in scene.findings if f.blinds})
    return replace(fresh, source=source, subjects=tuple(subjects))


def _went_out(scene: Scene, begins: str) -> bool:
    """Whether people heard at the hour: somebody has to be there then who sends it."""
    if scene.around.now < datetime.fromisoformat(begins):
        return False
    key = scene.occasion.key(scene.job.monitor, Word.CANNOT_TELL.value)
    rows = scene.job.ledger.actions(scene.job.monitor)
    return any(r["state"] == "done" and r["key"].startswith(f"{key}/") for r in rows)


def _told(scene: Scene) -> dict[str, Any]:
    """What people heard of the outage that this window goes on with; empty for nothing."""
    around = _around(scene.job, scene.seen.window)
    known = (_notice_of(scene.job, entry) for entry in around)
    return next((each for each in known if each.get("thread")), {})


def _noticed(scene: Scene, window: Window) -> dict[str, Any]:
    """Whether people heard that a window could not be judged, and in which thread."""
    before = scene.job.ledger.latest(scene.job.monitor, window)
    return _notice_of(scene.job, before) if before else {}


def answered(job: Job, entry: LedgerEntry) -> str:
    """The thread in which people heard that a window of a summary could not be judged."""
    return str(_notice_of(job, entry).get(ANSWERED, ""))


def heard_by(job: Job, entry: LedgerEntry) -> list[str]:
    """The notifiers by which people heard of the outage of a window of a summary."""
    return list(_notice_of(job, entry).get(BY) or [])


def _notice_of(job: Job, entry: LedgerEntry) -> dict[str, Any]:
    notices = entry.record.get("notices", {})
    noticed: dict[str, Any] = notices.get(notice_key(job.monitor), {})
    return noticed


def notice_key(monitor: str) -> str:
    """Under which a window's record has what people heard of its not being judged."""
    return f"{monitor}/slice"


def _known(job: Job, seen: Observation) -> bool:
    """Whether this window, or the one before it, was not to be judged either."""
    return any(still_waits(entry) for entry in _around(job, seen.window))


def _around(job: Job, window: Window) -> list[LedgerEntry]:
    """What was judged of a window, and of the one before it.

    A day of rest is passed over: that a shop is closed ends no outage.
    """
    before = job.ledger.latest(job.monitor, window.previous)
    while before is not None and _is_rest(before):
        earlier = before.key.window.previous
        before = job.ledger.latest(job.monitor, earlier)
    own = job.ledger.latest(job.monitor, window)
    return [entry for entry in (own, before) if entry is not None]


def _is_rest(entry: LedgerEntry) -> bool:
    return any(finding.statistic == REST_DAY for finding in entry.findings)
