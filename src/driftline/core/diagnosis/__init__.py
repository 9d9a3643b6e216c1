"""Undo-transforms: what was done to the data, found by undoing it. One per file.

A file holds one function of its own name, marked with `@undo`, from a column of a day (or
the whole day) to a `Diagnosis`, or None where undoing explains nothing. Its name is the
cause that people read. An undo explains a change when it brings the day back inside what
the reference's own days do *and* leaves a trace that a changed world does not: values off
the reference's grid that are on it afterwards, one exact value, rows that stand twice,
hours that are missing, a relation to other columns that is restored.
"""

from driftline.core.diagnosis._day import Day
from driftline.core.diagnosis._judge import diagnose
from driftline.core.diagnosis._numbers import Numbers
from driftline.core.diagnosis._undo import (
    Diagnosis,
    Facts,
    Subject,
    Undo,
    all_names,
    named,
    undo,
)

__all__ = [
    "Day",
    "Diagnosis",
    "Facts",
    "Numbers",
    "Subject",
    "Undo",
    "all_names",
    "diagnose",
    "named",
    "undo",
]
