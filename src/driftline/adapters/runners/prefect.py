"""Prefect's side of a day: steps as tasks, verdicts as states, artifacts and events."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from driftline.core.finding import Finding
from driftline.core.verdict import Verdict, Word
from driftline.errors import DriftlineError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

Result = TypeVar("Result")

RETRY_DELAYS_S = [2.0, 10.0]
"""Pauses before a step that failed for want of an answer is tried again."""

NOTHING_CHANGED = "no window had changed"
"""What a run says that had no window to judge."""

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
        return step(*args, **kwargs)

    prepared = task(
        name=getattr(step, "__name__", "step"),
        retries=len(RETRY_DELAYS_S),
        retry_delay_seconds=RETRY_DELAYS_S,
        retry_condition_fn=_retry_can_help,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(shell)
    return prepared()


async def _retry_can_help(_task: Any, _run: Any, state: "State[Any]") -> bool:
    try:
        await state.aresult()
    except DriftlineError as error:
        return error.retryable
    except Exception:
        return False
    return False


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


def conclude(
    monitor: str, label: str, verdict: Verdict, findings: Sequence[Finding]
) -> "State[Any]":
    """Artifact, event and state of one judged window.

    The state is completed and carries the verdict's name: a bad model is not a broken
    job. The artifact's key is the monitor's, so that the interface shows its versions.
    """
    _keep_artifact(monitor, label, verdict, findings)
    payload = {"window": label, "headline": verdict.headline[:500]}
    announce(f"verdict.{verdict.word}", monitor, payload)
    return _state(verdict.word, verdict.headline)


def conclude_many(
    monitor: str, verdicts: Sequence[tuple[str, Verdict]]
) -> "State[Any]":
    """The state of several windows: the worst verdict among them; one artifact for all."""
    from prefect.artifacts import create_table_artifact

    rows = [{"window": w, "verdict": v.word, "why": v.headline} for w, v in verdicts]
    create_table_artifact(
        key=slug(f"driftline-{monitor}-windows"),
        table=rows,
        description=f"Windows of {monitor} judged in this run",
    )
    if not verdicts:
        return _state(Word.HEALTHY, NOTHING_CHANGED)
    worst = max((v.word for _, v in verdicts), key=list(STATE_NAMES).index)
    counted = Counter(v.word.value for _, v in verdicts)
    return _state(worst, ", ".join(f"{n} {word}" for word, n in counted.items()))


def conclude_retraining(monitor: str, *, promoted: bool, reason: str) -> "State[Any]":
    """A completed state that says whether the challenger was promoted, and the event."""
    from prefect.states import Completed

    name = "Promoted" if promoted else "NotBetter"
    announce(
        "retraining.ended", monitor, {"promoted": promoted, "reason": reason[:500]}
    )
    return Completed(name=name, message=reason[:500])


def _state(word: Word, message: str) -> "State[Any]":
    from prefect.states import Completed

    return Completed(name=STATE_NAMES[word], message=message[:500])


def _keep_artifact(
    monitor: str, label: str, verdict: Verdict, findings: Sequence[Finding]
) -> None:
    from prefect.artifacts import create_markdown_artifact

    rows = "\n".join(_row(finding) for finding in findings if finding.matters)
    table = f"\n\n| topic | subject | statistic | value | bounds |\n|-|-|-|-|-|\n{rows}"
    headline = _cell(verdict.headline)
    create_markdown_artifact(
        key=slug(f"driftline-{monitor}"),
        markdown=f"# {_cell(monitor)} {label}\n\n{headline}{table if rows else ''}",
        description=f"Verdict of {monitor} for {label}",
    )


def announce(name: str, monitor: str, payload: dict[str, Any]) -> None:
    """Emit one event that an automation can wait for."""
    from prefect.events import emit_event

    emit_event(
        f"driftline.{name}",
        resource={
            "prefect.resource.id": f"driftline.monitor.{monitor}",
            "prefect.resource.name": monitor,
        },
        payload=payload,
    )


def slug(text: str) -> str:
    """Lower-case letters, digits and dashes: what an artifact's key may hold.

    >>> slug("driftline-My Model_2")
    'driftline-my-model-2'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _row(finding: Finding) -> str:
    bounds = f"{_number(finding.bounds.lower)} .. {_number(finding.bounds.upper)}"
    cells = [finding.topic, finding.subject, finding.statistic]
    return (
        "| "
        + " | ".join(
            [*(_cell(str(cell)) for cell in cells), _number(finding.value), bounds]
        )
        + " |"
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _cell(text: str) -> str:
    """Markdown from data shows as it is written, and no HTML gets through."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", safe).replace("\n", " ")
