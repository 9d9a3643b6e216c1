"""From a table with roles to metrics, segments and reasons."""

import numpy as np
import polars as pl
import pytest

from driftline.core.labels.labelled import class_names
from driftline.core.labels.realised import measure, primary_metric
from driftline.core.roles import Roles, Task
from driftline.errors import SettingsError, UnknownName

BINARY = Roles(Task.BINARY, "at", "prediction", label="label")


def scored(rows: int = 400) -> pl.DataFrame:
    """A table of probabilities and 0/1 labels that agree with them."""
    rng = np.random.default_rng(1)
    chance = rng.random(rows)
    label = (rng.random(rows) < chance).astype(int)
    origin = rng.choice(["JFK", "EWR", "LGA"], rows, p=(0.6, 0.35, 0.05))
    return pl.DataFrame({"prediction": chance, "label": label, "origin": origin})


@pytest.mark.parametrize(
    "label",
    [
        pl.col("label"),
        pl.col("label").cast(pl.Float64),
        pl.col("label") == 1,
        pl.col("label").cast(pl.String),
        (pl.col("label") == 1).cast(pl.String),
        pl.when(pl.col("label") == 1).then(pl.lit("True")).otherwise(pl.lit("False")),
        pl.col("label").cast(pl.String).cast(pl.Categorical),
        pl.col("label").cast(pl.Float64).cast(pl.String),
    ],
)
@pytest.mark.parametrize("positive", ["1", "1.0", "true", "True"])
def test_a_positive_label_is_positive_in_every_spelling(
    label: pl.Expr, positive: str
) -> None:
    """1, 1.0, True, "1", "1.0" and "true" are the same class."""
    table = scored()
    plain = measure(table, BINARY)
    roles = Roles(Task.BINARY, "at", "prediction", label="label", positive=positive)
    spelled = measure(table.with_columns(label.alias("label")), roles)
    assert spelled.measured == plain.measured
    assert len(plain.measured) == 8


def test_a_word_can_be_the_positive_class() -> None:
    """Labels and predicted classes as text are compared with `positive`."""
    table = pl.DataFrame(
        {
            "prediction": ["late", "late", "on time", "on time"] * 50,
            "label": ["late", "on time", "on time", "on time"] * 50,
        }
    )
    roles = Roles(Task.BINARY, "at", "prediction", label="label", positive="late")
    found = measure(table, roles)
    assert found.measured["precision"].value == 0.5
    assert found.measured["recall"].value == 1.0
    assert "score" in found.unmeasured["roc_auc"]
    assert primary_metric(Task.BINARY, found.measured) == "f1"
    assert found.classes["confusion"]["counts"] == [[100, 50], [0, 50]]


def test_a_positive_class_that_never_occurs_is_named() -> None:
    """Two label classes of which none is `positive` give a reason, not a perfect score."""
    table = scored().with_columns(
        label=pl.col("label").replace_strict({1: "y", 0: "n"})
    )
    found = measure(table, BINARY)
    assert found.measured == {}
    assert "'label' holds 'n', 'y'" in found.unmeasured["accuracy"]


def test_threshold_turns_probabilities_into_classes() -> None:
    """A probability at or above the decision threshold is a positive prediction."""
    table = scored()
    roles = Roles(
        Task.BINARY, "at", "prediction", label="label", decision_threshold=0.9
    )
    called = table.filter(pl.col("prediction") >= 0.9)["label"].to_numpy()
    found = measure(table, roles).measured["precision"].value
    assert found == pytest.approx(called.mean())


def test_score_column_is_used_beside_classes() -> None:
    """With roles.score the prediction column holds the classes."""
    table = scored().with_columns(
        score=pl.col("prediction"), prediction=(pl.col("prediction") >= 0.5).cast(int)
    )
    roles = Roles(Task.BINARY, "at", "prediction", score="score", label="label")
    assert measure(table, roles).measured == measure(scored(), BINARY).measured


def test_rows_without_label_or_prediction_are_counted() -> None:
    """Null, NaN and infinite predictions are unusable; null labels have not arrived."""
    table = pl.DataFrame(
        {
            "prediction": [0.2, 0.7, None, float("nan"), float("inf"), 0.4],
            "label": [0, 1, 1, 0, 1, None],
        }
    )
    found = measure(table, BINARY, ["accuracy"])
    assert (found.rows, found.labelled, found.unusable) == (6, 5, 3)
    assert found.coverage == pytest.approx(5 / 6)
    assert found.measured["accuracy"].rows == 2


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pl.DataFrame({"prediction": [0.5]}), "no column 'label'"),
        (pl.DataFrame({"label": [1]}), "no column 'prediction'"),
        (scored().head(0), "no row has both"),
        (scored().with_columns(label=None), "no row has both"),
        (scored().with_columns(prediction=None), "no row has both"),
        (scored().with_columns(prediction=pl.lit(float("nan"))), "no row has both"),
        (scored().with_columns(prediction=pl.lit([1])), "neither a class nor a number"),
    ],
)
@pytest.mark.parametrize("task", list(Task))
def test_what_cannot_be_measured_has_a_reason(
    table: pl.DataFrame, reason: str, task: Task
) -> None:
    """Nothing in the data raises, and every metric left out says why."""
    found = measure(table, Roles(task, "at", "prediction", label="label"))
    assert found.measured == {}
    assert found.unmeasured
    assert all(reason in text for text in found.unmeasured.values())


