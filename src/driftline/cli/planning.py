"""Commands that look ahead: what alarms cost, and what another policy would have done."""

from pathlib import Path
from typing import Annotated

import typer

from driftline.cli.arguments import AsJson, First, Last, Name

planning_app = typer.Typer(rich_markup_mode=None)


@planning_app.command(epilog="Example: driftline budget orders")
def budget(monitor: Name = None, json: AsJson = False) -> None:
    """Say what the alarm budget costs and shows.

    Before the first day is judged: how many false alarms a month to expect, by the
    budget and by the reference's own days, and the smallest change of each column and
    of the deciding metric that is seen within 1 and within 7 days, nine times in ten.
    """
    from driftline.cli import outlook

    outlook.budget(monitor, as_json=json)


@planning_app.command(
    epilog="Example: driftline replay orders --policy stricter.yaml "
    "--from 2026-03-01 --to 2026-03-31"
)
def replay(
    policy: Annotated[
        Path,
        typer.Option(help="A monitor file, or only the parts that differ"),
    ],
    first: First,
    last: Last,
    monitor: Name = None,
    json: AsJson = False,
) -> None:
    """Judge recorded days again under another policy.

    Shows what would have been raised, digested and retrained, beside what was. The
    rows are read again; nothing is recorded, written or sent.
    """
    from driftline.cli import replaying

    replaying.replay(monitor, policy, (first, last), as_json=json)
