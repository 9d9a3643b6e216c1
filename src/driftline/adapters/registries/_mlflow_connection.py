"""One MLflow, always by an explicit URI.

MLflow's process-wide tracking URI is neither read nor set: unset it means a new, empty
database in the working directory.
Over 300 lines because every call goes through one deadline and one set of words.
"""

import re
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from math import inf
from pathlib import Path
from posixpath import normpath
from threading import Event, local
from time import monotonic
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

from driftline.beside import beside
from driftline.errors import RegistryUnavailable

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

Result = TypeVar("Result")

SQLITE = "sqlite:///"
DATABASE = re.compile(r"(postgresql|postgres|mysql)(\+\w+)?://")
CONNECT_S = 5
METRICS_A_BATCH = 1000
NAME_LIMIT = 250

PASSING = {
    "INTERNAL_ERROR",
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "DEADLINE_EXCEEDED",
    "RESOURCE_EXHAUSTED",
}
"""MLflow's error codes after which trying again can help."""

DENIED = {"UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"}

ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
"""What MLflow answers for a missing model or version, and for a missing alias."""


class Refused(RegistryUnavailable):
    """MLflow did not do what it was asked; `code` is its own word for why."""

    def __init__(self, message: str, code: str, place: str = "") -> None:
        super().__init__(message, retryable=code in PASSING, place=place)
        self.code = code


@dataclass(slots=True)
class Patience:
    """Seconds in all for one question, and for one that moves a model's files."""

    question_s: float
    files_s: float


class Connection:
    """A client, its failures as ours, and where things are."""

    def __init__(
        self, uri: str, registry_uri: str | None, root: Path, patience: Patience
    ) -> None:
        self._patience = patience
        self._mute_until = -inf
        self._asking = local()
        # Not `cached_property`: one lock would be for the connections of all monitors.
        self._client: MlflowClient | None = None
        self.uri = anchored(uri, root)
        self.registry_uri = anchored(registry_uri or uri, root)
        self.shown = without_password(self.registry_uri)
        self.place = place_of(self.registry_uri, self.uri)
        self._secret = any(
            u != without_password(u) for u in (self.uri, self.registry_uri)
        )
        self._experiments: dict[str, str] = {}

    @property
    def client(self) -> "MlflowClient":
        """The client; a SQLite file and its folder are made when they are not there."""
        given_up: Event | None = getattr(self._asking, "given_up", None)
        if given_up is not None and given_up.is_set():
            raise self.refused("answer in time", "DEADLINE_EXCEEDED")
        if self._client is None:
            self._client = self._opened()
        return self._client

    def _opened(self) -> "MlflowClient":
        from mlflow import MlflowClient

        with self.answering("open"):
            for uri in {self.uri, self.registry_uri}:
                if uri.startswith(SQLITE):
                    file = Path(uri.removeprefix(SQLITE))
                    file.parent.mkdir(parents=True, exist_ok=True)
                elif DATABASE.match(uri):
                    _reach(uri)
            return MlflowClient(self.uri, self.registry_uri)

    @contextmanager
    def answering(self, doing: str) -> Iterator[None]:
        """Turn MLflow's failures into `Refused` without their texts: those may hold rows."""
        from botocore.exceptions import BotoCoreError, ClientError
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import OperationalError, SQLAlchemyError

        try:
            yield
        except MlflowException as error:
            raise self.refused(doing, error.error_code) from self.cause(error)
        except (OSError, OperationalError, BotoCoreError, ClientError) as error:
            raise self.refused(doing, "INTERNAL_ERROR") from self.cause(error)
        except SQLAlchemyError as error:
            raise self.refused(doing, type(error).__name__) from self.cause(error)

    def within(
        self, doing: str, ask: Callable[[], Result], *, files: bool = False
    ) -> Result:
        """The answer, or `Refused` when it is not whole by the deadline.

        Whoever still waits for it then asks for nothing more. For as long as one question
        may take, the next ones are refused at once: a day that MLflow fails waits for it
        once, whatever it has to ask.
        """
        if monotonic() < self._mute_until:
            late = f"{doing}, nor answer in time a moment ago"
            raise self.refused(late, "DEADLINE_EXCEEDED")
        deadline_s = self._patience.files_s if files else self._patience.question_s
        given_up = Event()

        def find() -> Result:
            self._asking.given_up = given_up
            return ask()

        answer = beside(find)
        if wait([answer], timeout=deadline_s).done:
            return answer.result()
        given_up.set()
        if not files:
            self._mute_until = monotonic() + self._patience.question_s
        late = f"{doing} within {deadline_s:g} s"
        raise self.refused(late, "DEADLINE_EXCEEDED")

    def cause(self, error: Exception) -> Exception | None:
        """MLflow's error for the traceback, unless its text may repeat a password."""
        return None if self._secret else error

    def refused(self, doing: str, code: str) -> Refused:
        """The error that says what to look at."""
        advice = "look into its log, and compare `tracking_uri` with its documentation"
        if code in PASSING:
            advice = "is it running, and is `tracking_uri` right?"
        if code in DENIED:
            advice = (
                "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
                "MLFLOW_TRACKING_TOKEN"
            )
        return Refused(
            f"MLflow at {self.shown} did not {doing} ({code}): {advice}",
            code,
            self.place,
        )

    def download(self, uri: str, folder: Path) -> Path:
        """A copy of one artifact in the folder."""
        from mlflow.artifacts import download_artifacts

        found = download_artifacts(
            artifact_uri=uri,
            dst_path=str(folder),
            tracking_uri=self.uri,
            registry_uri=self.registry_uri,
        )
        return Path(found)

    def sizes(self, uri: str) -> dict[str, int]:
        """Bytes of each file in a folder of artifacts, as its store lists them."""
        from mlflow.artifacts import list_artifacts

        found = list_artifacts(artifact_uri=uri, tracking_uri=self.uri)
        return {
            file.path.rpartition("/")[2]: int(file.file_size or 0)
            for file in found
            if not file.is_dir
        }

    def experiment(self, name: str, artifacts: str | None) -> str:
        """The id of an experiment, made when it is not there."""
        if name not in self._experiments:
            found = self.client.get_experiment_by_name(name)
            self._experiments[name] = (
                self.told(found.experiment_id)
                if found
                else self._create(name, artifacts)
            )
        return self._experiments[name]

    def told(self, answer: object) -> str:
        """An id or version. MLflow takes an answer that was cut off for an empty one."""
        if not str(answer):
            raise self.refused("answer in full", "INTERNAL_ERROR")
        return str(answer)

    def log_metrics(self, run_id: str, metrics: list["Metric"]) -> None:
        """Log them in as few requests as MLflow allows."""
        for start in range(0, len(metrics), METRICS_A_BATCH):
            batch = metrics[start : start + METRICS_A_BATCH]
            self.client.log_batch(run_id, metrics=batch)

    def _create(self, name: str, artifacts: str | None) -> str:
        from mlflow.exceptions import MlflowException

        place = f"{artifacts}/{quote(name)}" if artifacts else None
        try:
            made = self.client.create_experiment(name, artifact_location=place)
            return self.told(made)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            # Another worker was faster.
            return self.told(self.client.get_experiment_by_name(name).experiment_id)


