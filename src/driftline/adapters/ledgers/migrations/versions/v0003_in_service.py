"""What was in service when the registry last answered, for days on which it does not."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing is known of any monitor until its next window is judged."""
    op.create_table(
        "driftline_in_service",
        sa.Column("monitor", sa.Text, primary_key=True),
        sa.Column("model", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("checksum", sa.Text, nullable=False),
        sa.Column("reference", sa.LargeBinary, nullable=False),
    )
