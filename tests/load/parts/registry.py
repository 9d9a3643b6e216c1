"""One model whose reference is a file: MLflow's own work is not what a load measures."""

import json
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.ports import Context, DayRecord
from driftline.testing import MemoryRegistry
from tests.load.history import History


class Settings(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid")


class FileRegistry(MemoryRegistry):
    """Version 1 in service; days are in the history."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self._file = root / "reference.json"
        self._history = History(root)

    def resolve(self, name: str, alias: str) -> ModelVersion:
        return ModelVersion(name, "1", alias)

    def save_reference(self, model: ModelVersion, reference: Reference) -> None:
        self._file.write_text(json.dumps(reference.to_json()))

    def load_reference(self, model: ModelVersion) -> Reference:
        return _read(self._file)

    def log_day(self, day: DayRecord) -> str:
        self._history.note("done", "log", day.monitor, day.key)
        return day.key


@lru_cache
def _read(file: Path) -> Reference:
    return Reference.from_json(json.loads(file.read_text()))


def build(settings: Settings, context: Context) -> FileRegistry:
    """The registry in the monitor's root."""
    return FileRegistry(Path(context.root))
