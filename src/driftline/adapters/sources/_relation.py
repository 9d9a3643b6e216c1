"""A table or query as columns with types, and its rows as frames."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import sqlalchemy as sa

from driftline.adapters.sources import _times as times
from driftline.errors import SchemaMismatch

SAMPLE = 1000
"""Rows of a query from which types are read where the driver does not tell them."""


POSTGRES: dict[int, pl.DataType] = {
    16: pl.Boolean(),
    17: pl.Binary(),
    20: pl.Int64(),
    21: pl.Int64(),
    23: pl.Int64(),
    700: pl.Float64(),
    701: pl.Float64(),
    1082: pl.Date(),
    1083: pl.Time(),
    1114: pl.Datetime("us"),
    1184: pl.Datetime("us", "UTC"),
    1186: pl.Duration("us"),
    1700: pl.Float64(),
}
"""Types by the object identifiers of PostgreSQL's catalogue (pg_type.dat); else text."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how SQL names it, and how a frame holds it."""

    name: str
    sql: sa.ColumnElement[Any]
    dtype: pl.DataType


def table_columns(connection: sa.Connection, name: str) -> list[Column]:
    """The columns of a table, as the database declares them."""
    schema, _, table_name = name.rpartition(".")
    try:
        table = sa.Table(
            table_name, sa.MetaData(), schema=schema or None, autoload_with=connection
        )
    except sa.exc.NoSuchTableError as error:
        known = sa.inspect(connection).get_table_names(schema or None)
        near = difflib.get_close_matches(table_name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SchemaMismatch(f"no table {name!r} in the database{hint}") from error
    return [
        Column(column.name, _plain(connection, column), _declared(column.type))
        for column in table.columns
    ]


def query_columns(connection: sa.Connection, query: str) -> list[Column]:
    """The columns of a query; types from PostgreSQL's word, else from the first rows."""
    text = sa.text(query.strip().rstrip(";"))
    bare = text.columns().subquery("slice_rows")
    result = connection.execute(sa.select(sa.text("*")).select_from(bare).limit(SAMPLE))
    names, cursor = list(result.keys()), result.cursor
    codes: list[Any] = [column[1] for column in cursor.description] if cursor else []
    sample = result.all()
    if connection.dialect.name == "postgresql":
        types = [POSTGRES.get(code, pl.String()) for code in codes]
    else:
        types = [_observed([row[i] for row in sample]) for i in range(len(names))]
    rows = text.columns(*(sa.column(n) for n in names)).subquery("slice_rows")
    return [Column(n, rows.c[n], t) for n, t in zip(names, types, strict=True)]


class Relation:
    """What the source asks of its table or query. `naive`: stamps carry no zone."""

    def __init__(
        self,
        connection: sa.Connection,
        columns: Sequence[Column],
        stamp: str,
        origin: str,
    ) -> None:
        self._columns = {column.name: column for column in columns}
        self._origin = origin
        self._stamp = self._columns[stamp]
        self._as_text = connection.dialect.name == "sqlite"
        if self._as_text:
            self._stamp = self._probed(connection)
            self._columns[stamp] = self._stamp
        if not isinstance(self._stamp.dtype, pl.Datetime | pl.Date | pl.Null):
            raise times.not_a_time(stamp, self._stamp.dtype, origin)
        self.naive = times.is_naive(self._stamp.dtype)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Names and types of the frames."""
        text = pl.String()
        types = {c.name: c.dtype for c in self._columns.values()}
        return {n: text if t == pl.Null else t for n, t in types.items()}

    def select(self, names: Sequence[str]) -> sa.Select[Any]:
        """These columns; a count of rows alone still needs one."""
        return sa.select(*(self._columns[n].sql for n in names or [self._stamp.name]))

    def summary(self, changed: str | None) -> sa.Select[Any]:
        """Row count, first and last time stamp, and the latest change."""
        stamp = self._stamp.sql
        wanted: list[Any] = [
            sa.func.count(stamp),
            sa.func.min(stamp),
            sa.func.max(stamp),
        ]
        if changed:
            wanted.append(sa.func.max(self._columns[changed].sql))
        return sa.select(*wanted)

    def between(self, start: datetime, end: datetime) -> sa.ColumnElement[bool]:
        """Whether the time stamp lies in `[start, end)`."""
        stamp = self._stamp.sql
        if not self._as_text:
            if isinstance(self._stamp.dtype, pl.Date):
                stamp = sa.cast(stamp, sa.DateTime())
            return sa.and_(stamp >= start, stamp < end)
        moment = sa.func.strftime("%Y-%m-%d %H:%M:%f", stamp)
        low, high = (
            m.replace(tzinfo=None).isoformat(" ", "milliseconds") for m in (start, end)
        )
        return sa.and_(moment >= low, moment < high)

    def moment(self, value: Any) -> datetime:
        """A time stamp as the database gave it."""
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value
        return datetime.combine(value, time())

    def frame(self, names: Sequence[str], rows: Sequence[Any]) -> pl.DataFrame:
        """Rows as a frame; `SchemaMismatch` names a column whose values do not fit."""
        columns = [
            self._series(name, [row[i] for row in rows]) for i, name in enumerate(names)
        ]
        return pl.DataFrame(columns, height=len(rows))

    def _series(self, name: str, values: list[Any]) -> pl.Series:
        dtype = self.schema[name]
        convert = _conversion(dtype)
        try:
            if convert is not None:
                values = [None if v is None else convert(v) for v in values]
            return pl.Series(name, values, dtype=dtype, strict=True)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            raise SchemaMismatch(
                f"column {name!r} of {self._origin} holds values that are not {dtype}; "
                "CAST it in a query"
            ) from None

    def _probed(self, connection: sa.Connection) -> Column:
        """SQLite's stamps are text: the first one says whether they carry an offset."""
        name, sql = self._stamp.name, self._stamp.sql
        first = connection.execute(
            sa.select(sql).where(sql.is_not(None)).limit(1)
        ).scalar_one_or_none()
        if first is None:
            return Column(name, sql, pl.Datetime("us"))
        try:
            moment = datetime.fromisoformat(first)
        except (TypeError, ValueError):
            kind = "text that is not a date" if isinstance(first, str) else "a number"
            raise times.not_a_time(name, kind, self._origin) from None
        return Column(name, sql, pl.Datetime("us", "UTC" if moment.tzinfo else None))


def _plain(connection: sa.Connection, column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """SQLite's dates come as the text they are; others as the driver reads them."""
    stored_as_text = isinstance(column.type, sa.DateTime | sa.Date | sa.Time)
    if connection.dialect.name == "sqlite" and stored_as_text:
        return sa.type_coerce(column, sa.String()).label(column.name)
    return column


def _declared(kind: sa.types.TypeEngine[Any]) -> pl.DataType:
    if isinstance(kind, sa.DateTime):
        return pl.Datetime("us", "UTC" if kind.timezone else None)
    families: list[tuple[type[Any], pl.DataType]] = [
        (sa.Boolean, pl.Boolean()),
        (sa.Integer, pl.Int64()),
        (sa.Numeric, pl.Float64()),
        (sa.Date, pl.Date()),
        (sa.Time, pl.Time()),
        (sa.Interval, pl.Duration("us")),
        (sa.LargeBinary, pl.Binary()),
    ]
    return next((t for family, t in families if isinstance(kind, family)), pl.String())


def _observed(values: list[Any]) -> pl.DataType:
    """What the values of a sample are; text when they differ or there are none."""
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {int, float, Decimal} and kinds:
        return pl.Int64() if kinds == {int} else pl.Float64()
    if kinds == {datetime}:
        zoned = any(v.tzinfo for v in values if v is not None)
        return pl.Datetime("us", "UTC" if zoned else None)
    simple: dict[type[Any], pl.DataType] = {
        bool: pl.Boolean(),
        date: pl.Date(),
        time: pl.Time(),
        timedelta: pl.Duration("us"),
        bytes: pl.Binary(),
    }
    return simple.get(kinds.pop(), pl.String()) if len(kinds) == 1 else pl.String()


def _conversion(dtype: pl.DataType) -> Callable[[Any], Any] | None:
    """What makes a driver's value fit, or None where nothing is needed."""
    if isinstance(dtype, pl.Datetime):
        return _in_utc if dtype.time_zone else _without_zone
    if isinstance(dtype, pl.Date):
        return lambda v: date.fromisoformat(v) if isinstance(v, str) else v
    if isinstance(dtype, pl.Time):
        return lambda v: time.fromisoformat(v) if isinstance(v, str) else v
    if isinstance(dtype, pl.Float64):
        return _number
    return str if isinstance(dtype, pl.String) else None


def _number(value: Any) -> float:
    if isinstance(value, str | bytes):
        raise TypeError("text is not a number")
    return float(value)


def _in_utc(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is None:
        raise ValueError("a time stamp without its offset among others with one")
    return moment.astimezone(UTC)


def _without_zone(value: Any) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is not None:
        raise ValueError("a time stamp with an offset among others without one")
    return datetime.combine(moment, time()) if type(moment) is date else moment
