"""Prefect's side of a drill: the chain as an artifact, a broken one as a failed run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from driftline.adapters.runners._prefect_markdown import escaped
from driftline.adapters.runners.prefect import slug
from driftline.core.drill.links import Drilled, outcome_of

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


def conclude(monitor: str, drilled: Sequence[Drilled]) -> "State[Any]":
    """Artifact and state: `Proved`, or `Failed` with the links that are broken."""
    from prefect.artifacts import create_markdown_artifact
    from prefect.states import Completed, Failed

    create_markdown_artifact(
        key=slug(f"driftline-{monitor}-drill"),
        markdown="\n\n".join([f"# {escaped(monitor)}: drill", *map(_chain, drilled)]),
        description="What each link made of a planted fault",
    )
    outcome = outcome_of(drilled)[:500]
    if any(each.failed for each in drilled):
        return Failed(message=outcome)
    return Completed(name="Proved", message=outcome)


def _chain(drilled: Drilled) -> str:
    lines = [
        f"- **{link.name}: {link.state}** {escaped(link.said)}"
        for link in drilled.links
    ]
    return "\n".join([f"## {escaped(drilled.fault.said)}", "", *lines])
