"""What every model registry must do."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.model import ModelVersion
from driftline.core.profiles.plan import ColumnPlan, Kind, Plan
from driftline.core.profiles.profile import ColumnProfile, Profile
from driftline.core.reference import Measured, Reference
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.core.verdict import Verdict, Word
from driftline.core.window import day_window
from driftline.errors import ModelMissing, ModelUnusable, ReferenceMissing
from driftline.ports import Context, DayRecord, ModelRegistry, Trained
from driftline.testing import MemoryRegistry

PACKAGE = "driftline.adapters.registries"
# What it takes to have each of them work; a file without an entry fails the suite.
SEEDS: dict[str, dict[str, Any]] = {"mlflow": {"trusted": True}}


@pytest.fixture(scope="module", params=[*names(PACKAGE), "memory"])
def registry(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ModelRegistry]:
    """Every registered registry, working, and the one that users' tests get."""
    if request.param == "memory":
        yield MemoryRegistry()
        return
    module = load(PACKAGE, request.param)
    root = tmp_path_factory.mktemp(request.param)
    yield module.build(module.Settings(**SEEDS[request.param]), context(root))


def context(root: Path) -> Context:
    """A monitor whose name has no special letter."""
    return Context("flights", str(root), "UTC", Roles(Task.BINARY, "at", "late"))


def trained() -> Trained:
    """A model of two columns."""
    rows = pd.DataFrame({"a": np.arange(40.0), "b b": np.arange(40.0) % 7})
    model = make_pipeline(LogisticRegression()).fit(rows, rows["a"] > 20)
    return Trained(
        model=model,
        predict=lambda frame: model.predict_proba(frame)[:, 1],
        parameters={"C": 1.0, "words": "ü 😀"},
        metrics={"auc": 0.75, "not a number": float("nan"), 'say "hi"': 1.0},
        example=rows.head(3),
    )


def reference(rows: int = 10) -> Reference:
    """Two days of one column with a name nobody should give."""
    column = 'dep "delay" 😀'
    plan = Plan({column: ColumnPlan(Kind.NUMERIC, "Float64", edges=(1.0, 2.5))})
    counts = ColumnProfile(rows, nulls=1, minimum=-1e9, maximum=2.0, bins=(rows, 0, 0))
    day = Profile(rows, {column: counts}, plan.digest)
    return Reference(
        plan,
        {"2013-01-01": day, "2013-01-02": day},
        {"2013-01-01": {"auc": Measured(0.7, 0.65, 0.75, rows)}},
        "training rows",
    )


def day_record(key: str, model: ModelVersion) -> DayRecord:
    """A day that needs acting on."""
    finding = Finding(
        Topic.DRIFT, "a", "psi", Outcome.BREACHED, Severity.CRITICAL, "a's psi is 0.6"
    )
    return DayRecord(
        monitor="flights",
        key=key,
        window=day_window(date(2013, 3, 10), "America/New_York"),
        model=model,
        verdict=Verdict(Word.ACT, (finding,)),
        metrics={"auc": 0.6, "psi/a": 0.6},
    )


def test_versions_count_up_and_the_alias_moves(registry: ModelRegistry) -> None:
    """Registering gives versions 1 and 2, and an alias names whichever it was moved to."""
    first = registry.register("moves", trained(), {"why": "first"})
    second = registry.register("moves", trained(), {})
    registry.move_alias("moves", "champion", first.version)
    before = registry.resolve("moves", "champion").version
    registry.move_alias("moves", "champion", second.version)

    assert (first.version, second.version) == ("1", "2")
    assert (before, registry.resolve("moves", "champion").version) == ("1", "2")
    assert registry.resolve("moves", "champion").alias == "champion"


def test_a_missing_alias_is_told_from_a_missing_model(registry: ModelRegistry) -> None:
    """Both are `ModelMissing`; the message names what was asked for and what is there."""
    model = registry.register("known", trained(), {})
    registry.move_alias("known", "challenger", model.version)
    with pytest.raises(ModelMissing, match=r"'champion'.*challenger"):
        registry.resolve("known", "champion")
    with pytest.raises(ModelMissing, match="'unknown'"):
        registry.resolve("unknown", "champion")


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("kind", ["data", "code"])
def test_a_model_is_loaded_where_it_is_data_or_trusted(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch, kind: str, trusted: bool
) -> None:
    """Then it scores rows as its trainer did; else nothing of it is run."""
    monkeypatch.setattr(registry, "trusted", trusted)
    given = trained()
    if kind == "code":
        given = replace(given, model=None)
    made = registry.register(f"{kind}, {trusted}", given, {})
    assert bool(made.checksum) == (kind == "data")
    assert registry.can_load(made) == (trusted or kind == "data")
    if not registry.can_load(made):
        with pytest.raises(ModelUnusable):
            registry.load(made)
        return
    rows = pd.DataFrame({"a": [1.0, 30.0], "b b": [1.0, 2.0]})
    assert registry.load(made)(rows).tolist() == given.predict(rows).tolist()


def test_a_registry_vouches_for_nothing(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version that is resolved has no checksum: that is the ledger's to remember."""
    monkeypatch.setattr(registry, "trusted", False)
    made = registry.register("vouches", trained(), {"checksum": "mine"})
    found = registry.resolve("vouches", made.version)
    assert not registry.can_load(found)
    with pytest.raises(ModelUnusable):
        registry.load(found)


def test_an_alias_cannot_move_to_a_version_that_is_not_there(
    registry: ModelRegistry,
) -> None:
    """A typing error in a version leaves the alias where it was."""
    model = registry.register("steady", trained(), {})
    registry.move_alias("steady", "champion", model.version)
    with pytest.raises(ModelMissing, match="'7'"):
        registry.move_alias("steady", "champion", "7")
    assert registry.resolve("steady", "champion").version == model.version


def test_a_model_kept_elsewhere_is_enlisted_once(registry: ModelRegistry) -> None:
    """It has a version, an alias and a reference, and no signature."""
    model = registry.enlist("elsewhere", "champion")
    registry.save_reference(model, reference())
    again = registry.enlist("elsewhere", "champion")

    assert (model.version, again.version) == ("1", "1")
    assert registry.resolve("elsewhere", "champion").signature == {}
    assert registry.load_reference(again) == reference()


def test_a_reference_comes_back_as_it_was_saved(registry: ModelRegistry) -> None:
    """Saving and loading keeps every number; saving again replaces."""
    model = registry.register("referenced", trained(), {})
    registry.save_reference(model, reference(10))
    first = registry.load_reference(model)
    registry.save_reference(model, reference(20))

    assert first == reference(10)
    assert registry.load_reference(model) == reference(20)


def test_a_missing_reference_says_which_command_makes_it(
    registry: ModelRegistry,
) -> None:
    """The message of `ReferenceMissing` can be pasted into a terminal."""
    model = registry.register("bare", trained(), {})
    with pytest.raises(ReferenceMissing, match="`driftline reference build"):
        registry.load_reference(model)


def test_a_day_logged_twice_gives_the_same_link(registry: ModelRegistry) -> None:
    """One key is one record, and another key another."""
    model = registry.register("logged", trained(), {})
    link = registry.log_day(day_record('it\'s "one"', model))

    assert link == registry.log_day(day_record('it\'s "one"', model))
    assert link != registry.log_day(day_record("another", model))


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt setting never passes silently."""
    with pytest.raises(ValidationError):
        load(PACKAGE, name).Settings(tracking_url="x")
