"""MLflow's registry and tracking, whole: all of one port, on one connection.

Over 300 lines because it is one port, with its settings.
"""

import difflib
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.registries import (
    _mlflow_days,
    _mlflow_loading,
    _mlflow_model,
    _mlflow_reading,
    _mlflow_references,
)
from driftline.adapters.registries._mlflow_connection import (
    ABSENT,
    Connection,
    Patience,
    Refused,
    artifact_root,
    temporary_folder,
    without_password,
)
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.errors import DriftlineWarning, ModelMissing, ModelUnusable
from driftline.ports import Context, DayRecord, ModelRegistry, Predict, Trained

ELSEWHERE_TAG = "driftline.elsewhere"
"""Marks a version that stands for a model of another place: it has no files."""


class Settings(BaseModel):
    """Which MLflow, and where it keeps files.

    User name, password and token are MLflow's own environment variables
    (`MLFLOW_TRACKING_USERNAME`, `MLFLOW_TRACKING_PASSWORD`, `MLFLOW_TRACKING_TOKEN`).
    """

    model_config = ConfigDict(extra="forbid")

    tracking_uri: str = Field(
        "sqlite:///.driftline/mlflow.db",
        min_length=1,
        repr=False,
        description="MLflow server or database; a relative SQLite path starts at the "
        "monitor's root folder.",
    )
    registry_uri: str | None = Field(
        None, description="Model registry, where it is not the tracking server."
    )
    artifacts: str | None = Field(
        None,
        description="Folder or URI for files. Without a server: `mlartifacts` beside "
        "the SQLite file. With one: the server's own place.",
    )
    ui_url: str | None = Field(
        None, description="Address of MLflow's pages, for links in messages."
    )
    timeout_s: int = Field(
        10, ge=1, le=15, description="Seconds to wait for one answer of a server."
    )
    trusted: bool = Field(
        default=False,
        description="Whether any model of this registry may be loaded here, which runs "
        "its code. Without it, a challenger that Driftline trained is read as data where "
        "it can be, and scored in shadow; one of other types than scikit-learn's is not, "
        "and a surrogate is asked what a column's change does to the champion's score.",
    )
    deadline_s: float = Field(
        30,
        gt=0,
        description="Seconds after which a question is given up, however slowly its "
        "answer still arrives.",
    )
    files_deadline_s: float = Field(
        300,
        gt=0,
        description="The same for registering or loading a model, and for saving or "
        "loading a reference: a model may have gigabytes.",
    )
    experiment_prefix: str = Field(
        "driftline", description="Days are kept in experiment PREFIX/MONITOR."
    )


def build(settings: Settings, context: Context) -> ModelRegistry:
    """The registry; nothing is imported or contacted until the first call."""
    # One request costs 247 s by default where nobody answers; a person's own choice wins.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", str(settings.timeout_s))
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    return MlflowRegistry(settings, context)


