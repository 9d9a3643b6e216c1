"""Judgements that were read once are kept: a row of the ledger's history never changes.

A day reads its monitor's history for every question that it asks of it, and a backfill
reads it for every day. Decoding it again each time would cost more than the day itself.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from driftline.adapters.ledgers import _rows as rows
from driftline.adapters.ledgers._tables import findings, windows
from driftline.core.finding import Finding, Topic
from driftline.ports import LedgerEntry

Key = TypeVar("Key")

MOST = 1000
"""Judgements, and sets of findings, that are kept; those that came first go first."""

AT_ONCE = 500
"""Rows that one statement asks for by number."""

Topics = frozenset[Topic] | None
"""Of which topics findings are wanted; None is all of them."""


class Kept:
    """What one ledger has read of committed judgements."""

    def __init__(self) -> None:
        self._bare: dict[int, LedgerEntry] = {}
        self._findings: dict[tuple[int, Topics], tuple[Finding, ...]] = {}

    def entries(
        self, connection: Connection, query: Any, topics: Collection[Topic] | None
    ) -> list[LedgerEntry]:
        """The entries that a query of windows finds, in its order, with their findings."""
        ids = list(connection.scalars(query.with_only_columns(windows.c.id)))
        wanted = None if topics is None else frozenset(topics)
        bare = {each: self._bare.get(each) for each in ids}
        bare |= _read(connection, [each for each, known in bare.items() if not known])
        told = {each: self._findings.get((each, wanted)) for each in ids}
        if wanted is None or wanted:
            absent = [each for each, known in told.items() if known is None]
            told |= _read_findings(connection, absent, wanted)
        self._keep(bare, told, wanted)
        found = ((bare[each], told[each] or ()) for each in ids)
        return [replace(entry, findings=own) for entry, own in found if entry]

    def _keep(
        self,
        bare: dict[int, LedgerEntry | None],
        told: dict[int, tuple[Finding, ...] | None],
        topics: Topics,
    ) -> None:
        self._bare.update({each: entry for each, entry in bare.items() if entry})
        own = {(each, topics): f for each, f in told.items() if f is not None}
        self._findings.update(own)
        _trim(self._bare)
        _trim(self._findings)


def findings_of(window_ids: Sequence[int], topics: Collection[Topic] | None) -> Any:
    """The query of these windows' findings, in their order."""
    wanted = select(findings).where(findings.c.window_id.in_(window_ids))
    if topics is not None:
        wanted = wanted.where(findings.c.topic.in_([topic.value for topic in topics]))
    return wanted.order_by(findings.c.window_id, findings.c.position)


def _trim(kept: dict[Key, Any]) -> None:
    """No more than `MOST` are left, the ones that came last."""
    for first in list(islice(kept, max(0, len(kept) - MOST))):
        del kept[first]


def _read(connection: Connection, ids: Sequence[int]) -> dict[int, LedgerEntry]:
    """Entries by number, without their findings."""
    return {
        row.id: rows.entry_of(row, ())
        for some in _portions(ids)
        for row in connection.execute(select(windows).where(windows.c.id.in_(some)))
    }


def _read_findings(
    connection: Connection, ids: Sequence[int], topics: Topics
) -> dict[int, tuple[Finding, ...]]:
    """Findings by the number of their window, none included."""
    found: dict[int, list[Finding]] = defaultdict(list)
    for some in _portions(ids):
        for row in connection.execute(findings_of(some, topics)):
            found[row.window_id].append(rows.finding_of(row))
    return {each: tuple(found[each]) for each in ids}


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
