"""Of a registry that is not trusted only what Driftline trained is read, and nothing runs."""

import io
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import skops.io
import yaml
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from driftline.adapters.registries import _mlflow_reading, mlflow
from driftline.adapters.trainers import scikit_learn
from driftline.core.model import ModelVersion
from driftline.core.roles import Roles, Task
from driftline.errors import ModelUnusable
from driftline.ports import Context, ModelRegistry, Trained
from tests.contract.test_registries import trained

LABELS = {Task.BINARY: "late", Task.MULTICLASS: "airport", Task.REGRESSION: "delay"}
HERE = "tests.adapters.test_mlflow_reading"
SANG = "DRIFTLINE_TEST_SANG"


class Canary(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """An estimator of nobody's list: giving it its state back leaves a file behind."""

    def __setstate__(self, state: Any) -> None:
        Path(os.environ[SANG]).touch()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """The same for pickle."""
        return (open, (os.environ[SANG], "w"))

    def predict(self, frame: Any) -> Any:
        """Whatever is asked."""
        return frame["a"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow on SQLite for all."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture
def home(root: Path) -> ModelRegistry:
    """As it is where the monitor file says nothing of trust."""
    return home_of(root, Task.BINARY)


def home_of(root: Path, task: Task) -> ModelRegistry:
    context = Context("flights", str(root), "UTC", roles(task))
    return mlflow.build(mlflow.Settings(), context)


@pytest.fixture
def sang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a canary leaves its file."""
    monkeypatch.setenv(SANG, str(tmp_path / "sang"))
    return tmp_path / "sang"


def roles(task: Task) -> Roles:
    return Roles(task, "at", "called", label=LABELS[task])


def rows() -> pl.DataFrame:
    """Numbers with gaps, flags, and words with gaps, of which some are rare."""
    rng = np.random.default_rng(3)
    first, last = pl.datetime(2026, 1, 1), pl.datetime(2026, 1, 13, 11)
    made = pl.DataFrame({"at": pl.datetime_range(first, last, "1h", eager=True)})
    count = made.height
    a, n = rng.normal(size=count), rng.integers(0, 5, count)
    delay = a + rng.normal(size=count)
    return made.with_columns(
        a=pl.Series(a),
        n=pl.Series(n),
        flag=pl.Series(n > 2),
        word=pl.Series(np.array(["x", "y", None])[rng.integers(0, 3, count)]),
        rare=pl.Series([f"w{i}" for i in rng.integers(0, 250, count)]),
        called=pl.lit(0.5),
        delay=pl.Series(delay),
        late=pl.Series((delay > 0).astype(int)),
        airport=pl.Series(np.array(["EWR", "JFK", "LGA"])[np.digitize(delay, [-1, 1])]),
    ).with_columns(a=pl.when(pl.col("n") > 0).then("a"))


@pytest.mark.parametrize("task", Task)
@pytest.mark.parametrize("algorithm", scikit_learn.Settings().algorithms)
def test_whatever_the_search_chooses_is_read_back_and_says_the_same(
    root: Path, algorithm: str, task: Task
) -> None:
    """Each algorithm and task of the trainer, with words, flags and gaps."""
    home, own = home_of(root, task), Context("flights", "", "UTC", roles(task))
    settings = scikit_learn.Settings(algorithms=[algorithm], candidates=1, folds=2)
    features = ["a", "n", "flag", "word", "rare"]
    given = rows().select("at", "called", LABELS[task], *features)
    made = scikit_learn.build(settings, own).fit(given, roles(task), 0)
    version = home.register(f"{algorithm}-{task.value}", made, {})
    assert home.can_load(version)
    frame = given.select(features).to_pandas()
    found = home.load(version)(frame)
    if task is Task.MULTICLASS:
        assert list(found) == list(made.predict(frame))
    else:  # trees are summed in any order
        assert found == pytest.approx(made.predict(frame), rel=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        Canary(),
        make_pipeline(FunctionTransformer(os.system), LogisticRegression()),
        None,
    ],
    ids=["a type of its own", "a function of the system", "a function that is pickled"],
)
def test_code_of_others_has_no_checksum_and_is_not_loaded(
    home: ModelRegistry, sang: Path, model: Any
) -> None:
    """The error says which setting would allow it."""
    given = Trained(model, lambda frame: frame["a"])
    made = home.register("strange", given, {})
    sang.unlink(missing_ok=True)  # MLflow itself has tried the file as it was written
    assert not home.can_load(made)
    with pytest.raises(ModelUnusable, match="trusted: true"):
        home.load(made)
    assert not sang.exists()


def files_of(home: ModelRegistry, model: ModelVersion) -> Path:
    """Where the registry keeps a version's files."""
    client = home._mlflow.client  # type: ignore[attr-defined]  # of MLflow's own registry
    place = client.get_model_version_download_uri(model.name, model.version)
    return Path(place.removeprefix("file://"))


def packed(model: Any) -> bytes:
    """The model as skops writes it."""
    file = io.BytesIO()
    skops.io.dump(model, file)
    return file.getvalue()


FORGED = {
    "skops, with a type beyond the list": lambda: packed(Canary()),
    "a pickle by another name": lambda: pickle.dumps(Canary()),
    "no file of any format": lambda: b"PK\x03\x04",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_file_put_in_a_models_place_is_refused_twice(
    home: ModelRegistry, sang: Path, forge: Callable[[], bytes]
) -> None:
    """By its checksum; and by its types, should the ledger vouch for it.

    The list of types to trust that MLflow keeps beside the model names the strange one.
    """
    made = home.register("forged", trained(), {})
    folder = files_of(home, made)
    (folder / "model.skops").write_bytes(forge())
    description = yaml.safe_load((folder / "MLmodel").read_text())
    description["flavors"]["sklearn"]["skops_trusted_types"] = [f"{HERE}.Canary"]
    (folder / "MLmodel").write_text(yaml.safe_dump(description))
    with pytest.raises(ModelUnusable, match="not those that were registered"):
        home.load(made)
    vouched = replace(made, checksum=_mlflow_reading._digest(folder))
    with pytest.raises(ModelUnusable, match=r"types beyond|cannot be read"):
        home.load(vouched)
    assert not sang.exists()


def test_the_forged_file_would_sing(sang: Path) -> None:
    """The tests above can fail: whoever trusts its type, or unpickles it, runs it."""
    skops.io.loads(packed(Canary()), trusted=[f"{HERE}.Canary"])
    assert sang.exists()
    sang.unlink()
    pickle.loads(pickle.dumps(Canary())).close()
    assert sang.exists()


def test_a_model_whose_description_was_changed_is_refused(home: ModelRegistry) -> None:
    """Columns in another order would give other scores."""
    made = home.register("described", trained(), {})
    description = files_of(home, made) / "MLmodel"
    description.write_text(description.read_text() + "\n")
    with pytest.raises(ModelUnusable, match="not those that were registered"):
        home.load(made)


def test_a_model_that_became_a_pickle_is_refused(
    home: ModelRegistry, sang: Path
) -> None:
    """MLflow would take the file that its description names; here there is one name."""
    made = home.register("pickled", trained(), {})
    folder = files_of(home, made)
    (folder / "model.skops").unlink()
    (folder / "model.pkl").write_bytes(pickle.dumps(Canary()))
    text = (folder / "MLmodel").read_text().replace("model.skops", "model.pkl")
    (folder / "MLmodel").write_text(text.replace("skops", "pickle"))
    with pytest.raises(ModelUnusable, match=r"no file model\.skops"):
        home.load(made)
    assert not sang.exists()


def test_a_model_too_large_is_not_fetched(
    home: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the size that its store lists; one that is too large already gets no checksum."""
    made = home.register("large", trained(), {})
    monkeypatch.setattr(_mlflow_reading, "MOST_BYTES", 1000)
    with pytest.raises(ModelUnusable, match="bytes"):
        home.load(made)
    assert not home.register("large", trained(), {}).checksum
