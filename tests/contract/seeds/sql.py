"""Rows as a table of a SQLite file."""

from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa


def seed(rows: pl.DataFrame, folder: Path) -> dict[str, Any]:
    """Settings of a source that holds these rows."""
    write(rows, f"sqlite:///{folder / 'rows.db'}")
    return {"url": "sqlite:///rows.db", "table": "rows"}


def write(rows: pl.DataFrame, url: str) -> None:
    """A table `rows` in any database, with the stamps' kind kept."""
    zoned = getattr(rows.schema["at"], "time_zone", None) is not None
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    stamp = sa.DateTime(timezone=zoned)
    if zoned and url.startswith("sqlite"):
        stamp = sa.String()
        rows = rows.with_columns(rows["at"].dt.to_string("iso:strict"))
    table = sa.Table(
        "rows",
        sa.MetaData(),
        sa.Column("at", stamp),
        sa.Column("n", sa.Integer),
        sa.Column("city", sa.String),
    )
    with engine.begin() as connection:
        table.drop(connection, checkfirst=True)
        table.create(connection)
        if rows.height:
            connection.execute(sa.insert(table), rows.to_dicts())
    engine.dispose()
