"""Prefect's side of a day: steps as tasks, verdicts as states, artifacts and events."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from driftline.core.finding import Finding
from driftline.errors import DriftlineError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

Result = TypeVar("Result")

RETRY_DELAYS_S = [2.0, 10.0]
"""Pauses before a step that failed for want of an answer is tried again."""

STATE_NAMES = {
    "healthy": "Healthy",
    "watch": "Watch",
    "act": "Act",
    "cannot-tell": "CannotTell",
}


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


def verdict_state(word: str, headline: str) -> "State[Any]":
    """A completed state that carries the verdict's name: a bad model is not a broken job."""
    from prefect.states import Completed

    return Completed(name=STATE_NAMES[word], message=headline[:500])


def publish(monitor: str, label: str, headline: str, findings: list[Finding]) -> None:
    """Keep one artifact per monitor, so that the interface shows its versions by day."""
    from prefect.artifacts import create_markdown_artifact

    rows = "\n".join(_row(finding) for finding in findings if finding.matters)
    table = f"\n\n| topic | subject | statistic | value | bounds |\n|-|-|-|-|-|\n{rows}"
    create_markdown_artifact(
        key=slug(f"driftline-{monitor}"),
        markdown=f"# {_cell(monitor)} {label}\n\n{_cell(headline)}{table if rows else ''}",
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
    return "| " + " | ".join(
        [*(_cell(str(cell)) for cell in cells), _number(finding.value), bounds]
    ) + " |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _cell(text: str) -> str:
    """Markdown from data shows as it is written, and no HTML gets through."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", safe).replace("\n", " ")
