"""The ledger's tables.

Every name starts with `driftline_`, so that a PostgreSQL database can be shared with
MLflow or Prefect. Times are UTC. What changes here needs a file in
`migrations/versions` and a new `HEAD`; a test compares the two.
"""

import json
import math
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import JSON, TypeDecorator

HEAD = "0003"
"""The newest revision in `migrations/versions`."""

VERSION_TABLE = "driftline_version"


class Words(TypeDecorator[str]):
    """Text that any database takes: neither NUL nor half a surrogate pair."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """PostgreSQL refuses NUL, and no driver encodes lone surrogates."""
        if value is None:
            return None
        return value.replace("\0", "␀").encode(errors="replace").decode()


class Moment(TypeDecorator[datetime]):
    """An aware time, stored in UTC also where the database knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """A time without a zone is a programming error."""
        if value is None:
            return None
        assert value.tzinfo is not None, f"{value} carries no time zone"
        return value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """SQLite gives back what it was given, without the zone."""
        if value is None or value.tzinfo is None:
            return value and value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


def plain_json(value: Any) -> str:
    """Standard JSON: what is not a finite number becomes null."""
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


metadata = MetaData()

windows = Table(
    "driftline_windows",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("monitor", Words, nullable=False),
    Column("model_version", Words, nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("zone", Words, nullable=False),
    Column("every", Words, nullable=False),
    Column("fingerprint", Words, nullable=False),
    Column("policy", Words, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("headline", Words, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("record", JSON, nullable=False),
    UniqueConstraint(
        "monitor",
        "starts",
        "ends",
        "model_version",
        "fingerprint",
        "policy",
        name="driftline_windows_key",
    ),
    UniqueConstraint(
        "monitor", "starts", "ends", "revision", name="driftline_windows_revision"
    ),
)

findings = Table(
    "driftline_findings",
    metadata,
    Column("window_id", ForeignKey("driftline_windows.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("topic", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("statistic", Words, nullable=False),
    Column("segment", Words, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("severity", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("value", Float(53)),
    Column("lower", Float(53)),
    Column("upper", Float(53)),
    Column("origin", Words, nullable=False),
    Column("evidence", JSON, nullable=False),
)

profiles = Table(
    "driftline_profiles",
    metadata,
    Column("window_id", ForeignKey("driftline_windows.id"), primary_key=True),
    Column("body", JSON, nullable=False),
)

in_service = Table(
    "driftline_in_service",
    metadata,
    Column("monitor", Words, primary_key=True),
    Column("model", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Column("digest", Words, nullable=False),
    Column("checksum", Words, nullable=False),
    Column("reference", LargeBinary, nullable=False),
)

incidents = Table(
    "driftline_incidents",
    metadata,
    Column("key", Words, primary_key=True),
    Column("monitor", Words, nullable=False),
    Column("cause", Words, nullable=False),
    Column("opened", Words, nullable=False),
    Column("last_window", Words, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("quiet_windows", Integer, nullable=False),
    Column("resolved", Words, nullable=False),
    Column("source", Words, nullable=False, server_default=""),
    Column("thread", Words, nullable=False, server_default=""),
    Column("told", JSON(none_as_null=True)),
    Column("card", JSON(none_as_null=True)),
    Index("driftline_incidents_thread", "thread"),
    # Two windows recorded at once must not open two incidents of one cause.
    Index(
        "driftline_incidents_open",
        "monitor",
        "cause",
        unique=True,
        sqlite_where=text("resolved = ''"),
        postgresql_where=text("resolved = ''"),
    ),
)

outbox = Table(
    "driftline_outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("monitor", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("lane", Words, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("owner", Words, nullable=False),
    Column("claimed_until", Moment),
    Column("reason", Words, nullable=False),
    Column("receipt", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    UniqueConstraint("key", name="driftline_outbox_key"),
    Index("driftline_outbox_due", "monitor", "state", "due_at"),
    Index("driftline_outbox_lane", "lane", "state"),
)

leases = Table(
    "driftline_leases",
    metadata,
    Column("monitor", Words, primary_key=True),
    Column("window", Words, primary_key=True),
    Column("owner", Words, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

notes = Table(
    "driftline_notes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("monitor", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("key", Words, nullable=False),
    Column("body", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("monitor", "kind", "key", name="driftline_notes_key"),
)
