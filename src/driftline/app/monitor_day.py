"""The day, step by step, written once; `run` decides how a step is run.

observe → (known already? skip) → judge → decide → record → watch → report → deliver.
Everything up to `record` can be repeated without effect; `record` is one transaction;
what it decided waits in the outbox until `deliver` has carried it out.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from driftline.app.decide import decide
from driftline.app.deliver import Couriers, Delivery, State, deliver
from driftline.app.job import Job
from driftline.app.judge import judge
from driftline.app.observe import Observation, observe
from driftline.app.report import write_report
from driftline.app.retraining.record import in_shadow
from driftline.app.retraining.request import standing_in
from driftline.app.retraining.shadow import watch_shadow
from driftline.app.retraining.watch_promotion import on_watch, watch_promotion
from driftline.app.unrecorded import CLOSED, told_from_memory, verdict_kept
from driftline.core.finding import Finding
from driftline.core.retraining.request import Standing
from driftline.core.verdict import Verdict, reduce
from driftline.core.window import Window
from driftline.ports import Judgement, Lease, LedgerEntry, Run, WindowKey, call


@dataclass(frozen=True, slots=True, repr=False)
class DayReport:
    """What came of a window. `repeated` means that it was known: nothing was written.

    `retraining` is how one stands that was asked for by then.
    """

    monitor: str
    window: Window
    verdict: Verdict
    findings: tuple[Finding, ...]
    metrics: dict[str, float]
    model: str
    revision: int = 0
    repeated: bool = False
    report: str = ""
    deliveries: tuple[Delivery, ...] = ()
    retraining: Standing = Standing.NONE

    def __repr__(self) -> str:
        """One line, for a notebook: whose day it is and what it is called."""
        return f"<{self.monitor} {self.window.label}: {self.verdict.headline}>"

    @property
    def undelivered(self) -> tuple[Delivery, ...]:
        """What nobody gets as things are: the job is broken, whatever the model does."""
        return tuple(d for d in self.deliveries if d.state is State.FAILED)

    @property
    def exit_code(self) -> int:
        """0 healthy or watch, 1 act, 2 cannot tell or a message that nobody will get."""
        return 2 if self.undelivered else self.verdict.word.exit_code


def monitor_day(
    job: Job, window: Window, run: Run = call, *, dry_run: bool = False
) -> DayReport:
    """The window's verdict, recorded and acted on exactly once.

    With `dry_run` nothing is recorded, written or sent. Raises `WindowBusy` when
    another worker has the window.
    """
    if dry_run:
        return _rehearsal(job, observe(job, window, run), run)
    with told_from_memory(job, window):
        return _leased(job, window, run)


def _leased(job: Job, window: Window, run: Run) -> DayReport:
    lease = job.ledger.acquire(job.monitor, window.label, job.owner, job.clock())
    try:
        return _recorded(job, observe(job, window, run), lease, run)
    finally:
        give_back(job, lease)


def give_back(job: Job, lease: Lease) -> None:
    """The lease is free; where the ledger does not answer, it runs out by itself."""
    with suppress(*CLOSED):
        job.ledger.release(lease)


def record(job: Job, judgement: Judgement, lease: Lease) -> LedgerEntry:
    """The judgement in the ledger, whole or not at all."""
    return job.ledger.record(lease, judgement, job.clock())


def _rehearsal(job: Job, seen: Observation, run: Run) -> DayReport:
    findings = judge(job, seen, run)
    return DayReport(
        monitor=job.monitor,
        window=seen.window,
        verdict=reduce(findings),
        findings=tuple(findings),
        metrics={},
        model=str(seen.model),
    )


def _recorded(job: Job, seen: Observation, lease: Lease, run: Run) -> DayReport:
    known = None if job.anew else _known(job, seen)
    entry = known or _new(job, seen, lease, run)
    try:
        if not seen.awaits_registry:
            _keep_watch(job, run)
    finally:  # a watch that cannot be kept costs neither the page nor a message
        report, deliveries = _told(job, entry, run)
    return DayReport(
        monitor=job.monitor,
        window=seen.window,
        verdict=reduce(entry.findings),
        findings=entry.findings,
        metrics=entry.metrics,
        model=str(seen.model),
        revision=entry.revision,
        repeated=known is not None,
        report=report,
        deliveries=deliveries,
        retraining=standing_in(entry),
    )


def _keep_watch(job: Job, run: Run) -> None:
    """What was promoted, or is in shadow, is watched; both are asked of the registry."""
    if on_watch(job):
        run(watch_promotion, job)
    if job.retraining is not None and in_shadow(job):
        run(watch_shadow, job)


def _told(job: Job, entry: LedgerEntry, run: Run) -> tuple[str, tuple[Delivery, ...]]:
    """Where the page is, and what was sent; one that cannot be written keeps none back."""
    try:
        report = run(write_report, job, entry)
    finally:
        with verdict_kept(reduce(entry.findings)):
            deliveries = run(deliver_due, job)
    return report, tuple(deliveries)


def _new(job: Job, seen: Observation, lease: Lease, run: Run) -> LedgerEntry:
    seen = replace(seen, key=_unused(job, seen.key))
    findings = judge(job, seen, run)
    judgement = decide(job, seen, findings)
    with verdict_kept(judgement.verdict):
        return run(record, job, judgement, lease)


def _known(job: Job, seen: Observation) -> LedgerEntry | None:
    """The window's newest revision, if that is about the same rows and policy."""
    latest = job.ledger.latest(job.monitor, seen.window)
    if latest is None:
        return None
    return latest if latest.key.uncounted == seen.key else None


def _unused(job: Job, key: WindowKey) -> WindowKey:
    """The key, or another one of the same rows where an older revision has it.

    Rows that change and change back are judged a third time: the newest revision is
    always about the rows that are there. So are rows that are judged `anew`.
    """
    if job.ledger.find(key) is None:
        return key
    latest = job.ledger.latest(job.monitor, key.window)
    assert latest is not None
    return replace(key, fingerprint=f"{key.fingerprint}+{latest.revision}")


def deliver_due(job: Job) -> list[Delivery]:
    """Whatever waits in the outbox, of this window or an earlier one."""
    couriers = Couriers(job.couriers, job.dispatcher, job.registry)
    return deliver(job.ledger, job.monitor, couriers, job.owner, job.clock)
