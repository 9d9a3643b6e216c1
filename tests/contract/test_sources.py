"""Every registered source reads the same rows in the same half-open windows.

A new source needs `tests/contract/seeds/<name>.py` with a function `seed(rows, folder)`
that stores a table (`at`, `n`, `city`) and returns the source's settings.
"""

import importlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from driftline.core.registry import load
from driftline.core.roles import Roles, Task
from driftline.core.slice import Slice
from driftline.core.window import Every, Window, day_window, window_at
from driftline.errors import SchemaMismatch
from driftline.ports import Context, SliceSource
from tests.contract.engines import each_of

PACKAGE = "driftline.adapters.sources"
ZONE = "America/New_York"
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def source_named(
    name: str, rows: pl.DataFrame, folder: Path, stamp: str = "at"
) -> SliceSource:
    options = importlib.import_module(f"tests.contract.seeds.{name}").seed(rows, folder)
    module = load(PACKAGE, name)
    context = Context("m", str(folder), ZONE, Roles(Task.BINARY, stamp, "p"))
    return module.build(module.Settings(**options), context)


def table(stamps: list[datetime]) -> pl.DataFrame:
    cities = ["Oslo" if i % 2 else 'a"b🙂' for i in range(len(stamps))]
    zone = "UTC" if stamps and stamps[0].tzinfo else None
    return pl.DataFrame(
        {"at": stamps, "n": range(len(stamps)), "city": cities},
        schema={"at": pl.Datetime("us", zone), "n": pl.Int64, "city": pl.String},
    )


def read(source: SliceSource, window: Window) -> list[int]:
    frame = frame_of(source.read(window)).collect(engine="streaming")
    return sorted(frame["n"].to_list())


def frame_of(rows: Slice) -> pl.LazyFrame:
    """The rows of any engine's slice as a Polars frame."""
    if isinstance(rows.data, pl.LazyFrame):
        return rows.data
    if isinstance(rows.data, list):
        return pl.concat(rows.data)
    return pl.DataFrame(pl.from_arrow(rows.data.toArrow())).lazy()


def half_hours(start: datetime, count: int) -> list[datetime]:
    return [start + timedelta(minutes=30 * i) for i in range(count)]


SOURCES = each_of(PACKAGE)


@pytest.fixture(params=SOURCES)
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "spark":
        request.getfixturevalue("spark_session")
    return request.param


@pytest.mark.parametrize("aware", [True, False])
def test_the_first_instant_is_in_and_the_last_is_out(name, aware, tmp_path) -> None:
    """Windows are half-open, to the millisecond, for naive and for aware stamps."""
    window = day_window(date(2026, 1, 5), ZONE)
    tick = timedelta(milliseconds=1)
    stamps = [window.start - tick, window.start, window.end - tick, window.end]
    if not aware:
        stamps = [s.astimezone(window.local_start.tzinfo) for s in stamps]
        stamps = [s.replace(tzinfo=None) for s in stamps]
    source = source_named(name, table(stamps), tmp_path)
    assert read(source, window) == [1, 2]
    assert read(source, window.previous) == [0]
    assert read(source, window.following) == [3]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_days_on_which_the_clocks_change_have_their_hours(
    name, day, hours, tmp_path
) -> None:
    """Aware stamps: 23 and 25 hours, and the days around lose or gain nothing."""
    window = day_window(day, ZONE)
    stamps = half_hours(window.previous.start, 200)
    source = source_named(name, table(stamps), tmp_path)
    assert len(read(source, window)) == 2 * hours
    assert len(read(source, window.previous)) == 48
    assert len(read(source, window.following)) == 48


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("every", [Every.HOUR, Every.DAY])
def test_naive_rows_are_counted_once_when_the_clocks_change(
    name, day, every, tmp_path
) -> None:
    """Every naive stamp, also one that the clock skips, is in exactly one window."""
    midnight = datetime.combine(day, datetime.min.time())
    stamps = half_hours(midnight - timedelta(days=1), 144)
    source = source_named(name, table(stamps), tmp_path)
    first = day_window(day, ZONE).previous
    last = day_window(day, ZONE).following
    if every is Every.DAY:
        assert len(read(source, day_window(day, ZONE))) == 48
    found, current = [], window_at(first.start, every, ZONE)
    while current.start < last.end:
        if every is Every.DAY or abs(current.start.hour - 6) < 2:
            found += read(source, current)
        current = current.following
    assert len(found) == len(set(found))
    if every is Every.DAY:
        assert sorted(found) == list(range(144))


