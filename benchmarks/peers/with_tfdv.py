"""TensorFlow Data Validation: statistics of both files, a schema, anomalies."""

import sys

import pandas as pd
import tensorflow_data_validation as tfdv

reference, current = (
    tfdv.generate_statistics_from_dataframe(pd.read_parquet(path), n_jobs=1)
    for path in sys.argv[1:3]
)
schema = tfdv.infer_schema(reference)
for feature in schema.feature:
    feature.drift_comparator.jensen_shannon_divergence.threshold = 0.01
found = tfdv.validate_statistics(current, schema, previous_statistics=reference)
print(len(found.anomaly_info))
