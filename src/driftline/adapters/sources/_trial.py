"""A file decoded in a process of its own, whose memory is limited: it may be a bomb.

For pages of differences (`DELTA_…`), whose size is known to nobody before they are decoded.
`python -m driftline.adapters.sources._trial FILE BYTES [COLUMN]` is that process.
"""

import os
import subprocess
import sys
from pathlib import Path

from driftline.errors import SliceTooLarge

OVERHEAD_BYTES = 1 << 30
"""Address space that Polars takes for a file of any size."""

LONGEST_S = 600
BROKEN = 3
"""The exit code where the bytes make no sense: whoever reads the file next says so."""


def check_decoding(
    path: Path, name: str, group_bytes: int, column: str | None = None
) -> None:
    """The file, or a column of it, is decoded in about twice a row group's memory.

    Raises `SliceTooLarge` where it takes more, or over ten minutes.
    """
    words = [
        str(path),
        str(2 * group_bytes + OVERHEAD_BYTES),
        *([column] if column else []),
    ]
    try:
        done = subprocess.run(  # noqa: S603 -- this Python, and our own module
            [sys.executable, "-P", "-m", __name__, *words],
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_large(name, f"takes over {LONGEST_S} s to decode") from error
    if done.returncode not in (0, BROKEN):
        raise _too_large(name, f"takes more than {2 * group_bytes:,} bytes to decode")


def _too_large(name: str, what: str) -> SliceTooLarge:
    return SliceTooLarge(
        f"{name} {what}: its pages hold differences that unpack to far more than they say; "
        "set `limits: {group_bytes: …}` if it is right, or write it without DELTA encodings"
    )


def main(path: str, most_bytes: str, column: str = "") -> int:
    """0 where all was decoded; a process that wants more memory is ended by the system."""
    import polars as pl

    _limit(int(most_bytes))
    rows = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    chosen = rows.select(pl.col(column)) if column else rows
    try:
        for _ in chosen.collect_batches():
            pass
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return BROKEN
    return 0


def _limit(more_bytes: int) -> None:
    """From now on this process gets so much address space beyond what it has."""
    import resource

    import psutil

    most = psutil.Process().memory_info().vms + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
