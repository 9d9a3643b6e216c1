"""The ledger in SQLite (one file, the default) or PostgreSQL (for teams)."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.ports import Context, Ledger


class Settings(BaseModel):
    """Where the history is kept."""

    model_config = ConfigDict(extra="forbid")

    url: SecretStr = Field(
        default=SecretStr("sqlite:///.driftline/ledger.db"),
        description=(
            "sqlite:///FILE (relative to the monitor's root) or "
            "postgresql://USER:PASSWORD@HOST/DATABASE."
        ),
    )
    lease_s: float = Field(
        default=900.0,
        gt=0,
        description="After so many seconds another worker may take over a window.",
    )
    deadline_s: float = Field(
        default=60.0,
        gt=0,
        description="Seconds after which one operation on PostgreSQL is given up, though "
        "the server says nothing. Another one's lock is waited for up to 30 s of them.",
    )


def build(settings: Settings, context: Context) -> Ledger:
    """A ledger that opens, creates or migrates its database when it is first used."""
    from datetime import timedelta

    from driftline.adapters.ledgers._database import Database
    from driftline.adapters.ledgers._ledger import SqlLedger
    from driftline.adapters.ledgers._place import place_of

    place = place_of(settings.url.get_secret_value(), context.root)
    database = Database(place, settings.deadline_s)
    return SqlLedger(database, timedelta(seconds=settings.lease_s))
