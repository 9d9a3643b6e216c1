"""One verdict a day for every model in production, with reasons.

What a notebook needs, loaded when it is first used, so that `import driftline` is fast:

>>> import polars as pl
>>> import driftline
>>> before = pl.DataFrame({"amount": [float(n % 50) for n in range(1000)]})
>>> after = before.with_columns(pl.col("amount") + 20)
>>> findings = driftline.compare(before, after)
>>> sorted({finding.subject for finding in findings if finding.matters})
['amount']
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from driftline.app.monitor_day import DayReport
    from driftline.core.finding import Finding
    from driftline.core.verdict import Verdict
    from driftline.errors import DriftlineError
    from driftline.notebook import compare, history, judge
    from driftline.ports import LedgerEntry

# OpenBLAS's threads, which NumPy starts, else burn up to 0.1 s of a core waiting for
# work after their start and after every use; here they sleep at once.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")

# Of Parquet, Polars reads up to eight row groups ahead of what it decodes: on an idle
# machine that was some 100 MB more than this, and no faster.
os.environ.setdefault("POLARS_ROW_GROUP_PREFETCH_KBYTES_BUDGET", str(64 * 1024))

__all__ = [
    "DayReport",
    "DriftlineError",
    "Finding",
    "LedgerEntry",
    "Verdict",
    "compare",
    "history",
    "judge",
]

_HOMES = {
    "DayReport": "driftline.app.monitor_day",
    "DriftlineError": "driftline.errors",
    "Finding": "driftline.core.finding",
    "LedgerEntry": "driftline.ports",
    "Verdict": "driftline.core.verdict",
    "compare": "driftline.notebook",
    "history": "driftline.notebook",
    "judge": "driftline.notebook",
}


def __getattr__(name: str) -> Any:
    """A public name, imported from its home on first use."""
    if name == "__version__":
        from importlib.metadata import version

        return version("driftline")
    if name not in _HOMES:
        raise AttributeError(f"module 'driftline' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return [*__all__, "__version__"]