def _reach(uri: str) -> None:
    """The database answers; MLflow would try a dead one for minutes, under a lock."""
    import sqlalchemy as sa

    engine = sa.create_engine(
        uri, poolclass=sa.NullPool, connect_args={"connect_timeout": CONNECT_S}
    )
    engine.connect().close()


def slug(name: str) -> str:
    """A metric name that MLflow takes; distinct names stay distinct.

    >>> slug("drift/dep_delay/psi")
    'drift/dep_delay/psi'
    >>> slug('drift/say "hi"/psi')
    'drift/say _hi_/psi-af1a5b88'
    """
    kept = re.sub(r"[^\w\-. :/]", "_", name)
    if kept == name and normpath(name) == name and len(name) <= NAME_LIMIT:
        return name
    parts = [part for part in kept.split("/") if part.strip(".")]
    mark = blake2b(name.encode(), digest_size=4).hexdigest()
    return "/".join(parts)[: NAME_LIMIT - 9].rstrip("/") + f"-{mark}"


def anchored(uri: str, root: Path) -> str:
    """A relative SQLite path starts at the root, never where the process happens to be."""
    if not uri.startswith(SQLITE):
        return uri
    return f"{SQLITE}{(root / uri.removeprefix(SQLITE)).resolve()}"


def artifact_root(chosen: str | None, uri: str, root: Path) -> str | None:
    """Where files go; None leaves it to the server.

    >>> artifact_root(None, "sqlite:////srv/driftline/mlflow.db", Path("/"))
    'file:///srv/driftline/mlartifacts'
    """
    if chosen and urlsplit(chosen).scheme:
        return chosen.rstrip("/")
    if chosen:
        return (root / chosen).resolve().as_uri()
    if not uri.startswith(SQLITE):
        return None
    return (Path(uri.removeprefix(SQLITE)).parent / "mlartifacts").as_uri()


def without_password(uri: str) -> str:
    """The URI as it may be shown.

    >>> without_password("https://me:secret@mlflow.example.com/x")
    'https://mlflow.example.com/x'
    >>> without_password("postgresql://mlflow.example.com/x?password=secret")
    'postgresql://mlflow.example.com/x'
    """
    scheme, slashes, rest = uri.partition("?")[0].partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{place.rpartition('@')[2]}{slash}{path}"


def place_of(*uris: str) -> str:
    """The addresses, each once, without secrets.

    >>> place_of("https://me:secret@mlflow.example.com/", "https://mlflow.example.com")
    'https://mlflow.example.com'
    """
    return " ".join(dict.fromkeys(without_password(uri).rstrip("/") for uri in uris))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="driftline-") as name:
        yield Path(name)
