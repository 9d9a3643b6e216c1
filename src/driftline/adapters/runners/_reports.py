"""What the application reports, as far as it is shown; an adapter does not import it."""

from collections.abc import Sequence
from typing import Protocol

from driftline.core.action import Action
from driftline.core.retraining.request import Standing
from driftline.core.verdict import Verdict
from driftline.core.window import Window


class Delivered(Protocol):
    """What became of an action: `state` is done, postponed or failed."""

    @property
    def action(self) -> Action: ...
    @property
    def state(self) -> str: ...
    @property
    def detail(self) -> str: ...


class Judged(Protocol):
    """What the application reports of one window (`DayReport`), as it is shown here."""

    @property
    def window(self) -> Window: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def model(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def report(self) -> str: ...
    @property
    def retraining(self) -> Standing: ...
    @property
    def deliveries(self) -> Sequence[Delivered]: ...


class Retrained(Protocol):
    """What the application reports of a retraining (`RetrainReport`)."""

    @property
    def challenger(self) -> str: ...
    @property
    def promoted(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def in_shadow(self) -> bool: ...
    @property
    def prediction(self) -> str: ...
