"""whylogs' drift scores, day by day: an alarm is any column that it calls drifted.

Reads one request a line, `{"reference": path, "days": path}`, and answers with one line.
"""

import json
import sys
import warnings

import pandas as pd
import whylogs as why
from whylogs.core.view.dataset_profile_view import DatasetProfileView
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

warnings.simplefilter("ignore")
case = json.loads(sys.argv[1])
columns = case["numbers"] + case["categories"]


def view(rows: pd.DataFrame) -> DatasetProfileView:
    return why.log(rows[columns].reset_index(drop=True)).profile().view()


for line in sys.stdin:
    asked = json.loads(line)
    reference = view(pd.read_parquet(asked["reference"]))
    alarms = {}
    for day, rows in pd.read_parquet(asked["days"]).groupby("number", sort=True):
        scores = calculate_drift_scores(
            target_view=view(rows), reference_view=reference, with_thresholds=True
        )
        words = [score["drift_category"] for score in scores.values() if score]
        alarms[int(day)] = {"whylogs": "DRIFT" in words}
    print(json.dumps(alarms), flush=True)
