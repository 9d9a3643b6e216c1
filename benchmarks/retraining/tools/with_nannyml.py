"""NannyML, day by day: univariate drift of any column, and CBPE's estimated ROC AUC.

Reads one request a line, `{"reference": path, "days": path}`, and answers with one line.
"""

import json
import sys
import warnings
from typing import Any

import nannyml
import pandas as pd

warnings.simplefilter("ignore")
case = json.loads(sys.argv[1])
categories = case["categories"]
columns = case["numbers"] + categories
by_day = {"timestamp_column_name": "at", "chunk_period": "D"}


def read(path: str) -> pd.DataFrame:
    rows = pd.read_parquet(path).sort_values("at")
    rows[categories] = rows[categories].astype("object")
    return rows


def of(calculator: Any, reference: pd.DataFrame, days: pd.DataFrame) -> pd.DataFrame:
    """The calculator's table over the days, one line for each."""
    calculator.fit(reference)
    found = calculator
    run = found.estimate if hasattr(found, "estimate") else found.calculate
    return run(days).filter(period="analysis").to_df()


def alerts(table: pd.DataFrame) -> dict[str, bool]:
    """By calendar day, whether anything in the table is an alert."""
    key = next(c for c in table.columns if c[-1] == "key")
    marks = [c for c in table.columns if c[-1] == "alert"]
    said = table[marks].fillna(value=False).any(axis=1)
    return dict(zip(table[key].map(lambda k: str(k)[:10]), said, strict=True))


for line in sys.stdin:
    asked = json.loads(line)
    reference, days = read(asked["reference"]), read(asked["days"])
    drift = alerts(
        of(
            nannyml.UnivariateDriftCalculator(column_names=columns, **by_day),
            reference,
            days,
        )
    )
    cbpe = alerts(
        of(
            nannyml.CBPE(
                y_pred_proba="score",
                y_pred="called",
                y_true="late",
                problem_type="classification_binary",
                metrics=["roc_auc"],
                **by_day,
            ),
            reference,
            days,
        )
    )
    number = days.groupby(days["at"].dt.strftime("%Y-%m-%d"))["number"].first()
    alarms = {
        int(number[day]): {"nannyml": bool(drift[day]), "cbpe": bool(cbpe[day])}
        for day in number.index
    }
    print(json.dumps(alarms), flush=True)
