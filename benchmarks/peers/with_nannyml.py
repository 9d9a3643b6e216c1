"""NannyML's UnivariateDriftCalculator, two methods a column, ten chunks."""

import sys

import pandas as pd
from nannyml import UnivariateDriftCalculator

reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
calculator = UnivariateDriftCalculator(
    column_names=list(reference.columns),
    continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
    categorical_methods=["chi2", "jensen_shannon"],
    chunk_number=10,
)
calculator.fit(reference)
print(len(calculator.calculate(current).to_df()))
