"""What was in service when the registry last answered: one row for each monitor.

The reference is kept whole, packed and under a checksum, and written again only when it
has changed.
"""

import json
import zlib
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from driftline.adapters.ledgers._tables import in_service
from driftline.core.action import STRAY
from driftline.core.model import ModelVersion
from driftline.errors import ReferenceCorrupt
from driftline.ports import InService


def keep(connection: Connection, monitor: str, known: InService, now: datetime) -> None:
    """The monitor's row says this, unless it says what the registry named later.

    What a clock dated that was far ahead of `now` is taken for a mistake.
    """
    values = {"model": _plain(known.model), "at": known.at}
    at = in_service.c.at
    is_older = or_(at <= known.at, at > now + STRAY)
    unchanged = update(in_service).where(
        in_service.c.monitor == monitor,
        in_service.c.digest == known.reference.digest,
        is_older,
    )
    if connection.execute(unchanged.values(values)).rowcount:
        return
    packed = zlib.compress(json.dumps(known.reference.to_json()).encode())
    values |= {
        "digest": known.reference.digest,
        "checksum": sha256(packed).hexdigest(),
        "reference": packed,
    }
    dialect = connection.dialect.name
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    connection.execute(
        make(in_service)
        .values(monitor=monitor, **values)
        .on_conflict_do_update(
            index_elements=[in_service.c.monitor],
            set_=values,
            where=is_older,
        )
    )


def find(connection: Connection, monitor: str) -> InService | None:
    """What `keep` kept last; `ReferenceCorrupt` where it is that no more."""
    from driftline.core.reference import Reference  # Polars, which few commands need

    query = select(in_service).where(in_service.c.monitor == monitor)
    row = connection.execute(query).first()
    if row is None:
        return None
    reference = _unpacked(row)
    try:
        return InService(
            ModelVersion(**row.model), Reference.from_json(reference), row.at
        )
    except (TypeError, ReferenceCorrupt) as error:
        raise ReferenceCorrupt(
            f"what the ledger keeps of {monitor} is not as this version made it"
        ) from error


def distrust(connection: Connection, monitor: str) -> None:
    """Whatever is kept next is written whole."""
    of_monitor = update(in_service).where(in_service.c.monitor == monitor)
    connection.execute(of_monitor.values(digest=""))


def _plain(model: ModelVersion) -> dict[str, object]:
    """All of it but the checksum, which is of a challenger alone."""
    return {k: v for k, v in asdict(model).items() if k != "checksum"}


def _unpacked(row: Row[Any]) -> dict[str, Any]:
    """The reference's JSON, of which not a byte has changed since it was written."""
    if sha256(row.reference).hexdigest() != row.checksum:
        raise ReferenceCorrupt(
            f"the reference that the ledger keeps of {row.monitor} fails its checksum"
        )
    plain: dict[str, Any] = json.loads(zlib.decompress(row.reference))
    return plain
