"""Counts of labels and predictions: any split adds up, and what binning costs is bounded."""

import itertools
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from driftline.core.labels import tally as tallies
from driftline.core.labels.coarse import coarse
from driftline.core.labels.realised import METRICS, measure, measure_tally, with_largest
from driftline.core.labels.tally import (
    OTHER,
    Question,
    Tally,
    merged,
    segment_rows,
    tally,
)
from driftline.core.performance._moments import Moments
from driftline.core.roles import Roles, Task

BINARY = Roles(Task.BINARY, "at", "p", label="y", segments=("city",))
VALUES = replace(BINARY, task=Task.REGRESSION)
CLASSES = replace(BINARY, task=Task.MULTICLASS)
SCORES = st.one_of(
    st.none(), st.floats(), st.floats(0, 1), st.sampled_from([0.0, -0.0, 1.0, 0.5])
)
ROWS = st.lists(
    st.tuples(
        SCORES, st.sampled_from([None, 0, 1]), st.sampled_from([None, "Oslo", "Bern"])
    ),
    max_size=40,
)


def question(roles: Roles) -> Question:
    """All metrics of the task, in two segments."""
    return Question(roles, METRICS[roles.task], {"city": ("Oslo", "Bern")})


def table_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    schema = {"p": pl.Float64, "y": pl.Int64, "city": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def scored(rows: int, seed: int = 0) -> pl.DataFrame:
    """Probabilities of a rare event, most of them small, and what happened."""
    rng = np.random.default_rng(seed)
    chance = rng.beta(0.5, 20, rows)
    happened = (rng.random(rows) < chance).astype(int)
    return pl.DataFrame({"p": chance, "y": happened, "city": "Oslo"})


@settings(max_examples=60)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 40), max_size=4), order=st.randoms())
@pytest.mark.parametrize("roles", [BINARY, VALUES, CLASSES])
@pytest.mark.parametrize("exact", [3, 1000])
def test_any_split_adds_up(roles, exact, rows, cuts, order) -> None:
    """Entries are the same to the last count, exact or coarse, and sums to 1e-9."""
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [rows[a:b] for a, b in itertools.pairwise(ends)] or [rows]
    order.shuffle(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "MOST_EXACT", exact)
        whole = tally(table_of(rows), question(roles))
        each = [tally(table_of(part), question(roles)) for part in parts]
        summed = merged(each, roles)
    assert summed.entries.equals(whole.entries)
    assert replace(summed.spelled, columns=None) == replace(whole.spelled, columns=None)
    assert summed.is_coarse == whole.is_coarse
    for segment, losses in whole.moments.items():
        for name, moments in losses.items():
            found = summed.moments[segment][name]
            assert found.count == moments.count
            if np.abs(moments.products).max() < 1e200:
                assert found.means == pytest.approx(moments.means, rel=1e-9, abs=1e-9)


@given(rows=ROWS)
@settings(max_examples=30)
def test_a_tally_survives_json(rows) -> None:
    """Writing it as text and reading it changes nothing."""
    found = tally(table_of(rows), question(BINARY))
    again = Tally.from_json(json.loads(json.dumps(found.to_json())))
    assert again.entries.equals(found.entries)
    assert json.dumps(again.to_json()) == json.dumps(found.to_json())


@settings(max_examples=60)
@given(
    parts=st.lists(
        st.lists(st.floats(-1e6, 1e6), max_size=9).map(np.array), min_size=1, max_size=4
    )
)
def test_moments_add_up(parts) -> None:
    """Of any parts, to the rounding of the whole's numbers."""
    whole = Moments.of(np.concatenate(parts))
    summed = Moments.of(parts[0])
    for part in parts[1:]:
        summed += Moments.of(part)
    assert summed.count == whole.count
    assert summed.mean == pytest.approx(whole.mean, rel=1e-9, abs=1e-6)
    assert summed.products == pytest.approx(whole.products, rel=1e-6, abs=1e-3)


