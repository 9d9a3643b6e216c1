"""A trusted model is asked itself where it gives what was logged, or not at all."""

import numpy as np
import polars as pl
import pytest

from driftline.core.profiles.plan import Plan
from driftline.core.reference import Reference
from driftline.core.roles import Roles, Task
from driftline.core.why.learned import learn_reference
from driftline.core.why.served import Served
from driftline.core.why.surrogate import Surrogate

ROLES = Roles(Task.BINARY, "at", "called", score="score", features=("x", "noise"))


def chance(rows: pl.DataFrame) -> np.ndarray:
    """A model that jumps: trees on a few rows only follow it roughly."""
    return 0.1 + 0.8 * (np.sin(9 * rows["x"].to_numpy()) > 0)


def called(rows: pl.DataFrame) -> np.ndarray:
    """The same model's classes."""
    return (chance(rows) > 0.5).astype(np.int64)


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Two thousand rows with the scores that were logged."""
    rng = np.random.default_rng(0)
    rows = pl.DataFrame({"x": rng.random(2000), "noise": rng.random(2000)})
    rows = rows.with_columns(score=pl.Series(chance(rows)))
    return Reference(Plan({"x": None, "noise": None}), {}, sample=rows)


def score_of(reference: Reference, ask=None) -> Served | Surrogate:
    """What is asked for the score."""
    learned = learn_reference(reference, ROLES, ask)
    assert learned is not None
    return learned.scores["score"]


def test_a_model_that_says_what_was_logged_is_asked(reference):
    """Its own jump is seen, which trees on a few rows only follow roughly."""
    asked = score_of(reference, chance)
    elsewhere = pl.DataFrame({"x": [0.05, 0.4], "noise": [0.0, 0.0]})

    assert asked.source == "the registered model"
    assert asked.fidelity == pytest.approx(1.0)
    assert asked(elsewhere).tolist() == pytest.approx([0.9, 0.1])


@pytest.mark.parametrize("ask", [called, lambda rows: rows["noise"].to_numpy()])
def test_a_model_that_says_other_things_is_not_asked(reference, ask):
    """Classes for probabilities, or one whose preprocessing the registry does not have."""
    asked = score_of(reference, ask)

    assert asked.source == "a surrogate of the model"


def test_without_trust_a_surrogate_is_asked(reference):
    """Nobody may load the model."""
    assert isinstance(score_of(reference), Surrogate)


def test_a_model_that_fails_on_some_rows_does_not_end_the_day(reference):
    """The surrogate answers for it."""

    def picky(rows: pl.DataFrame) -> np.ndarray:
        if rows["x"].max() > 1:
            raise ValueError("never seen")
        return chance(rows)

    asked = score_of(reference, picky)
    strange = pl.DataFrame({"x": [2.0], "noise": [0.0]})

    assert asked.source == "the registered model"
    assert np.isfinite(asked(strange)).all()
