"""Incidents know what people were told of them, and in which thread."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Incidents that were there before keep threads of their own.

    Of one that is open people were told whatever it was about, so that the change does
    not tell them again.
    """
    table = "driftline_incidents"
    for name in ("source", "thread"):
        op.add_column(
            table, sa.Column(name, sa.Text, nullable=False, server_default="")
        )
    for name in ("told", "card"):
        op.add_column(table, sa.Column(name, sa.JSON))
    op.create_index("driftline_incidents_thread", table, ["thread"])
    _mark_as_told()


def _mark_as_told() -> None:
    incidents = sa.table(
        "driftline_incidents",
        sa.column("key", sa.Text),
        sa.column("last_window", sa.Text),
        sa.column("subjects", sa.JSON),
        sa.column("resolved", sa.Text),
        sa.column("told", sa.JSON),
    )
    connection = op.get_bind()
    for row in connection.execute(
        sa.select(incidents).where(incidents.c.resolved == "")
    ).all():
        told = {"at": row.last_window, "subjects": row.subjects}
        this = sa.update(incidents).where(incidents.c.key == row.key)
        connection.execute(this.values(told=told))
