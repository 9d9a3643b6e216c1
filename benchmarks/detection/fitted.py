"""A world of any dated table: simple models of scikit-learn, fitted on its first days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from benchmarks.detection.worlds import AT, Predict, World, by_day, monitor


@dataclass(frozen=True, slots=True)
class Served:
    """A dated table and what its model is fed; `columns` are those of the monitor file.

    The model knows the days before `first`. `units` and `hour` are as in a `World`.
    """

    name: str
    rows: pl.DataFrame
    first: date
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    columns: dict[str, Any]
    units: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    hour: str | None = None


def fitted(table: Served) -> World:
    """The days from `first` on, scored by a model of the days before."""
    rows, first, columns = table.rows, table.first, table.columns
    numbers, categories, label = table.numbers, table.categories, columns["label"]
    is_class = "score" in columns
    past = rows.filter((pl.col(AT).dt.date() < first) & pl.col(label).is_not_null())
    predict = _fitted(past, numbers, categories, label, is_class)
    served = rows.filter(pl.col(AT).dt.date() >= first)
    return World(
        table.name,
        by_day(served.with_columns(predict(served))),
        numbers,
        categories,
        ("score", "called") if is_class else ("predicted",),
        label,
        predict,
        monitor(table.name, "binary" if is_class else "regression", columns),
        table.units,
        table.hour,
    )


def _fitted(
    past: pl.DataFrame,
    numbers: Sequence[str],
    categories: Sequence[str],
    label: str,
    is_class: bool,
) -> Predict:
    """Boosted trees say the score and the class; a linear model says the value."""
    model = _classifier(categories) if is_class else _regressor(categories, numbers)

    def inputs(rows: pl.DataFrame) -> Any:
        return rows.select(
            *(pl.col(name).cast(pl.String) for name in categories),
            *(pl.col(name).cast(pl.Float64) for name in numbers),
        ).to_pandas()

    model.fit(inputs(past), past[label].to_numpy())

    def predict(rows: pl.DataFrame) -> list[pl.Series]:
        if not is_class:
            return [pl.Series("predicted", model.predict(inputs(rows)))]
        score = pl.Series("score", model.predict_proba(inputs(rows))[:, 1])
        return [score, (score >= 0.5).cast(pl.Int32).alias("called")]

    return predict


def _classifier(categories: Sequence[str]) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    encoder = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=float("nan"),
        encoded_missing_value=float("nan"),
    )
    return make_pipeline(
        make_column_transformer((encoder, list(categories)), remainder="passthrough"),
        HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, random_state=0),
    )


def _regressor(categories: Sequence[str], numbers: Sequence[str]) -> Any:
    """Linear, since summer is warmer than all that trees saw from January to March."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    return make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), list(categories)),
            (make_pipeline(SimpleImputer(), StandardScaler()), list(numbers)),
        ),
        Ridge(),
    )
