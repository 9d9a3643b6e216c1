"""Slices from a table or a query of any database that SQLAlchemy speaks to.

Rows are fetched in batches through a server-side cursor while an engine runs, and only
the columns that it asks for. The manifest is the window's row count, its first and last
time stamp and, where the setting `changed` names a column, the latest change; without
it a row corrected in place goes unnoticed.

SQLite keeps time stamps as text: with an offset they are read as UTC, and without one
on the clock of `timestamp_zone`; a column should not mix both.
"""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.io.plugins import register_io_source
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from driftline.adapters.sources import _times as times
from driftline.adapters.sources._limits import check_window
from driftline.adapters.sources._window_limits import WindowLimits
from driftline.core.slice import Slice
from driftline.core.window import Window, zone_named
from driftline.errors import SchemaMismatch, SettingsError, SliceUnavailable
from driftline.ports import Context, SliceSource

if TYPE_CHECKING:
    import sqlalchemy as sa

    from driftline.adapters.sources._relation import Relation


PATIENCE = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""How soon libpq gives a server up that cannot be reached any more; a URL may say more."""


class Settings(BaseModel):
    """Which rows of which database."""

    model_config = ConfigDict(extra="forbid")

    url: SecretStr = Field(description="SQLAlchemy URL; use env:NAME for passwords")
    table: str | None = Field(None, description="table or view, or schema.table")
    query: str | None = Field(None, description="SELECT statement instead of a table")
    timestamp: str | None = Field(
        None, description="time stamp column; the monitor's when not set"
    )
    timestamp_zone: str | None = Field(
        None, description="zone of stamps without one; the monitor's when not set"
    )
    changed: str | None = Field(
        None, description="column that grows whenever a row is written"
    )
    batch_rows: int = Field(50_000, ge=1, description="rows fetched at a time")
    timeout_s: int = Field(10, ge=1, le=120, description="wait for a connection")
    limits: WindowLimits = Field(
        default_factory=WindowLimits,
        description="the most that one window may hold: columns (10,000), rows (2e9), "
        "bytes (64 GiB, in memory as they are fetched)",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> "Settings":
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


def build(settings: Settings, context: Context) -> SliceSource:
    """The source of the monitor's table or query."""
    return SqlSource(settings, context)


