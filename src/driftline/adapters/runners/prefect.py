"""Prefect's side of a day, kept together: tasks, states, artifacts and events of one run.

Over 300 lines because a day, its tasks and a retraining are shown in the same words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from logging import ERROR, WARNING
from time import monotonic, sleep
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from driftline.adapters.runners._prefect_markdown import escaped, listed, overview, page
from driftline.adapters.runners._reports import Judged, Retrained
from driftline.core.collecting import collect_seldom
from driftline.core.incidents.briefing import Occasion
from driftline.core.verdict import Verdict, Word
from driftline.errors import DriftlineError, LeaseLost, WindowBusy

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

Result = TypeVar("Result")

Day = Annotated[date, Field(json_schema_extra={"pattern": r"^\d{4}-\d{2}-\d{2}$"})]
"""A flow's parameter; Prefect's server checks patterns and not formats."""

RETRY_DELAYS_S = [2.0, 10.0]
"""Pauses before a step that failed for want of an answer is tried again."""

LONGEST_WAIT_S, LOOK_AGAIN_S = 1200.0, 5.0
"""How long a run waits for another one of its monitor, and how often it looks."""

APPROVAL = "approval"
"""By which Prefect knows a suspended run's question again."""

WAIT_FOR_APPROVAL_S = 2 * 86_400
"""How long a suspended run waits; then the request counts as one of which nothing came."""

NOTHING_CHANGED = "no window had changed"
"""What a run says that had no window to judge."""

BUSY = "Busy"
"""The completed state of a run whose window another worker has: no job is broken."""

HELD = (WindowBusy, LeaseLost)
"""What is raised where another worker has the window, or took it over."""

ELSEWHERE = "with another worker"

DAY = "Verdict and reasons, the weightiest first"
WINDOWS = "Windows judged in this run, oldest first"

STATE_NAMES = {
    Word.HEALTHY: "Healthy",
    Word.WATCH: "Watch",
    Word.CANNOT_TELL: "CannotTell",
    Word.ACT: "Act",
}
"""Names of completed states, the best first."""


