"""What every trainer must do: one contract.

Over 300 lines because it is one port's whole contract.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
from pydantic import ValidationError
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score

from driftline.adapters.trainers import function, scikit_learn
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.errors import SchemaMismatch, SettingsError, TrainingFailed
from driftline.ports import Context, Trained, Trainer

PACKAGE = "driftline.adapters.trainers"
HERE = "tests.contract.test_trainers"
# What it takes to have each of them work; a file without an entry fails the suite.
SEEDS: dict[str, dict[str, Any]] = {
    "scikit_learn": {"algorithms": ["linear"], "candidates": 2},
    "function": {"function": f"{HERE}:fit_numbers"},
}
TASKS = {Task.BINARY: "late", Task.REGRESSION: "delay", Task.MULTICLASS: "airport"}


def fit_numbers(rows: Any, roles: Roles) -> Any:
    """A training function as a user writes one."""
    labelled = rows[rows[roles.label].notna()]
    x, y = labelled[["distance"]].fillna(0), labelled[roles.label]
    if roles.task is Task.REGRESSION:
        return LinearRegression().fit(x, y)
    return LogisticRegression().fit(x, y.astype(str))


def roles(task: Task) -> Roles:
    """The columns of `flights` for a task."""
    label = TASKS[task]
    others = tuple(name for name in TASKS.values() if name != label)
    return Roles(
        task, "at", "prediction", label=label, key=("id",), ignore=others, positive="1"
    )


def flights(rows: int = 900, seed: int = 0) -> pl.DataFrame:
    """Thirty days, oldest first, with all that production has: nulls, NaN, rare words."""
    draw = np.random.default_rng(seed)
    distance = draw.uniform(100, 2000, rows)
    delay = distance / 100 + draw.normal(0, 3, rows)
    start = datetime(2013, 1, 1)
    return pl.DataFrame(
        {
            "id": np.arange(rows),
            "at": [start + timedelta(days=30 * i / rows) for i in range(rows)],
            "distance": distance,
            "carrier": draw.choice(["AA", "B6", "UA", 'ü "x"'], rows),
            "weekend": draw.random(rows) < 0.3,
            "empty": pl.Series([None] * rows, dtype=pl.Float64),
            "late": (delay > 11).astype(int),
            "delay": delay,
            "airport": np.where(delay > 15, "JFK", np.where(delay > 8, "LGA", "EWR")),
        }
    ).with_columns(
        pl.when(pl.col("id") % 17 == 0)
        .then(None)
        .otherwise("carrier")
        .alias("carrier"),
    )


def build(name: str, **settings: Any) -> Trainer:
    """A registered trainer, working."""
    module = load(PACKAGE, name)
    context = Context("flights", ".", "America/New_York", roles(Task.BINARY))
    return module.build(module.Settings(**(SEEDS[name] | settings)), context)


@pytest.fixture(params=names(PACKAGE))
def trainer(request: pytest.FixtureRequest) -> Trainer:
    """Every registered trainer."""
    return build(request.param)


@pytest.mark.parametrize("task", list(Task))
def test_one_score_per_row(trainer: Trainer, task: Task) -> None:
    """A probability for a binary task, a class or a value otherwise."""
    rows = flights()
    scores = np.asarray(trainer.fit(rows, roles(task), 0).predict(rows))

    assert scores.shape == (len(rows),)
    if task is Task.BINARY:
        assert roc_auc_score(rows["late"], scores) > 0.9
    elif task is Task.MULTICLASS:
        assert np.mean(scores == rows["airport"].to_numpy()) > 0.6
    else:
        assert np.corrcoef(scores, rows["delay"])[0, 1] > 0.7


def test_polars_and_pandas_rows_score_alike(trainer: Trainer) -> None:
    """`predict` takes either kind of frame."""
    rows = flights()
    predict = trainer.fit(rows, roles(Task.BINARY), 0).predict

    assert np.array_equal(predict(rows), predict(rows.to_pandas()))


def test_the_same_seed_gives_the_same_model(trainer: Trainer) -> None:
    """Nothing but the rows and the seed decides."""
    rows = flights()
    first = trainer.fit(rows, roles(Task.BINARY), 7).predict(rows)

    assert np.array_equal(first, trainer.fit(rows, roles(Task.BINARY), 7).predict(rows))


def test_a_column_that_is_gone_is_named(trainer: Trainer) -> None:
    """Scoring rows without a feature says which one."""
    rows = flights()
    predict = trainer.fit(rows, roles(Task.BINARY), 0).predict
    with pytest.raises(SchemaMismatch, match="distance"):
        predict(rows.drop("distance"))


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt setting never passes silently."""
    with pytest.raises(ValidationError):
        load(PACKAGE, name).Settings(**SEEDS[name], algoritms=[])


