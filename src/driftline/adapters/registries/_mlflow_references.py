"""References as files of MLflow runs, pointed to by a tag of the model version.

The file is named by its checksum and one tag points to it: a crash between the two
leaves the earlier reference whole, and a changed byte is found.
"""

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from hashlib import sha256

from driftline.adapters.registries._mlflow_connection import (
    ABSENT,
    Connection,
    Refused,
    temporary_folder,
)
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.errors import ReferenceCorrupt, ReferenceMissing

TAG = "driftline.reference"
FOLDER = "driftline/reference"
MOST_BYTES = 1 << 28
"""Of a reference's text; one with all its sampled rows takes a twentieth."""


def run_of(mlflow: Connection, run_id: str | None) -> str:
    """The run if it is there and not deleted, else nothing."""
    if not run_id:
        return ""
    try:
        with mlflow.answering(f"find run {run_id}"):
            run = mlflow.client.get_run(run_id)
    except Refused as error:
        if error.code not in ABSENT:
            raise
        return ""
    return run_id if run.info.lifecycle_stage == "active" else ""


def save(
    mlflow: Connection, model: ModelVersion, run_id: str, reference: Reference
) -> None:
    """The run holds the reference, and the version's tag points to it."""
    text = json.dumps(reference.to_json(), sort_keys=True)
    packed = gzip.compress(text.encode(), mtime=0)
    name = f"{sha256(packed).hexdigest()}.json.gz"
    with temporary_folder() as folder:
        (folder / name).write_bytes(packed)
        mlflow.client.log_artifact(run_id, str(folder / name), FOLDER)
    pointer = f"runs:/{run_id}/{FOLDER}/{name}"
    mlflow.client.set_model_version_tag(model.name, model.version, TAG, pointer)


def load(
    mlflow: Connection, model: ModelVersion, tags: Mapping[str, str], remedy: str
) -> Reference:
    """What `save` saved, or an error that ends in the remedy."""
    pointer = tags.get(TAG)
    if not pointer:
        raise ReferenceMissing(f"{model} has no reference; {remedy}")
    packed = _fetch(mlflow, model, pointer, remedy)
    if sha256(packed).hexdigest() not in pointer:
        raise ReferenceCorrupt(
            f"the reference of {model} at {pointer} fails its checksum; {remedy}"
        )
    try:
        return Reference.from_json(json.loads(_unpacked(packed)))
    except (OSError, EOFError, zlib.error, ValueError, AttributeError) as error:
        raise ReferenceCorrupt(
            f"the reference of {model} at {pointer} is no gzipped JSON object "
            f"({type(error).__name__}); {remedy}"
        ) from error


def _unpacked(packed: bytes) -> bytes:
    """The text, unless it grows beyond what a reference can be."""
    with gzip.open(io.BytesIO(packed)) as file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ValueError("too large")
    return text


def _fetch(mlflow: Connection, model: ModelVersion, pointer: str, remedy: str) -> bytes:
    """The bytes behind a pointer; `ReferenceMissing` where only the pointer is left."""
    run_id, _, path = pointer.removeprefix("runs:/").partition("/")
    doing = f"fetch the reference of {model}"
    with temporary_folder() as folder:
        try:
            return mlflow.download(pointer, folder).read_bytes()
        except Exception as error:
            # Each kind of storage fails in a type of its own: ask whether it is there.
            with mlflow.answering(doing):
                listed = mlflow.client.list_artifacts(run_id, FOLDER)
            if path in [file.path for file in listed]:
                raise mlflow.refused(doing, "INTERNAL_ERROR") from mlflow.cause(error)
            raise ReferenceMissing(
                f"the reference of {model} is gone from {pointer}; {remedy}"
            ) from mlflow.cause(error)