def as_task(step: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """Run a step as a Prefect task of its name; retried only where a retry can help.

    The arguments stay in a closure: Prefect would otherwise search every profile and
    table for futures.
    """
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    def shell() -> Result:
        with discreet():
            return step(*args, **kwargs)

    name = getattr(step, "__name__", "step").replace("_", " ")
    prepared = task(
        name=name,
        task_run_name=name,
        description=step.__doc__,
        retries=len(RETRY_DELAYS_S),
        retry_delay_seconds=RETRY_DELAYS_S,
        retry_condition_fn=_retry_can_help,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(shell)
    return prepared()


@contextmanager
def discreet() -> Iterator[None]:
    """Our own errors leave without their causes.

    Prefect sends whole tracebacks to its server, and a vendor's text can hold rows of
    data or a password. Our message says what went wrong and what to do.
    The process is a run's own, and collects garbage as a command's does.
    """
    collect_seldom()
    try:
        yield
    except DriftlineError as error:
        raise error from None


async def _retry_can_help(_task: Any, _run: Any, state: "State[Any]") -> bool:
    """Whether the step failed with an error of ours that says so."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, DriftlineError) and error.retryable


def scheduled_moment(fallback: datetime) -> datetime:
    """When the flow run was due (UTC), or `fallback` outside a flow run.

    A run that starts late, or again after a crash, still judges the day it was for.
    """
    from prefect.runtime import flow_run

    due = flow_run.scheduled_start_time if flow_run.id else None
    return fallback if due is None else due.astimezone(UTC)


def run_link() -> str:
    """Where this flow run is seen in Prefect's interface, or nothing outside one."""
    from prefect.runtime import flow_run

    link = str(flow_run.ui_url or "") if flow_run.id else ""
    return link if link.startswith("http") else ""


def name_run(name: str) -> None:
    """The flow run is called so from now on; nothing happens outside one."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.runtime import flow_run

    if flow_run.id:
        with get_client(sync_client=True) as client:
            client.update_flow_run(UUID(flow_run.id), name=name)


def patiently(step: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result:
    """What the step returns once no other worker is at the same monitor.

    After an outage a monitor's late runs start together: one judges what was missed,
    and the others wait for it. Raises `WindowBusy` after `LONGEST_WAIT_S`, which is
    longer than a worker that died keeps a lease.
    """
    until = monotonic() + LONGEST_WAIT_S
    while True:
        try:
            return step(*args, **kwargs)
        except HELD:
            if monotonic() > until:
                raise
            sleep(LOOK_AGAIN_S)


def conclude_days(
    monitor: str, windows: Sequence[Judged], *, dry_run: bool = False
) -> "State[Any]":
    """One window as ever; several that were missed as those of a backfill."""
    if len(windows) == 1:
        return conclude(monitor, windows[0], dry_run=dry_run)
    first, last = windows[0].window.label, windows[-1].window.label
    name_run(f"{monitor} {first} to {last}")
    return conclude_many(monitor, windows)


def conclude(monitor: str, judged: Judged, *, dry_run: bool = False) -> "State[Any]":
    """Artifact, event and state of one window.

    The state is completed and carries the verdict's name: a bad model is not a broken
    job. The artifact's key is the monitor's, so that the interface shows its versions;
    a dry run has a key of its own and emits nothing.
    """
    about = "dry-run" if dry_run else ""
    facts = {"what to do": _advice(monitor, judged), **_facts(judged)}
    _keep_page(monitor, about, judged.window.label, judged.verdict, facts)
    if not dry_run:
        _follow_up(monitor, judged)
    return _state(judged.verdict.word, judged.verdict.headline)


def conclude_many(
    monitor: str, windows: Sequence[Judged], busy: Sequence[DriftlineError] = ()
) -> "State[Any]":
    """One artifact and one event per new verdict; the state is the worst of them.

    It is `Busy` where another worker has all of the windows.
    """
    words = [judged.verdict.word for judged in windows]
    counted = [f"{n} {word}" for word, n in Counter(words).items()]
    held = [f"{len(busy)} {ELSEWHERE}: {busy[0]}"] if busy else []
    message = ", ".join([*counted, *held]) or NOTHING_CHANGED
    _keep(f"{monitor}-windows", overview(monitor, message, windows), WINDOWS)
    for judged in windows:
        _follow_up(monitor, judged)
    if busy and not words:
        return conclude_unstarted(BUSY, message)
    worst = max(words, key=list(STATE_NAMES).index, default=Word.HEALTHY)
    return _state(worst, message)


def conclude_costs(monitor: str, label: str, verdict: Verdict) -> "State[Any]":
    """Artifact, event and state of the costs alone."""
    _keep_page(monitor, "costs", label, verdict, {})
    _announce(f"costs.{verdict.word}", monitor, label, {"headline": verdict.headline})
    return _state(verdict.word, verdict.headline)


def ask_approval(question: str) -> tuple[bool, str] | None:
    """Whether a person agrees, and who; None where this run cannot wait for one.

    The run is suspended, and begins anew when somebody has answered in Prefect's
    interface, in Slack, or with `driftline approve`. After two days it fails.
    """
    from prefect.flow_runs import suspend_flow_run
    from prefect.input import RunInput
    from prefect.logging import get_run_logger
    from prefect.runtime import deployment

    class Approval(RunInput):
        """Whether the retraining may start."""

        approve: bool = False
        author: str = "somebody in Prefect's interface"

    if not deployment.id:
        return None
    if not _was_suspended(APPROVAL):
        get_run_logger().warning("%s: press Resume to answer", question)
    form = Approval.with_initial_data(description=question, approve=False)
    given = suspend_flow_run(
        wait_for_input=form, timeout=WAIT_FOR_APPROVAL_S, key=APPROVAL
    )
    return given.approve, given.author


def _was_suspended(key: str) -> bool:
    """Whether this run waited for the input before: it began anew with an answer."""
    from prefect.input.actions import read_flow_run_input
    from prefect.input.run_input import keyset_from_paused_state
    from prefect.states import Suspended

    asked = keyset_from_paused_state(Suspended(pause_key=key))
    return read_flow_run_input(asked["schema"]) is not None


EVENT_WORDS = {
    "Promoted": "promoted",
    "NotBetter": "not-better",
    "InShadow": "in-shadow",
}
"""The event of each outcome of a retraining run."""


def conclude_unstarted(word: str, why: str) -> "State[Any]":
    """A completed state of a run that had nothing to do, and why."""
    from prefect.states import Completed

    return Completed(name=word, message=why[:500])


def conclude_retraining(monitor: str, label: str, retrained: Retrained) -> "State[Any]":
    """A completed state that says whether the challenger was promoted."""
    from prefect.states import Completed

    outcome = "Promoted" if retrained.promoted else "NotBetter"
    if retrained.in_shadow:
        outcome = "InShadow"
    facts = {
        "challenger": retrained.challenger,
        "reason": retrained.reason,
        "prediction": retrained.prediction,
    }
    text = f"# {escaped(monitor)} {label}: {outcome}\n\n{listed(facts)}"
    _keep(f"{monitor}-retraining", text, "What the challenger was worth")
    if not retrained.repeated:
        word = EVENT_WORDS[outcome]
        _announce(f"retraining.{word}", monitor, label, facts)
    return Completed(name=outcome, message=retrained.reason[:500])


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes: what an artifact's key may hold.

    >>> slug("driftline-My Model_2")
    'driftline-my-model-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _state(word: Word, message: str) -> "State[Any]":
    from prefect.states import Completed

    return Completed(name=STATE_NAMES[word], message=message[:500])


def _keep_page(
    monitor: str, about: str, label: str, verdict: Verdict, facts: Mapping[str, str]
) -> None:
    title = " ".join(filter(None, [monitor, about, label]))
    _keep(f"{monitor}-{about}", page(title, verdict, facts), DAY)


def _keep(name: str, markdown: str, description: str) -> None:
    """A version of the artifact of that name."""
    from prefect.artifacts import create_markdown_artifact

    key = slug(f"driftline-{name}")
    create_markdown_artifact(key=key, markdown=markdown, description=description)


def _advice(monitor: str, judged: Judged) -> str:
    """What the reader can do about the weightiest reason; empty where there is none."""
    reasons = judged.verdict.reasons
    occasion = Occasion(monitor, judged.window, retraining=judged.retraining)
    return occasion.advice_on(reasons[0]) if reasons else ""


def _facts(judged: Judged) -> dict[str, str]:
    known = "known before: nothing was written or sent" if judged.repeated else ""
    return {
        "model": judged.model,
        "report": judged.report,
        "revision": str(judged.revision or ""),
        "this run": known,
        "not delivered": "; ".join(
            f"{lost.action.key} ({lost.state}): {lost.detail}"
            for lost in judged.deliveries
            if lost.state != "done"
        ),
    }


def _follow_up(monitor: str, judged: Judged) -> None:
    """Log what was not delivered, and emit an event unless the verdict was known before."""
    from prefect.logging import get_run_logger

    log, levels = get_run_logger(), {"failed": ERROR, "postponed": WARNING}
    for lost in judged.deliveries:
        if lost.state in levels:
            text = "not delivered (%s): %s: %s"
            log.log(levels[lost.state], text, lost.state, lost.action.key, lost.detail)
    if not judged.repeated:
        facts = {"headline": judged.verdict.headline, "model": judged.model}
        _announce(f"verdict.{judged.verdict.word}", monitor, judged.window.label, facts)


def _announce(name: str, monitor: str, label: str, facts: Mapping[str, str]) -> None:
    """Emit one event that an automation can wait for."""
    from prefect.events import emit_event

    emit_event(
        f"driftline.{name}",
        resource={
            "prefect.resource.id": f"driftline.monitor.{monitor}",
            "prefect.resource.name": monitor,
        },
        payload={"window": label, **{key: text[:500] for key, text in facts.items()}},
    )
