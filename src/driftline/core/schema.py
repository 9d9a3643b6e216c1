"""Whether the slice has the columns of the reference, with their types."""

import difflib
from collections.abc import Sequence
from typing import Any

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.profiles.plan import ColumnPlan
from driftline.core.profiles.profile import ColumnProfile

_FAMILIES = {
    "nested": ("list", "large_list", "fixed_size_list", "array", "struct", "map"),
    "number": ("int", "uint", "float", "double", "decimal", "half"),
    "text": ("str", "utf8", "large_str", "large_utf8", "cat", "enum", "dict", "object"),
    "bool": ("bool",),
    "time": ("date", "time", "duration"),
    "bytes": ("binary", "large_binary", "fixed_size_binary"),
}


def family(dtype: str) -> frozenset[str]:
    """What kinds of values a type name stands for; of mixed files, several.

    Empty for a column of nulls and for names that say nothing.

    >>> sorted(family("Int64|String"))
    ['number', 'text']
    """
    found = (_first_family(part) for part in dtype.lower().split("|"))
    return frozenset(name for name in found if name)


def _first_family(dtype: str) -> str:
    """The first one, for a struct begins like a str."""
    fitting = (n for n, starts in _FAMILIES.items() if dtype.startswith(starts))
    return next(fitting, "")


def judge_presence(name: str, role: str, extra: Sequence[str]) -> Finding:
    """The finding for a column that the slice lacks."""
    near = difflib.get_close_matches(name, extra, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]}, which is new?" if near else ""
    return _finding(
        name,
        "column_missing",
        Severity.CRITICAL,
        f"column {name} is missing from the slice{hint}",
        {"role": role, "near": near},
    )


def judge_type(
    name: str, role: str, column: ColumnProfile, plan: ColumnPlan
) -> list[Finding]:
    """A finding when the column's type is of another family than the reference's.

    Integers, floats and decimals are one family, so that a column which meets its first
    null and becomes a float is no change.
    """
    was, now = family(plan.dtype), family(column.dtype)
    if not was or now <= was:
        return []
    message = f"column {name} was {plan.dtype} in the reference and is {column.dtype}"
    evidence = {"role": role, "reference": plan.dtype, "current": column.dtype}
    return [_finding(name, "type_changed", Severity.CRITICAL, message, evidence)]


def judge_infinities(
    name: str, role: str, reference: ColumnProfile, current: ColumnProfile
) -> list[Finding]:
    """A finding when infinite values appear where the reference has none.

    From one row in a hundred on it is critical.
    """
    if reference.infinities or not current.infinities:
        return []
    share = current.infinities / current.rows
    return [
        Finding(
            Topic.DRIFT,
            name,
            "infinities",
            Outcome.BREACHED,
            Severity.CRITICAL if share >= 0.01 else Severity.WARNING,
            f"{current.infinities:,} of {current.rows:,} values of {name} are infinite; "
            "the reference has none",
            value=share,
            bounds=Bounds(upper=0.0, origin="the reference has none"),
            evidence={"role": role, "rows": current.infinities},
        )
    ]


def judge_extra(names: Sequence[str], *, all_matter: bool) -> list[Finding]:
    """One finding per column that the reference does not know.

    A warning where every column of the slice is a feature, a remark where the features
    are named.
    """
    severity = Severity.WARNING if all_matter else Severity.INFO
    return [
        _finding(
            name, "column_extra", severity, f"column {name} is not in the reference", {}
        )
        for name in names
    ]


def _finding(
    subject: str,
    statistic: str,
    severity: Severity,
    message: str,
    evidence: dict[str, Any],
) -> Finding:
    return Finding(
        Topic.SLICE,
        subject,
        statistic,
        Outcome.BREACHED,
        severity,
        message,
        evidence=evidence,
    )
