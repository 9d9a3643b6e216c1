"""The real SQL ledger, whose writes are also in the history of the load."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from driftline.adapters.ledgers import sql
from driftline.adapters.ledgers._database import Database
from driftline.adapters.ledgers._ledger import SqlLedger
from driftline.adapters.ledgers._place import place_of
from driftline.core.action import Action
from driftline.core.incidents.incident import Incident
from driftline.ports import Context, Judgement, Lease, LedgerEntry, OutboxRow
from tests.load.history import History

LEASE = timedelta(minutes=5)
"""A worker that is started after a kill has a clock that is further ahead than this."""

Settings = sql.Settings


class RecordedLedger(SqlLedger):
    """Does what the ledger does, and writes down when it was asked and had answered."""

    def __init__(self, database: Database, history: History) -> None:
        super().__init__(database, LEASE)
        self._history = history

    def acquire(self, monitor: str, window: str, owner: str, now: datetime) -> Lease:
        with self._history.operation("acquire", monitor, window):
            return super().acquire(monitor, window, owner, now)

    def release(self, lease: Lease) -> None:
        with self._history.operation("release", lease.monitor, lease.window):
            super().release(lease)

    def record(self, lease: Lease, judgement: Judgement, now: datetime) -> LedgerEntry:
        seen = judgement.key.fingerprint
        with self._history.operation("record", lease.monitor, lease.window, seen):
            return super().record(lease, judgement, now)

    def claim_action(
        self, monitor: str, owner: str, now: datetime, lanes: Collection[str] = ()
    ) -> OutboxRow | None:
        """Only what was claimed has a subject; an empty outbox leaves no line."""
        row = super().claim_action(monitor, owner, now, lanes)
        if row is not None:
            again = "again" if row.again else ""
            self._history.note("done", "claim", monitor, row.action.key, again)
        return row

    def finish_action(self, row: OutboxRow, receipt: str, now: datetime) -> None:
        with self._history.operation("finish", "", row.action.key):
            super().finish_action(row, receipt, now)

    def postpone_action(
        self, row: OutboxRow, reason: str, now: datetime, *, for_good: bool
    ) -> None:
        with self._history.operation("postpone", "", row.action.key, reason):
            super().postpone_action(row, reason, now, for_good=for_good)

    def note(
        self,
        monitor: str,
        kind: str,
        key: str,
        body: dict[str, Any],
        now: datetime,
        actions: Sequence[Action] = (),
        *,
        incidents: Sequence[Incident] = (),
    ) -> bool:
        with self._history.operation("note", monitor, f"{kind}/{key}"):
            return super().note(
                monitor, kind, key, body, now, actions, incidents=incidents
            )


def build(settings: Settings, context: Context) -> RecordedLedger:
    """The ledger at the address, with the history in the monitor's root."""
    place = place_of(settings.url.get_secret_value(), context.root)
    return RecordedLedger(Database(place), History(context.root))
