"""The names for notebooks: all there, typed, documented, and loaded only when used."""

import inspect
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import driftline
from driftline.errors import SettingsError

SOURCE = Path(driftline.__file__).parent


@pytest.mark.parametrize("name", driftline.__all__)
def test_public_names_are_documented_and_typed(name: str) -> None:
    """What is offered exists, says what it does, and has a type for every part."""
    value = getattr(driftline, name)
    assert inspect.getdoc(value)
    if inspect.isfunction(value):
        given = inspect.signature(value)
        assert given.return_annotation is not inspect.Signature.empty
        for parameter in given.parameters.values():
            assert parameter.annotation is not inspect.Parameter.empty


def test_the_list_is_sorted_and_complete() -> None:
    """`__all__`, `dir()` and the places that names come from agree."""
    assert list(driftline.__all__) == sorted(driftline._HOMES)
    assert set(driftline.__all__) <= set(dir(driftline))
    assert driftline.__version__
    assert (SOURCE / "py.typed").exists()


def test_an_unknown_name_is_an_attribute_error() -> None:
    """Laziness does not hide misspellings."""
    with pytest.raises(AttributeError, match="compair"):
        driftline.compair  # noqa: B018 -- reading it is the test


def test_importing_loads_nothing() -> None:
    """`import driftline` loads no library of data."""
    code = "import driftline, sys; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(ran.stdout.split())
    assert loaded.isdisjoint(
        {"polars", "pandas", "numpy", "mlflow", "prefect", "typer"}
    )


def test_a_file_is_profiled_without_what_a_monitor_needs(tmp_path: Path) -> None:
    """Neither the settings' library nor a Job is loaded to count one file's rows."""
    path = tmp_path / "day.parquet"
    pl.DataFrame({"amount": [1.0, 2.5, None]}).write_parquet(path)
    code = (
        "import sys; from pathlib import Path; from driftline import wiring\n"
        "rows = wiring.open_file(Path(sys.argv[1])); engine = wiring.local_engine()\n"
        "engine.profile(rows, engine.propose_plan(rows, ['amount']))\n"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env={"PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(ran.stdout.split())
    assert "driftline.core.profiles.profile" in loaded
    assert loaded.isdisjoint({"pydantic", "yaml", "driftline.app.job", "scipy"})


def test_frames_and_files_give_the_same_findings(tmp_path: Path) -> None:
    """Polars, pandas and Parquet are three ways to say the same rows."""
    before = pl.DataFrame({"amount": [float(n % 50) for n in range(1000)]})
    after = before.with_columns(pl.col("amount") + 20)
    path = tmp_path / "after.parquet"
    after.write_parquet(path)
    found = driftline.compare(before, after)
    assert any(finding.matters for finding in found)
    for other in (
        path,
        str(path),
        after.lazy(),
        pd.DataFrame(after.to_dict(as_series=False)),
    ):
        assert driftline.compare(before, other) == found


def test_another_month_is_later_and_has_not_moved(tmp_path: Path) -> None:
    """Time stamps are told by their gaps alone, and those of a CSV are times as well."""
    months = [
        pl.DataFrame(
            {
                "at": [
                    datetime(2026, month, 1) + timedelta(hours=n) for n in range(600)
                ],
                "amount": [float(n % 50) for n in range(600)],
            }
        )
        for month in (1, 2)
    ]
    months[0].write_parquet(tmp_path / "january.parquet")
    months[1].write_csv(tmp_path / "february.csv")
    paths = tmp_path / "january.parquet", tmp_path / "february.csv"
    found = driftline.compare(*paths)
    assert not [finding for finding in found if finding.matters]

    lost = months[1].with_columns(at=pl.when(pl.col("amount") > 5).then("at"))
    [gap] = [f for f in driftline.compare(paths[0], lost) if f.matters]
    assert (gap.subject, gap.statistic) == ("at", "null_rate")


def test_something_else_is_refused_by_name() -> None:
    """A list is neither a path nor a frame."""
    with pytest.raises(SettingsError, match="current is a list"):
        driftline.compare(pl.DataFrame({"a": [1]}), [1])  # type: ignore[arg-type]  # is refused
