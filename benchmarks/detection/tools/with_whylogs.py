"""whylogs on every day of a case: drift scores, and constraints read off the reference."""

import json
import sys
import warnings
from pathlib import Path

import pandas as pd
import whylogs as why
from whylogs.core.constraints import Constraints, ConstraintsBuilder
from whylogs.core.constraints.factories import (
    frequent_strings_in_reference_set,
    is_in_range,
    no_missing_values,
    null_percentage_below_number,
)
from whylogs.core.view.dataset_profile_view import DatasetProfileView
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
columns = case["numbers"] + case["categories"]


def view(rows: pd.DataFrame) -> DatasetProfileView:
    return why.log(rows[columns].reset_index(drop=True)).profile().view()


reference = pd.read_parquet(folder / "reference.parquet")
known = view(reference)
missing = (
    reference.groupby("item")[columns].agg(lambda values: values.isna().mean()).max()
)


def constraints(day: DatasetProfileView) -> Constraints:
    """Never missing more than on the worst reference day, nor out of its range or set."""
    builder = ConstraintsBuilder(dataset_profile_view=day)
    for name in columns:
        most = missing[name]
        rule = null_percentage_below_number(name, float(most) + 1e-9)
        builder.add_constraint(rule if most else no_missing_values(name))
    for name in case["numbers"]:
        low, high = reference[name].min(), reference[name].max()
        builder.add_constraint(is_in_range(name, float(low), float(high)))
    for name in case["categories"]:
        values = set(reference[name].dropna())
        builder.add_constraint(frequent_strings_in_reference_set(name, values))
    return builder.build()


found = {}
for name, rows in pd.read_parquet(folder / "items.parquet").groupby("item", sort=False):
    day = view(rows)
    scores = calculate_drift_scores(
        target_view=day, reference_view=known, with_thresholds=True
    )
    drifted = {
        column: score["pvalue"]
        for column, score in scores.items()
        if score and score["drift_category"] == "DRIFT"
    }
    failed = [
        [column, result.name]
        for result in constraints(day).generate_constraints_report()
        for column in columns
        if result.failed and column in result.name.split()
    ]
    found[name] = {
        "drift": sorted(drifted, key=drifted.get),
        "quality": sorted(failed),
    }
(folder / "whylogs.json").write_text(json.dumps(found))