@pytest.mark.parametrize("algorithm", ["boosting", "linear", "extra_trees"])
@pytest.mark.parametrize("task", list(Task))
def test_every_algorithm_takes_what_production_sends(
    algorithm: str, task: Task
) -> None:
    """Nulls, infinities, unseen words and an empty column neither raise nor give NaN."""
    trained = build("scikit_learn", algorithms=[algorithm], candidates=1).fit(
        flights(), roles(task), 0
    )
    hard = flights(60, seed=1).with_columns(
        distance=pl.when(pl.col("id") % 2 == 0).then(float("inf")).otherwise(None),
        carrier=pl.when(pl.col("id") % 3 == 0).then(pl.lit("new")).otherwise(None),
        empty=pl.lit(3.5),
        weekend=None,
    )

    assert not pl.Series(np.asarray(trained.predict(hard))).is_null().any()
    assert trained.parameters["algorithm"] == algorithm


def test_the_model_is_a_pipeline_that_needs_no_driftline() -> None:
    """What is stored takes a pandas frame, and holds types of NumPy and sklearn only."""
    rows = flights()
    trained = build("scikit_learn", algorithms=["boosting"]).fit(
        rows, roles(Task.BINARY), 0
    )
    packed = skops.io.dumps(trained.model)
    trusted = skops.io.get_untrusted_types(data=packed)
    again = skops.io.loads(packed, trusted=trusted)

    assert isinstance(trained.model, BaseEstimator)
    assert not [name for name in trusted if "driftline" in name]
    assert np.array_equal(
        again.predict_proba(trained.example)[:, 1], trained.predict(trained.example)
    )


def test_out_of_fold_predictions_are_honest_and_in_order() -> None:
    """Where labels are noise they know nothing, though the model itself remembers."""
    draw = np.random.default_rng(1)
    rows = flights(1200).with_columns(late=pl.Series(draw.integers(0, 2, 1200)))
    settings = {"algorithms": ["boosting"], "candidates": 1}
    trained = build("scikit_learn", **settings).fit(rows, roles(Task.BINARY), 0)
    honest = trained.reference_predictions

    assert honest.shape == (1200,)
    assert roc_auc_score(rows["late"], trained.predict(rows)) > 0.62
    assert abs(roc_auc_score(rows["late"], honest) - 0.5) < 0.06


def test_out_of_fold_predictions_follow_the_rows_given() -> None:
    """Rows in any order get each their own prediction, those without a label too."""
    rows = flights().with_columns(
        late=pl.when(pl.col("id") % 5 == 0).then(None).otherwise("late")
    )
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=3)
    trainer = build("scikit_learn")
    straight = trainer.fit(rows, roles(Task.BINARY), 0).reference_predictions
    mixed = trainer.fit(shuffled, roles(Task.BINARY), 0).reference_predictions

    assert not np.isnan(straight).any()
    assert np.allclose(straight[shuffled["id"].to_numpy()], mixed)


@pytest.mark.parametrize(
    ("values", "positive"),
    [(["no", "yes"], "yes"), ([0.0, 1.0], "1"), ([False, True], "1"), ([1, 2], "2")],
)
def test_the_positive_class_is_the_monitor_files(values: list, positive: str) -> None:
    """Labels may be words, numbers or booleans; scores are the positive one's."""
    rows = flights()
    labels = [values[late] for late in rows["late"]]
    rows = rows.with_columns(late=pl.Series(labels))
    wanted = replace(roles(Task.BINARY), positive=positive)
    trained = build("scikit_learn").fit(rows, wanted, 0)

    assert roc_auc_score(rows["late"] == values[1], trained.predict(rows)) > 0.9
    assert trained.metrics["out_of_fold/roc_auc"] > 0.85
    assert set(trained.model.predict(trained.example)) <= set(values)


