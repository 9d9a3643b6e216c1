"""Which column plays which part for a monitor."""

from dataclasses import dataclass
from enum import StrEnum


class Task(StrEnum):
    """What the model predicts."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Roles:
    """Columns by their part.

    For a binary task `prediction` may be a class or, when `score` is None, a
    probability in [0, 1] that `decision_threshold` turns into a class.
    An empty `features` means: every column without another part.
    """

    task: Task
    timestamp: str
    prediction: str
    score: str | None = None
    label: str | None = None
    key: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    positive: str = "1"
    decision_threshold: float = 0.5

    def features_among(self, columns: list[str]) -> list[str]:
        """The feature columns among those that are there, in their order.

        >>> Roles(Task.BINARY, "t", "p").features_among(["t", "a", "p", "b"])
        ['a', 'b']
        """
        if self.features:
            return [name for name in self.features if name in columns]
        taken = {self.timestamp, self.prediction, self.score, self.label}
        taken |= {*self.key, *self.ignore}
        return [name for name in columns if name not in taken]
