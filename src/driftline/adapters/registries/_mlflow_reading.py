"""A challenger that Driftline trained, read back as data: none of its code is imported or run.

Two locks, and each alone refuses a strange model. Its files are those that were registered,
by a checksum that the ledger keeps and the registry does not. And skops finds nothing in
them but NumPy's and scikit-learn's own types and `TYPES`; the list of types that MLflow
keeps beside a model is not read, and neither are its pickles. The checksum comes first,
because skops says what an object is, and not whether the nodes of a tree lead out of it:
scikit-learn would follow them.
"""

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from driftline.adapters.registries._mlflow_connection import Connection
from driftline.core.model import ModelVersion
from driftline.errors import ModelUnusable

DESCRIPTION, MODEL = "MLmodel", "model.skops"

TYPES = (
    "functools.partial",  # binds a function that is itself on a list; calls nothing
    "numpy.dtype",
    "numpy.nan_to_num",  # numbers to numbers
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",  # as above: arrays, believed, so the checksum vouches
    "sklearn.utils.validation.check_array",  # what boosting prepares its columns with
)
"""What the models of the trainer `scikit_learn` hold beyond what skops trusts by itself."""

MOST_BYTES = 1 << 30
"""Of a file that is read; a forest on 200,000 rows takes a tenth."""


def checksum(folder: Path) -> str:
    """Of a model that can be read back by `opened`; empty for any other."""
    from skops.io import get_untrusted_types

    file = folder / MODEL
    if not file.exists() or file.stat().st_size > MOST_BYTES:
        return ""
    strange = set(get_untrusted_types(file=file)) - set(TYPES)
    return "" if strange else _digest(folder)


def fetch(mlflow: Connection, model: ModelVersion, place: str, folder: Path) -> None:
    """The folder has the two files that are read; a listing that lacks one is refused."""
    sizes = mlflow.sizes(place)
    for name in (DESCRIPTION, MODEL):
        if name not in sizes:
            raise ModelUnusable(f"{model} has no file {name} any more")
        if sizes[name] > MOST_BYTES:
            raise ModelUnusable(f"{model} has a file {name} of {sizes[name]:,} bytes")
        mlflow.download(f"{place}/{name}", folder)


def opened(model: ModelVersion, folder: Path) -> Any:
    """The fitted estimator. Raises `ModelUnusable` before anything strange is made."""
    from skops.io import load
    from skops.io.exceptions import UntrustedTypesFoundException

    if _digest(folder) != model.checksum:
        raise ModelUnusable(
            f"{model} is not loaded: its files are not those that were registered (their "
            "checksum is another); who else may write to the registry or its artifacts?"
        )
    try:
        return load(folder / MODEL, trusted=list(TYPES))
    except UntrustedTypesFoundException as error:
        raise ModelUnusable(
            f"{model} is not loaded: it holds types beyond NumPy's and scikit-learn's, "
            "whose code would run, and this registry is not trusted"
        ) from error
    except Exception as error:  # a damaged file fails in any way
        raise ModelUnusable(
            f"{model} cannot be read ({type(error).__name__}): its files are damaged, or "
            "of other versions of scikit-learn and skops"
        ) from error


def _digest(folder: Path) -> str:
    """Of both files, so that one cannot be had with another's columns."""
    whole = sha256()
    for name in (DESCRIPTION, MODEL):
        with (folder / name).open("rb") as file:
            whole.update(file_digest(file, "sha256").digest())
    return whole.hexdigest()
