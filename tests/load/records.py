"""Gathers what a load left behind, through the ledger's own reading side and Slack's."""

from collections.abc import Iterable
from pathlib import Path

from driftline import wiring
from tests.load.checker import Records
from tests.load.history import History
from tests.load.parts.dispatcher import FOLDER
from tests.load.project import day_of
from tests.servers.slack import SlackServer


def gathered(
    root: Path, names: list[str], days: Iterable[int], workspace: SlackServer
) -> Records:
    """The records of a load over these monitors and days."""
    labels = [day_of(number).isoformat() for number in days]
    with wiring.open_ledger(names[0], root=root) as ledger:
        entries = [
            entry for name in names for entry in ledger.revisions(name, limit=10_000)
        ]
        actions = ledger.actions()
    return Records(
        history=History(root).operations(),
        entries=entries,
        actions=actions,
        posted=_keys(workspace),
        charts=[f["name"] for m in workspace.messages for f in m.get("files", [])],
        runs=[file.read_text().split(" ", 2)[2] for file in (root / FOLDER).glob("*")],
        expected=frozenset((name, label) for name in names for label in labels),
    )


def _keys(workspace: SlackServer) -> list[str]:
    """The keys of all messages, as they stand in their metadata."""
    bodies = [m["metadata"] for m in workspace.messages if "metadata" in m]
    return [body["event_payload"]["key"] for body in bodies]


def contradictions(root: Path, name: str) -> list[str]:
    """What the ledger finds wrong with itself, as `driftline doctor` says it."""
    with wiring.open_ledger(name, root=root) as ledger:
        return ledger.verify()