@given(values=st.lists(st.floats(allow_nan=False), min_size=1, max_size=50))
def test_coarse_scores_keep_their_order_and_place(values) -> None:
    """Nothing overtakes anything, and a bin is at most 1/1024 of its distance wide."""
    ordered = pl.Series(sorted(values))
    found = coarse(ordered)
    assert found.is_sorted()
    inside = ordered.is_between(0, 1)
    depth = np.minimum(ordered, 1 - ordered)
    apart = np.abs(found - ordered)
    assert (apart <= depth / 1024 + 1e-300).filter(inside).all()


def binned(table: pl.DataFrame, parts: int = 5) -> dict[str, float]:
    """The metrics of a table counted in parts, with scores put together."""
    asked = with_largest(
        Question(BINARY, METRICS[Task.BINARY]),
        segment_rows(table, BINARY),
        table.columns,
    )
    size = table.height // parts
    whole = merged([tally(part, asked) for part in table.iter_slices(size)], BINARY)
    assert whole.is_coarse
    found = measure_tally(whole, asked)
    return {name: measured.value for name, measured in found.by_name.items()}


@pytest.mark.parametrize("seed", range(3))
def test_the_error_of_binning_is_bounded(seed: int) -> None:
    """ROC AUC by half the pairs that share a bin; average precision by its two orders."""
    table = scored(40_000, seed)
    found = binned(table)
    score, truth = table["p"].to_numpy(), table["y"].to_numpy()
    bins = coarse(table["p"]).to_numpy()
    cells = (
        pl.DataFrame({"b": bins, "y": truth})
        .group_by("b")
        .agg(pl.col("y").sum().alias("p"), (1 - pl.col("y")).sum().alias("n"))
    )
    pairs = truth.sum() * (1 - truth).sum()
    bound = (cells["p"] * cells["n"]).sum() / (2 * pairs)
    assert 0 < bound < 1e-3
    assert abs(found["roc_auc"] - roc_auc_score(truth, score)) <= bound
    orders = [
        average_precision_score(truth, np.lexsort((side * truth, bins)).argsort())
        for side in (-1, 1)
    ]
    exact = average_precision_score(truth, score)
    assert min(orders) <= exact <= max(orders)
    assert min(orders) <= found["average_precision"] <= max(orders)


def test_all_but_ranks_are_exact() -> None:
    """Classes at the threshold and sums of losses were taken before scores were binned."""
    table = scored(40_000)
    found, expected = binned(table), measure(table, BINARY).by_name
    assert set(found) == set(expected)
    for name, measured in expected.items():
        if not name.startswith(("roc_auc", "average_precision")):
            assert found[name] == pytest.approx(measured.value, rel=1e-12), name


def test_names_without_end_are_bounded(monkeypatch) -> None:
    """An identifier taken for a class costs no more than the first names of it."""
    monkeypatch.setattr(tallies, "MOST_CLASSES", 5)
    table = pl.DataFrame({"p": range(50), "y": [f"n{i:02}" for i in range(50)]})
    found = tally(table, Question(CLASSES, ("accuracy",)))
    assert found.entries["truth"].unique().sort().to_list()[-1] == OTHER
    assert found.entries["truth"].n_unique() == 6


def test_fractions_in_one_part_make_probabilities_of_all() -> None:
    """A part that happens to hold 0 and 1 alone is read as the others show."""
    table = scored(600).with_columns(p=pl.col("p").round(1))
    sure = table.filter(pl.col("p").is_in([0.0, 1.0]))
    rest = table.filter(~pl.col("p").is_in([0.0, 1.0]))
    asked = Question(replace(BINARY, segments=()), METRICS[Task.BINARY])
    whole = merged([tally(sure, asked), tally(rest, asked)], asked.roles)
    expected = measure(pl.concat([sure, rest]), asked.roles)
    found = measure_tally(whole, asked)
    assert found.measured["log_loss"].value == pytest.approx(
        expected.measured["log_loss"].value
    )
    assert set(found.measured) == set(expected.measured)
