"""A plan read off a sample that one machine holds, with categories from all rows."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from driftline.adapters.engines.local import LocalEngine
from driftline.core.profiles.plan import Kind, Plan
from driftline.core.slice import Slice


def sampled_plan(
    local: LocalEngine,
    sample: Slice,
    columns: Sequence[str],
    categories: Callable[[str], tuple[str, ...]],
    *,
    complete: bool,
) -> Plan:
    """Edges and identifiers as the local engine reads them off the sample.

    `categories` lists a column's values over all rows; it is not asked where the sample
    is `complete`.
    """
    plan = local.propose_plan(sample, columns)
    if complete:
        return plan
    counted = {
        name: replace(column, categories=categories(name))
        for name, column in plan.columns.items()
        if column.kind is Kind.CATEGORICAL
    }
    return Plan(plan.columns | counted)
