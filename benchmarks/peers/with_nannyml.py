"""NannyML's UnivariateDriftCalculator, ten chunks: REFERENCE CURRENT [METHODS].

All four methods that it has for a kind of column, or the first so many.
"""

import sys

import pandas as pd
from nannyml import UnivariateDriftCalculator

NUMBERS = ["kolmogorov_smirnov", "jensen_shannon", "wasserstein", "hellinger"]
TEXTS = ["chi2", "jensen_shannon", "l_infinity", "hellinger"]

methods = int(sys.argv[3]) if len(sys.argv) > 3 else 4
reference, current = (pd.read_parquet(path) for path in sys.argv[1:3])
calculator = UnivariateDriftCalculator(
    column_names=list(reference.columns),
    continuous_methods=NUMBERS[:methods],
    categorical_methods=TEXTS[:methods],
    chunk_number=10,
)
calculator.fit(reference)
print(len(calculator.calculate(current).to_df()))
