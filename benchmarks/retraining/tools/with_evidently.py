"""Evidently's drift preset, day by day: an alarm is its own word, half of the columns drifted.

Reads one request a line, `{"reference": path, "days": path}`, and answers with one line.
"""

import json
import sys
import warnings

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

warnings.simplefilter("ignore")
case = json.loads(sys.argv[1])
definition = DataDefinition(
    numerical_columns=case["numbers"], categorical_columns=case["categories"]
)
columns = case["numbers"] + case["categories"]


def dataset(rows: pd.DataFrame) -> Dataset:
    rows = rows[columns].reset_index(drop=True)
    return Dataset.from_pandas(rows, data_definition=definition)


for line in sys.stdin:
    asked = json.loads(line)
    reference = dataset(pd.read_parquet(asked["reference"]))
    alarms = {}
    for day, rows in pd.read_parquet(asked["days"]).groupby("number", sort=True):
        try:
            found = Report([DataDriftPreset()]).run(dataset(rows), reference).dict()
        except ValueError:  # a column is empty that day: it has no word to say
            alarms[int(day)] = {"evidently": False}
            continue
        [drifted] = [
            metric
            for metric in found["metrics"]
            if metric["config"]["type"].endswith("DriftedColumnsCount")
        ]
        share = float(drifted["value"]["share"])
        alarms[int(day)] = {"evidently": share >= drifted["config"]["drift_share"]}
    print(json.dumps(alarms), flush=True)
