"""What groups usually do outlives the rows that it was learned from."""

import json
from dataclasses import replace

import polars as pl
import pytest

from driftline.core.contrast.kept import from_kept, kept
from driftline.core.contrast.spread import ContrastSpread, look, measure_contrasts
from driftline.core.reference import WINDOW, Reference
from tests.core.test_contrast import PLAN, ROLES, day

COLUMNS = ["carrier"]


@pytest.fixture(scope="module")
def spread() -> ContrastSpread:
    """Forty days."""
    sample = pl.concat(
        [day(i).with_columns(pl.lit(f"day {i:02}").alias(WINDOW)) for i in range(40)]
    )
    return measure_contrasts(Reference(PLAN, {}, sample=sample), COLUMNS, ROLES)


def test_what_was_kept_says_the_same_of_a_day(spread) -> None:
    """Through a JSON file: every group, and how far a day of flipped labels is off."""
    values = json.loads(json.dumps(kept(spread, COLUMNS, ROLES)))
    back = from_kept(values, COLUMNS, ROLES)
    assert back is not None
    assert back.groups.keys() == spread.groups.keys()

    changed = day(100, flipped="DL")
    then, now = (look(each, changed, ROLES) for each in (spread, back))
    for name, usual in spread.groups.items():
        wanted = usual.deviations(then[name], 3.0)
        assert back.groups[name].deviations(now[name], 3.0) == pytest.approx(
            wanted, abs=1e-3
        )
    rest = ("tail", "together", "loss", "called", "columns", "cells")
    for name in rest:
        assert getattr(back, name) == getattr(spread, name)


def test_what_was_learned_of_other_roles_is_not_used(spread) -> None:
    """Nor what was kept of nothing."""
    values = kept(spread, COLUMNS, ROLES)

    assert from_kept({}, COLUMNS, ROLES) is None
    assert from_kept(values, [*COLUMNS, "origin"], ROLES) is None
    assert from_kept(values, COLUMNS, replace(ROLES, segments=("carrier",))) is None
    assert kept(ContrastSpread({}, {}), COLUMNS, ROLES) == {}