def test_fractions_outside_0_and_1_are_no_prediction_of_a_class() -> None:
    """A binary prediction that is neither class nor probability is refused."""
    table = scored().with_columns(prediction=pl.col("prediction") * 9)
    found = measure(table, BINARY)
    assert found.measured == {}
    assert "neither classes nor probabilities" in found.unmeasured["roc_auc"]


def test_segments_are_the_large_ones() -> None:
    """A segment with fewer rows than asked for is not measured."""
    roles = Roles(
        Task.BINARY, "at", "prediction", label="label", segments=("origin", "gone")
    )
    found = measure(scored(), roles, ["roc_auc"])
    assert list(found.segments) == ["origin=JFK", "origin=EWR"]
    assert set(found.by_name) == {
        "roc_auc",
        "roc_auc[origin=JFK]",
        "roc_auc[origin=EWR]",
    }
    alone = measure(scored().filter(pl.col("origin") == "JFK"), BINARY, ["roc_auc"])
    assert found.segments["origin=JFK"] == alone.measured
    assert "'gone'" in found.unmeasured["segment gone"]


@pytest.mark.parametrize(
    "strange", [pl.concat_list("origin"), pl.lit(b"\xff"), pl.lit(None, pl.Null)]
)
def test_a_segment_column_of_lists_or_bytes_has_no_segments(strange: pl.Expr) -> None:
    """What became of it is said elsewhere; the metrics are measured all the same."""
    roles = Roles(Task.BINARY, "at", "prediction", label="label", segments=("origin",))
    found = measure(scored().with_columns(origin=strange), roles, ["roc_auc"])
    assert "roc_auc" in found.measured
    assert found.segments == {}


def test_at_most_twenty_segments_per_column() -> None:
    """A column of many values gives its twenty largest."""
    table = scored(6000).with_columns(origin=pl.int_range(6000) % 25)
    roles = Roles(Task.BINARY, "at", "prediction", label="label", segments=("origin",))
    assert len(measure(table, roles, ["accuracy"]).segments) == 20


def test_multiclass_compares_classes_by_name() -> None:
    """Integers in one column and text in the other are the same classes."""
    table = pl.DataFrame(
        {"prediction": ["1", "2", "3", "2"] * 30, "label": [1, 2, 3, 3] * 30}
    )
    roles = Roles(Task.MULTICLASS, "at", "prediction", label="label")
    found = measure(table, roles)
    assert found.measured["accuracy"].value == 0.75
    assert found.classes["confusion"]["classes"] == ["1", "2", "3"]
    largest = found.classes["per_class"][0]
    low, high = largest["recall_interval"]
    assert low < largest["recall"] < high or largest["recall"] in (0, 1)
    assert (largest["class"], largest["rows"], largest["recall"]) == ("3", 60, 0.5)


def test_identifiers_are_not_classes() -> None:
    """A label with thousands of values is refused before it eats the memory."""
    table = pl.DataFrame({"prediction": range(5000), "label": range(5000)})
    roles = Roles(Task.MULTICLASS, "at", "prediction", label="label")
    assert (
        "more than 1,000 different classes"
        in measure(table, roles).unmeasured["macro_f1"]
    )


def test_regression_reads_numbers_in_text_but_not_category_codes() -> None:
    """A categorical stands for its text, never for its code."""
    table = pl.DataFrame({"prediction": [10.0, 20.0], "label": ["11", "x"]})
    roles = Roles(Task.REGRESSION, "at", "prediction", label="label")
    for kind in (pl.String, pl.Categorical):
        assert measure(table.cast({"label": kind}), roles).labelled == 1


def test_metric_names_are_checked() -> None:
    """A misspelt metric is a settings error; one of another task has a reason."""
    with pytest.raises(UnknownName, match="accuracy"):
        measure(scored(), BINARY, ["acuracy"])
    with pytest.raises(SettingsError, match="not a metric"):
        measure(scored(), BINARY, ["math:floor"])
    found = measure(scored(), BINARY, ["mae"])
    assert "no metric for a binary" in found.unmeasured["mae"]


def test_class_names_keep_words_apart() -> None:
    """Only spellings of the same number or truth value are merged."""
    column = pl.Series(["A", "a", "1.5", " b ", "TRUE", "", None])
    assert class_names(column).to_list() == ["A", "a", "1.5", "b", "1", None, None]
