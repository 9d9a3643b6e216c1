"""NannyML on every day of a case, a chunk each: drift, its quality calculators, CBPE."""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import nannyml
import pandas as pd

warnings.simplefilter("ignore")
folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
numbers, categories = case["numbers"], case["categories"]
columns = numbers + categories
reference = pd.read_parquet(folder / "reference.parquet")
items = pd.read_parquet(folder / "items.parquet")
names = list(dict.fromkeys(items["item"]))
# Every item is a day of its own on NannyML's calendar.
days = pd.Series(pd.date_range("2014-06-01", periods=len(names)), index=names)
items["when"] = days[items["item"]].to_numpy() + (
    items["at"] - items["at"].dt.normalize()
)
reference["when"] = reference["at"]
for rows in (reference, items):
    rows.sort_values("when", inplace=True)
    rows[categories] = rows[categories].astype("object")
by_day = {"timestamp_column_name": "when", "chunk_period": "D"}


def of(calculator: Any) -> pd.DataFrame:
    calculator.fit(reference)
    return calculator.calculate(items).filter(period="analysis").to_df()


def key_of(table: pd.DataFrame) -> pd.Series:
    chunk = next(c for c in table.columns if c[-1] == "key" or c == "key")
    return table[chunk].map(lambda key: str(key)[:10])


drift = of(nannyml.UnivariateDriftCalculator(column_names=columns, **by_day))
found = {str(day)[:10]: {"drift": {}, "quality": set()} for day in days}
for column in columns:
    method = next(c[1] for c in drift.columns if c[0] == column)
    part = drift[column][method]
    for day, value, limit, alert in zip(
        key_of(drift),
        part["value"],
        part["upper_threshold"],
        part["alert"],
        strict=True,
    ):
        if alert:
            found[day]["drift"][column] = (
                float(value / limit) if limit else float(value)
            )
quality = [
    nannyml.MissingValuesCalculator(column_names=columns, **by_day),
    nannyml.UnseenValuesCalculator(column_names=categories, **by_day),
    nannyml.NumericalRangeCalculator(column_names=numbers, **by_day),
    nannyml.SummaryStatsRowCountCalculator(**by_day),
]
for calculator in quality:
    table = of(calculator)
    alerts = [c for c in table.columns if c[-1] == "alert"]
    for alert in alerts:
        for day, is_alert in zip(key_of(table), table[alert], strict=True):
            if is_alert:
                column = alert[0] if alert[0] in columns else "rows"
                found[day]["quality"].add((column, type(calculator).__name__))
estimates = {}
if case["score"]:
    known = reference[reference[case["label"]].notna()]
    estimator = nannyml.CBPE(
        y_pred_proba=case["score"],
        y_pred=case["called"],
        y_true=case["label"],
        problem_type="classification_binary",
        metrics=["accuracy"],
        **by_day,
    )
    estimator.fit(known)
    table = estimator.estimate(items).filter(period="analysis").to_df()
    part = table["accuracy"]
    for day, *values in zip(
        key_of(table),
        part["value"],
        part["lower_confidence_boundary"],
        part["upper_confidence_boundary"],
        strict=True,
    ):
        estimates[day] = [float(value) for value in values]
result = {}
for name, day in days.items():
    seen = found[str(day)[:10]]
    result[name] = {
        "drift": sorted(seen["drift"], key=seen["drift"].get, reverse=True),
        "quality": sorted(seen["quality"]),
        "estimate": estimates.get(str(day)[:10]),
    }
(folder / "nannyml.json").write_text(json.dumps(result))