class MlflowRegistry(ModelRegistry):
    """Model versions, references and days of one monitor."""

    def __init__(self, settings: Settings, context: Context) -> None:
        root = Path(context.root)
        self.trusted = settings.trusted
        self._roles = context.roles
        uris = (settings.tracking_uri, settings.registry_uri)
        patience = Patience(settings.deadline_s, settings.files_deadline_s)
        self._mlflow = Connection(*uris, root, patience)
        self._experiment_name = f"{settings.experiment_prefix}/{context.monitor}"
        uri = self._mlflow.uri
        self._artifacts = artifact_root(settings.artifacts, uri, root)
        web = uri if uri.startswith("http") else ""
        self._web = without_password(settings.ui_url or web).rstrip("/")
        self._remedy = f"make one with `driftline reference build {context.monitor}`"

    def resolve(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias, or of a plain number such as `"3"`, now."""
        return self._mlflow.within(
            f"find {name}@{alias}", lambda: self._resolved(name, alias)
        )

    def _resolved(self, name: str, alias: str) -> ModelVersion:
        client = self._mlflow.client
        with self._finding(name, alias):
            if alias.isdecimal():
                found = client.get_model_version(name, alias)
            else:
                found = client.get_model_version_by_alias(name, alias)
            version = self._mlflow.told(found.version)
            place = client.get_model_version_download_uri(name, version)
        signature: dict[str, str] = {}
        if ELSEWHERE_TAG not in found.tags:
            signature = self._signature(f"{name} v{found.version}", place)
        return ModelVersion(
            name,
            str(found.version),
            alias="" if alias.isdecimal() else alias,
            signature=signature,
            link=self._model_link(name, found.version),
        )

    def versions(self, name: str) -> list[ModelVersion]:
        """All versions, newest first, without signatures; empty for an unknown model."""
        what = f"list the versions of {name}"
        return self._mlflow.within(what, lambda: self._listed(name))

    def _listed(self, name: str) -> list[ModelVersion]:
        quoted = f'"{name}"' if "'" in name else f"'{name}'"
        with self._mlflow.answering(f"list the versions of {name}"):
            found = self._mlflow.client.search_model_versions(f"name = {quoted}")
        return [
            ModelVersion(
                name,
                str(version.version),
                alias=min(version.aliases, default=""),
                link=self._model_link(name, version.version),
            )
            for version in sorted(found, key=lambda found: -int(found.version))
        ]

    def move_alias(self, name: str, alias: str, version: str) -> None:
        """From now on the alias names this version."""
        self._mlflow.within(
            f"move {alias} of {name}", lambda: self._moved(name, alias, version)
        )

    def _moved(self, name: str, alias: str, version: str) -> None:
        with self._finding(name, version):
            self._mlflow.client.set_registered_model_alias(name, alias, version)

    def register(
        self, name: str, trained: Trained, tags: Mapping[str, str]
    ) -> ModelVersion:
        """A new version, with the run that made it in PREFIX/MONITOR/training."""
        what = f"register a version of {name}"
        made, checksum = self._mlflow.within(
            what, lambda: self._registered(name, trained, tags), files=True
        )
        return replace(self.resolve(name, made), checksum=checksum)

    def _registered(
        self, name: str, trained: Trained, tags: Mapping[str, str]
    ) -> tuple[str, str]:
        client = self._mlflow.client
        with self._mlflow.answering(f"register a version of {name}"):
            experiment = self._experiment("/training")
            run = client.create_run(experiment, tags=dict(tags), run_name=name)
            run_id = run.info.run_id
            logged, checksum = _mlflow_model.log(
                self._mlflow, experiment, run_id, trained
            )
            client.set_terminated(run_id)
            self._ensure_model(name)
            # Not `models:/<id>`: a SQLite registry looks that up by the global URI.
            created = self._mlflow.client.create_model_version(
                name,
                source=logged.artifact_location,
                run_id=run_id,
                tags=dict(tags),
                model_id=logged.model_id,
            )
        return self._mlflow.told(created.version), checksum

    def enlist(self, name: str, alias: str) -> ModelVersion:
        """The version under an alias, made without a model where there is none."""
        try:
            return self.resolve(name, alias)
        except ModelMissing:
            what = f"register {name}"
            return self._mlflow.within(what, lambda: self._enlisted(name, alias))

    def _enlisted(self, name: str, alias: str) -> ModelVersion:
        client = self._mlflow.client
        with self._mlflow.answering(f"register {name}"):
            self._ensure_model(name)
            run = client.create_run(self._experiment("/training"), run_name=name)
            client.set_terminated(run.info.run_id)
            created = self._mlflow.client.create_model_version(
                name,
                source=run.info.artifact_uri,
                run_id=run.info.run_id,
                tags={ELSEWHERE_TAG: "true"},
                description="A model that is kept elsewhere.",
            )
            self._mlflow.client.set_registered_model_alias(name, alias, created.version)
        return ModelVersion(
            name,
            str(created.version),
            alias=alias,
            link=self._model_link(name, created.version),
        )

    def save_reference(self, model: ModelVersion, reference: Reference) -> None:
        """Keep the reference with the version, replacing one that was there."""
        what = f"save the reference of {model}"
        self._mlflow.within(what, lambda: self._saved(model, reference), files=True)

    def _saved(self, model: ModelVersion, reference: Reference) -> None:
        with self._finding(model.name, model.version):
            found = self._mlflow.client.get_model_version(model.name, model.version)
        with self._mlflow.answering(f"save the reference of {model}"):
            run_id = _mlflow_references.run_of(self._mlflow, found.run_id)
            if not run_id:
                run_id = self._run_for(model)
            _mlflow_references.save(self._mlflow, model, run_id, reference)

    def load_reference(self, model: ModelVersion) -> Reference:
        """The version's reference, its checksum verified."""
        what = f"fetch the reference of {model}"
        # Two questions, so that a server that is mute is not waited for as files are.
        tags = self._mlflow.within(what, lambda: self._tags(model))
        load = partial(_mlflow_references.load, self._mlflow, model, tags, self._remedy)
        return self._mlflow.within(what, load, files=True)

    def _tags(self, model: ModelVersion) -> Mapping[str, str]:
        with self._finding(model.name, model.version):
            found = self._mlflow.client.get_model_version(model.name, model.version)
        return dict(found.tags)

    def load(self, model: ModelVersion) -> Predict:
        """The version's scorer: run where this registry is trusted, else read as data."""
        if not self.can_load(model):
            raise ModelUnusable(
                f"{model} is not loaded: a model is code, and this registry is not "
                "trusted; say `registry: {mlflow: {trusted: true}}` if it may run here"
            )
        opened = self._opened if self.trusted else self._read
        with temporary_folder() as folder:
            what = f"download {model}"
            files = self._mlflow.within(
                what, lambda: self._downloaded(model, folder), files=True
            )
            return opened(model, files)

    def _downloaded(self, model: ModelVersion, folder: Path) -> Path:
        client = self._mlflow.client
        with self._finding(model.name, model.version):
            found = client.get_model_version(model.name, model.version)
            place = client.get_model_version_download_uri(model.name, model.version)
        if ELSEWHERE_TAG in found.tags:
            raise ModelUnusable(f"{model} is a model of another place; it has no files")
        with self._mlflow.answering(f"download {model}"):
            if self.trusted:
                return self._mlflow.download(place, folder)
            _mlflow_reading.fetch(self._mlflow, model, place, folder)
            return folder

    def _read(self, model: ModelVersion, files: Path) -> Predict:
        estimator = _mlflow_reading.opened(model, files)
        inputs = _mlflow_model.column_types(files / _mlflow_reading.DESCRIPTION)
        return _mlflow_loading.estimator(estimator, inputs, self._roles)

    def _opened(self, model: ModelVersion, files: Path) -> Predict:
        try:
            return _mlflow_loading.scorer(files, self._roles)
        except Exception as error:  # a model may fail to load in any way
            raise ModelUnusable(
                f"{model} cannot be loaded ({type(error).__name__}): its files are "
                "damaged, or this machine lacks packages that it was made with"
            ) from error

    def log_day(self, day: DayRecord) -> str:
        """One run per key in PREFIX/MONITOR; the same key again changes nothing."""
        what = f"record {day.window.label} of {day.monitor}"
        return self._mlflow.within(what, lambda: self._logged(day))

    def _logged(self, day: DayRecord) -> str:
        with self._mlflow.answering(f"record {day.window.label} of {day.monitor}"):
            experiment = self._experiment()
            run_id = _mlflow_days.write(self._mlflow, experiment, day)
        if not self._web:
            return f"runs:/{run_id}"
        return f"{self._web}/#/experiments/{experiment}/runs/{run_id}"

    @contextmanager
    def _finding(self, name: str, version: str) -> Iterator[None]:
        """What MLflow says is not there becomes `ModelMissing`."""
        try:
            with self._mlflow.answering(f"find {name}@{version}"):
                yield
        except Refused as error:
            if error.code not in ABSENT:
                raise
            raise ModelMissing(self._whereabouts(name, version)) from error

    def _whereabouts(self, name: str, version: str) -> str:
        """What the registry has instead, and what to do next."""
        where = self._mlflow.shown
        try:
            with self._mlflow.answering(f"find {name}"):
                model = self._mlflow.client.get_registered_model(name)
        except Refused as error:
            if error.code not in ABSENT:
                raise
            return self._other_models(name)
        numbers = [found.version for found in self._listed(name)]
        aliases = [f"{a} → {v}" for a, v in sorted(model.aliases.items())]
        kind = "version" if version.isdecimal() else "alias"
        message = (
            f"{name!r} at {where} has no {kind} {version!r}. Its aliases: "
            f"{', '.join(aliases) or 'none'}; its versions: "
            f"{', '.join(numbers[:20]) or 'none'}."
        )
        if kind == "version" or not numbers:
            return message
        return (
            f'{message} Set it: mlflow.MlflowClient("{where}").'
            f'set_registered_model_alias("{name}", "{version}", "{numbers[0]}")'
        )

    def _other_models(self, name: str) -> str:
        with self._mlflow.answering("list its models"):
            found = self._mlflow.client.search_registered_models()
        models = sorted(model.name for model in found)
        near = difflib.get_close_matches(name, models, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        return (
            f"no registered model named {name!r} at {self._mlflow.shown}.{hint} It has: "
            f"{', '.join(models[:20]) or 'no model at all'}. Log the model with "
            "registered_model_name=, or correct the name or `tracking_uri`; a model that "
            "lives elsewhere is entered by `driftline reference build --enlist`."
        )

    def _signature(self, model: str, place: str) -> dict[str, str]:
        """Column types out of the file `MLmodel`; no model is loaded, so no code runs."""
        try:
            with temporary_folder() as folder:
                file = self._mlflow.download(f"{place}/MLmodel", folder)
                return _mlflow_model.column_types(file)
        except Exception as error:
            # Damage shows as one of many types, and another team's storage may be closed
            # to us; a day can be judged without a signature.
            warnings.warn(
                f"the signature of {model} cannot be read from {without_password(place)} "
                f"({type(error).__name__}); slices are not checked against it",
                DriftlineWarning,
                stacklevel=3,
            )
            return {}

    def _ensure_model(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._mlflow.client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _run_for(self, model: ModelVersion) -> str:
        """A fresh run, for a version whose own is gone or on another server."""
        run = self._mlflow.client.create_run(
            self._experiment("/references"), run_name=f"reference of {model}"
        )
        self._mlflow.client.set_terminated(run.info.run_id)
        return str(run.info.run_id)

    def _experiment(self, part: str = "") -> str:
        return self._mlflow.experiment(self._experiment_name + part, self._artifacts)

    def _model_link(self, name: str, version: object) -> str:
        if not self._web:
            return f"models:/{name}/{version}"
        return f"{self._web}/#/models/{quote(name, safe='')}/versions/{version}"