def test_a_window_without_rows_is_a_slice_without_rows(name, tmp_path) -> None:
    """No row is no error, and the columns are known all the same."""
    stamps = half_hours(datetime(2026, 1, 5, tzinfo=UTC), 10)
    empty = source_named(name, table(stamps), tmp_path).read(
        day_window(date(2027, 1, 1), ZONE)
    )
    frame = frame_of(empty).collect(engine="streaming")
    assert frame.height == 0
    assert {"at", "n", "city"} <= set(frame.columns)
    assert set(empty.schema) == set(frame.columns)


def test_reading_twice_gives_the_same_manifest_and_rows(name, tmp_path) -> None:
    """The same bytes, also seen by a second source, are the same slice."""
    stamps = half_hours(datetime(2026, 1, 5, 5, tzinfo=UTC), 48)
    window = day_window(date(2026, 1, 5), ZONE)
    first = source_named(name, table(stamps), tmp_path)
    one, two = first.read(window), first.read(window)
    assert one.manifest == two.manifest
    assert one.schema == two.schema
    left, right = (
        frame_of(s).collect(engine="streaming").sort("n") for s in (one, two)
    )
    assert left.equals(right)
    assert left["city"].to_list()[:2] == ['a"b🙂', "Oslo"]
    assert left.schema["at"] == pl.Datetime("us", "UTC")


def test_more_rows_are_another_manifest(name, tmp_path) -> None:
    """A row that arrived shows in the manifest."""
    stamps = half_hours(datetime(2026, 1, 5, 5, tzinfo=UTC), 4)
    window = day_window(date(2026, 1, 5), ZONE)
    (tmp_path / "less").mkdir()
    (tmp_path / "more").mkdir()
    less = source_named(name, table(stamps[:2]), tmp_path / "less").read(window)
    more = source_named(name, table(stamps), tmp_path / "more").read(window)
    assert less.manifest != more.manifest


def test_only_the_columns_asked_for_are_collected(name, tmp_path) -> None:
    """Counting rows and picking one column work without the others."""
    stamps = half_hours(datetime(2026, 1, 5, 5, tzinfo=UTC), 48)
    rows = source_named(name, table(stamps), tmp_path).read(
        day_window(date(2026, 1, 5), ZONE)
    )
    assert frame_of(rows).select(pl.len()).collect(engine="streaming").item() == 48
    kept = frame_of(rows).filter(pl.col("city") == "Oslo").select("n")
    first = kept.sort("n").head(3)
    assert first.collect(engine="streaming")["n"].to_list() == [1, 3, 5]


def test_the_extent_is_the_first_and_last_stamp(name, tmp_path) -> None:
    """Both are aware; naive stamps are read on the monitor's clock."""
    stamps = [datetime(2026, 1, 5, 1), datetime(2026, 7, 5, 1)]
    first, last = source_named(name, table(stamps), tmp_path).extent()
    assert first == datetime(2026, 1, 5, 6, tzinfo=UTC)
    assert last == datetime(2026, 7, 5, 5, tzinfo=UTC)


def test_without_rows_there_is_no_extent(name, tmp_path) -> None:
    """A source whose files or tables are empty says None."""
    assert source_named(name, table([]), tmp_path).extent() is None


def test_a_missing_time_stamp_column_offers_the_nearest(name, tmp_path) -> None:
    """The message names the column that was wanted and the near miss."""
    source = source_named(name, table([]), tmp_path, stamp="att")
    with pytest.raises(SchemaMismatch, match="column 'att'; did you mean 'at'"):
        source.read(day_window(date(2026, 1, 5), ZONE))


@pytest.mark.parametrize("column", ["n", "city"])
def test_a_column_that_is_not_a_time_is_refused(name, column, tmp_path) -> None:
    """Numbers and other text are never taken for time stamps."""
    rows = table(half_hours(datetime(2026, 1, 5, tzinfo=UTC), 3))
    source = source_named(name, rows, tmp_path, stamp=column)
    with pytest.raises(SchemaMismatch, match=f"column '{column}' .* not a time"):
        source.read(day_window(date(2026, 1, 5), ZONE))
