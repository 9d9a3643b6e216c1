"""A dispatcher that starts nothing and keeps a record, one run for a key, as Prefect does."""

from hashlib import blake2b
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from driftline.ports import Context, Dispatcher, RetrainRequest
from tests.load.history import History

FOLDER = "runs"


class Settings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")


class RecordedRuns(Dispatcher):
    """A run is a file named by the request's key, made by whoever asks first."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER
        self._history = History(root)

    def request(self, request: RetrainRequest) -> str:
        """The handle of the run that this key started, now or before."""
        name = blake2b(request.key.encode(), digest_size=8).hexdigest()
        with self._history.operation("dispatch", request.monitor, request.key):
            self._folder.mkdir(exist_ok=True)
            try:
                with (self._folder / name).open("x") as file:
                    file.write(f"{request.monitor} {request.as_of} {request.key}")
            except FileExistsError:
                pass
        return name


def build(settings: Settings, context: Context) -> RecordedRuns:
    """The record in the monitor's root."""
    return RecordedRuns(Path(context.root))