def test_zoned_time_stamps_and_other_types_are_taken() -> None:
    """Columns that are no number and no text are left out, and said so."""
    rows = flights().with_columns(
        pl.col("at").dt.replace_time_zone("UTC"), seen=pl.col("at"), many=pl.lit([1])
    )
    trained = build("scikit_learn").fit(rows, roles(Task.BINARY), 0)

    assert trained.parameters["left_out"] == "many, seen"
    assert trained.parameters["first_day"] == "2012-12-31"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.drop("late"), "no label column"),
        (lambda rows: rows.with_columns(late=pl.lit(None)), "0 of 900 rows"),
        (lambda rows: rows.with_columns(late=pl.lit(1)), "1 values and needs 2"),
        (lambda rows: rows.with_columns(late=pl.col("id") % 3), "3 values"),
        (lambda rows: rows.with_columns(late=pl.col("late") + 4), "positive"),
        (lambda rows: rows.with_columns(at=pl.lit("noon")), "not a time"),
        (lambda rows: rows.select("at", "late", "id"), "none of the features"),
        (
            lambda rows: rows.with_columns(late=(pl.col("id") > 890).cast(pl.Int8)),
            "every class",
        ),
    ],
)
def test_rows_that_cannot_be_learned_from(
    change: Callable[[pl.DataFrame], pl.DataFrame], message: str
) -> None:
    """Each is a `TrainingFailed` that says what is missing."""
    with pytest.raises(TrainingFailed, match=message):
        build("scikit_learn").fit(change(flights()), roles(Task.BINARY), 0)


def returns_trained(rows: Any, roles: Roles) -> Trained:
    """A function that does everything itself."""
    return Trained(object(), lambda frame: np.full(len(frame), 0.5), {"mine": 1})


def raises(rows: Any, roles: Roles) -> Any:
    """A function with a bug, whose text holds a row."""
    raise ValueError("Jo Doe, 4111 1111 1111 1111")


def returns_nothing(rows: Any, roles: Roles) -> Any:
    """A function without its return."""


def returns_wide(rows: Any, roles: Roles) -> Any:
    """Two numbers a row."""
    return Trained(object(), lambda frame: np.zeros((len(frame), 2)))


def returns_margins(rows: Any, roles: Roles) -> Any:
    """Scores that are no probabilities."""
    return Trained(object(), lambda frame: np.full(len(frame), -3.0))


def test_a_function_may_return_what_it_trained() -> None:
    """A `Trained` is taken as it is."""
    trained = build("function", function=f"{HERE}:returns_trained").fit(
        flights(), roles(Task.BINARY), 0
    )

    assert trained.parameters == {"mine": 1}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", r"raised ValueError at test_trainers\.py:\d+"),
        ("returns_nothing", "returned NoneType"),
        ("returns_wide", r"shape \(20, 2\) for 20 rows"),
        ("returns_margins", "no probabilities"),
    ],
)
def test_a_function_that_fails_is_told_what_is_expected(
    name: str, message: str
) -> None:
    """The message has the signature, and never the text of the error."""
    trainer = build("function", function=f"{HERE}:{name}")
    with pytest.raises(TrainingFailed, match=message) as caught:
        trainer.fit(flights(), roles(Task.BINARY), 0)

    assert "function(rows: pandas.DataFrame, roles: Roles)" in str(caught.value)
    assert "Doe" not in str(caught.value)


def test_a_function_that_is_not_there_is_a_settings_error() -> None:
    """The half of the path that is wrong is named."""
    trainer = build("function", function=f"{HERE}:nowhere")
    with pytest.raises(SettingsError, match="nowhere"):
        trainer.fit(flights(), roles(Task.BINARY), 0)


def test_settings_say_their_form() -> None:
    """A path without a colon and an unknown algorithm are refused at once."""
    with pytest.raises(ValidationError, match="pattern"):
        function.Settings(function="my_project.training.fit")
    with pytest.raises(ValidationError, match="extra_trees"):
        scikit_learn.Settings(algorithms=["xgboost"])