class SqlSource(SliceSource):
    """Reads through one connection per pass; nothing is kept open between passes."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._stamp = settings.timestamp or context.roles.timestamp
        self._zone = settings.timestamp_zone or context.zone
        zone_named(self._zone)
        self._root = context.root
        self._origin = settings.table or "query"
        self._known_engine: Any = None

    def read(self, window: Window) -> Slice:
        """The window's rows, fetched when an engine asks for them."""
        with self._connection() as connection:
            relation = self._relation(connection)
            limits = times.bounds(window, self._zone, relation.naive)
            condition = relation.between(*limits)
            wanted = relation.summary(self._settings.changed).where(condition)
            counted = connection.execute(wanted).one()
        held = tuple(str(value) for value in counted)
        self._check(relation, counted[0])
        data = register_io_source(
            self._batches(relation, condition), schema=relation.schema, is_pure=True
        )
        names = {name: str(dtype) for name, dtype in relation.schema.items()}
        digest = blake2b(repr((held, sorted(names.items()))).encode(), digest_size=16)
        manifest = digest.hexdigest()
        return Slice(window, data, names, manifest, self._origin, self._zone)

    def extent(self) -> tuple[datetime, datetime] | None:
        """One query for the least and the greatest time stamp."""
        with self._connection() as connection:
            relation = self._relation(connection)
            _, first, last = connection.execute(relation.summary(None)).one()
        if first is None:
            return None
        begin, end = relation.moment(first), relation.moment(last)
        return times.aware(begin, self._zone), times.aware(end, self._zone)

    def _relation(self, connection: "sa.Connection") -> "Relation":
        from driftline.adapters.sources import _relation as relations

        table, query = self._settings.table, self._settings.query
        columns = (
            relations.table_columns(connection, table)
            if table
            else relations.query_columns(connection, str(query))
        )
        names = [column.name for column in columns]
        times.require_column(names, self._stamp, self._origin)
        if self._settings.changed:
            self._require(names, self._settings.changed)
        return relations.Relation(connection, columns, self._stamp, self._origin)

    def _check(self, relation: "Relation", rows: int) -> None:
        """Known before a row is fetched."""
        limits = self._settings.limits
        check_window(self._origin, "columns", len(relation.schema), limits)
        check_window(self._origin, "rows", rows, limits)

    def _require(self, names: Sequence[str], wanted: str) -> None:
        if wanted not in names:
            near = difflib.get_close_matches(wanted, names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise SchemaMismatch(f"{self._origin} has no column {wanted!r}{hint}")

    def _batches(self, relation: "Relation", condition: Any) -> Any:
        """What Polars calls for every pass, with the columns that it needs."""

        def fetch(
            columns: list[str] | None,
            predicate: pl.Expr | None,
            n_rows: int | None,
            _batch: int | None,
        ) -> Iterator[pl.DataFrame]:
            names = list(relation.schema) if columns is None else columns
            query = relation.select(names).where(condition).limit(n_rows)
            size, fetched = self._settings.batch_rows, 0
            with self._connection() as connection:
                streaming = connection.execution_options(
                    stream_results=True, max_row_buffer=size
                )
                for rows in streaming.execute(query).partitions(size):
                    frame = relation.frame(names, rows)
                    fetched += int(frame.estimated_size())
                    limits = self._settings.limits
                    check_window(self._origin, "bytes", fetched, limits)
                    yield frame if predicate is None else frame.filter(predicate)

        return fetch

    @contextmanager
    def _connection(self) -> Iterator["sa.Connection"]:
        """A connection whose failures are ours, without password and without rows."""
        import sqlalchemy as sa

        try:
            with self._engine().connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise self._failure(error) from None
        except sa.exc.NoSuchModuleError as error:
            raise SettingsError(f"unknown kind of database in {self._shown}") from error

    def _failure(self, error: "sa.exc.DBAPIError") -> Exception:
        text = str(error.orig).lower()
        code = str(getattr(error.orig, "sqlstate", "") or "")
        if code.startswith("42") or "no such" in text or "syntax error" in text:
            return SchemaMismatch(
                f"{self._origin} of {self._shown} cannot be read as asked "
                f"({type(error.orig).__name__}); check table, column and query"
            )
        refused = code.startswith("28") or "authentication failed" in text
        refused = refused or ("database" in text and "does not exist" in text)
        reason = "the log-in was refused" if refused else "the database did not answer"
        return SliceUnavailable(
            f"{self._origin}: {reason} at {self._shown} ({type(error.orig).__name__})",
            retryable=not refused,
            place="" if refused else self._server,
        )

    def _engine(self) -> "sa.Engine":
        if self._known_engine is None:
            import sqlalchemy as sa

            url = self._url()
            arguments: dict[str, Any] = {}
            if url.drivername.startswith("sqlite"):
                arguments = {"check_same_thread": False}
            elif url.drivername.startswith("postgresql"):
                patience = {"connect_timeout": self._settings.timeout_s, **PATIENCE}
                arguments = {n: url.query.get(n, s) for n, s in patience.items()}
            self._known_engine = sa.create_engine(
                url,
                poolclass=sa.pool.NullPool,
                connect_args=arguments,
                hide_parameters=True,
            )
        return self._known_engine  # type: ignore[no-any-return]  # imported late

    @property
    def _shown(self) -> str:
        """The address without its password."""
        return self._url().render_as_string(hide_password=True)

    @property
    def _server(self) -> str:
        """The server's address, for all its databases; empty for a file or a socket."""
        url = self._url()
        port = f":{url.port}" if url.port else ""
        return f"{url.get_backend_name()}://{url.host}{port}" if url.host else ""

    def _url(self) -> "sa.URL":
        """With psycopg for PostgreSQL, and a SQLite file that is there already."""
        import sqlalchemy as sa

        try:
            url = sa.make_url(self._settings.url.get_secret_value())
        except (sa.exc.ArgumentError, ValueError):  # a port that is no number
            raise SettingsError(
                "url is not a database address; write for example "
                "postgresql://user@host/database or sqlite:///rows.db"
            ) from None
        if url.drivername in ("postgresql", "postgres"):
            return url.set(drivername="postgresql+psycopg")
        if url.drivername.startswith("sqlite") and url.database:
            path = Path(self._root, url.database)
            if not path.is_file():
                raise SliceUnavailable(
                    f"no SQLite database at {url.database}", retryable=False
                )
            return url.set(database=str(path))
        return url
