"""The first tables: windows, findings, profiles, incidents, outbox, leases, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Words = sa.Text
Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make every table."""
    _make_judgements()
    _make_incidents()
    _make_outbox()
    op.create_table(
        "driftline_leases",
        sa.Column("monitor", Words, primary_key=True),
        sa.Column("window", Words, primary_key=True),
        sa.Column("owner", Words, nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("expires_at", Moment, nullable=False),
    )
    op.create_table(
        "driftline_notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("monitor", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.UniqueConstraint("monitor", "kind", "key", name="driftline_notes_key"),
    )


def _make_judgements() -> None:
    op.create_table(
        "driftline_windows",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("monitor", Words, nullable=False),
        sa.Column("model_version", Words, nullable=False),
        sa.Column("starts", Moment, nullable=False),
        sa.Column("ends", Moment, nullable=False),
        sa.Column("zone", Words, nullable=False),
        sa.Column("every", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("policy", Words, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("verdict", Words, nullable=False),
        sa.Column("headline", Words, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
        sa.UniqueConstraint(
            "monitor",
            "starts",
            "ends",
            "model_version",
            "fingerprint",
            "policy",
            name="driftline_windows_key",
        ),
        sa.UniqueConstraint(
            "monitor", "starts", "ends", "revision", name="driftline_windows_revision"
        ),
    )
    window = sa.ForeignKey("driftline_windows.id")
    op.create_table(
        "driftline_findings",
        sa.Column("window_id", sa.Integer, window, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("topic", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("statistic", Words, nullable=False),
        sa.Column("segment", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("severity", Words, nullable=False),
        sa.Column("message", Words, nullable=False),
        sa.Column("value", sa.Float(53)),
        sa.Column("lower", sa.Float(53)),
        sa.Column("upper", sa.Float(53)),
        sa.Column("origin", Words, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
    )
    window = sa.ForeignKey("driftline_windows.id")
    op.create_table(
        "driftline_profiles",
        sa.Column("window_id", sa.Integer, window, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
    )


def _make_incidents() -> None:
    op.create_table(
        "driftline_incidents",
        sa.Column("key", Words, primary_key=True),
        sa.Column("monitor", Words, nullable=False),
        sa.Column("cause", Words, nullable=False),
        sa.Column("opened", Words, nullable=False),
        sa.Column("last_window", Words, nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("quiet_windows", sa.Integer, nullable=False),
        sa.Column("resolved", Words, nullable=False),
    )
    op.create_index(
        "driftline_incidents_open",
        "driftline_incidents",
        ["monitor", "cause"],
        unique=True,
        sqlite_where=sa.text("resolved = ''"),
        postgresql_where=sa.text("resolved = ''"),
    )


def _make_outbox() -> None:
    op.create_table(
        "driftline_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("monitor", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("key", Words, nullable=False),
        sa.Column("lane", Words, nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("owner", Words, nullable=False),
        sa.Column("claimed_until", Moment),
        sa.Column("reason", Words, nullable=False),
        sa.Column("receipt", Words, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("finished_at", Moment),
        sa.UniqueConstraint("key", name="driftline_outbox_key"),
    )
    columns = ["monitor", "state", "due_at"]
    op.create_index("driftline_outbox_due", "driftline_outbox", columns)
    op.create_index("driftline_outbox_lane", "driftline_outbox", ["lane", "state"])
