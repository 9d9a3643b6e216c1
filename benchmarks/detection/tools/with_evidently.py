"""Evidently on every day of a case: its drift preset, and the tests of its summary.

The summary's tests compare counts of rows with the reference's, so that one is given as
many reference rows as a usual day has.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset, DataSummaryPreset

folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
columns = case["numbers"] + case["categories"]
definition = DataDefinition(
    numerical_columns=case["numbers"], categorical_columns=case["categories"]
)


def dataset(rows: pd.DataFrame) -> Dataset:
    return Dataset.from_pandas(rows, data_definition=definition)


reference = pd.read_parquet(folder / "reference.parquet")
usual = int(reference.groupby("item").size().median())
whole = dataset(reference[columns])
one_day = dataset(reference[columns].sample(usual, random_state=0))
found = {}
for name, rows in pd.read_parquet(folder / "items.parquet").groupby("item", sort=False):
    day = dataset(rows[columns].reset_index(drop=True))
    drifted = {}
    for metric in Report([DataDriftPreset()]).run(day, whole).dict()["metrics"]:
        config = metric["config"]
        if config["type"].endswith("ValueDrift"):
            by_p = "p_value" in config["method"]
            value, limit = float(metric["value"]), config["threshold"]
            if value < limit if by_p else value >= limit:
                drifted[config["column"]] = (
                    limit / max(value, 1e-300) if by_p else value / limit
                )
    failed = []
    summary = Report([DataSummaryPreset()], include_tests=True).run(day, one_day)
    for test in summary.dict()["tests"]:
        if test["status"] == "FAIL":
            metric = test["metric_config"]["params"]
            failed.append([metric.get("column") or "rows", metric["type"]])
    found[name] = {
        "drift": sorted(drifted, key=drifted.get, reverse=True),
        "quality": sorted(failed),
    }
(folder / "evidently.json").write_text(json.dumps(found))
