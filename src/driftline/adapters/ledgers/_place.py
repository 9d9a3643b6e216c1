"""Where a ledger is."""

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import URL
from sqlalchemy.exc import ArgumentError

from driftline.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger is; `file` is None for PostgreSQL."""

    url: URL
    file: Path | None

    def __str__(self) -> str:
        if self.file is not None:
            return f"the ledger {str(self.file)!r}"
        host = self.url.host or self.url.query.get("host", "localhost")
        return f"the ledger in PostgreSQL {self.url.database!r} at {host}"


def place_of(url: str, root: str) -> Place:
    """The place that a URL names, or `SettingsError`; a file is relative to `root`."""
    try:
        parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError):  # a port that is no number
        raise SettingsError(
            "the ledger's url is not a database URL; write sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/DATABASE"
        ) from None  # the vendor's message may hold the password
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return Place(parsed.set(drivername="postgresql+psycopg"), None)
    if backend != "sqlite":
        raise SettingsError(
            f"the ledger does not know {backend!r}; write sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST/DATABASE"
        )
    name = parsed.database or ""
    if name in ("", ":memory:") or name.startswith("file:"):
        raise SettingsError(
            f"{name!r} is not a plain file; the ledger must outlive the process. "
            "Write sqlite:///FILE."
        )
    file = Path(root) / name
    return Place(URL.create("sqlite", database=str(file)), file)
