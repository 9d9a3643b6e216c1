"""One schema for files that were written at different times."""

import polars as pl

from driftline.errors import SchemaMismatch


def widened(parts: list[tuple[str, dict[str, pl.DataType]]]) -> dict[str, pl.DataType]:
    """One type per column; `SchemaMismatch` names two files that cannot agree."""
    schema: dict[str, pl.DataType] = {}
    seen: dict[str, str] = {}
    for file, columns in parts:
        for name, dtype in columns.items():
            both = _wider(schema.get(name, pl.Null()), dtype)
            if both is None:
                raise SchemaMismatch(
                    f"column {name!r} is {schema[name]} in {seen[name]} and {dtype} in "
                    f"{file}; write one type"
                )
            if both != schema.get(name):
                seen[name] = file
            schema[name] = both
    text = pl.String()
    return {n: text if t == pl.Null else t for n, t in schema.items()}


def _wider(left: pl.DataType, right: pl.DataType) -> pl.DataType | None:
    """The type that holds both, or None when they are of different families."""
    if right in (left, pl.Null):
        return left
    if left == pl.Null:
        return right
    text = (pl.String, pl.Categorical, pl.Enum)
    if isinstance(left, text) and isinstance(right, text):
        return pl.String()
    zones = (getattr(left, "time_zone", None), getattr(right, "time_zone", None))
    both_numbers = left.is_numeric() and right.is_numeric()
    both_times = isinstance(left, pl.Date | pl.Datetime) and isinstance(
        right, pl.Date | pl.Datetime
    )
    if not both_numbers and not (both_times and zones[0] == zones[1]):
        return None
    return _supertype(left, right)


def _supertype(left: pl.DataType, right: pl.DataType) -> pl.DataType:
    columns = [pl.DataFrame({"x": pl.Series([], dtype=t)}) for t in (left, right)]
    return pl.concat(columns, how="vertical_relaxed").schema["x"]
