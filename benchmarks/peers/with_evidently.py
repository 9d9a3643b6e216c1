"""Evidently's DataDriftPreset: REFERENCE.parquet CURRENT.parquet."""

import sys

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
result = Report([DataDriftPreset()]).run(current, reference)
print(len(result.dict()["metrics"]))
