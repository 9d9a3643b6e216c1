"""whylogs: two profiles and their drift scores."""

import sys

import pandas as pd
import whylogs as why
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

reference, current = (
    why.log(pd.read_parquet(path)).profile().view() for path in sys.argv[1:3]
)
scores = calculate_drift_scores(
    target_view=current, reference_view=reference, with_thresholds=True
)
print(len(scores))
