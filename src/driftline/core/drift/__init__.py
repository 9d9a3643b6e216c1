"""Drift statistics, one per file; the file's name is the name in a monitor file.

A file holds one function of its own name, marked with `@statistic`, from a reference
column, a current column and their plan to a number.
"""

from driftline.core.drift._statistic import (
    EVERY_KIND,
    About,
    Facts,
    Noise,
    Statistic,
    all_names,
    hard_share,
    named,
    statistic,
)

__all__ = [
    "EVERY_KIND",
    "About",
    "Facts",
    "Noise",
    "Statistic",
    "all_names",
    "hard_share",
    "named",
    "statistic",
]
