"""Retraining in this process, for a machine without a Prefect server."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from driftline.core.registry import load_attribute
from driftline.errors import DeliveryFailed, DriftlineError
from driftline.ports import Context, Dispatcher, RetrainRequest

Retrain = Callable[..., object]


class Settings(BaseModel):
    """What is called."""

    model_config = ConfigDict(extra="forbid")

    function: str = Field(
        description="Called with monitor, as_of (a date) and reason, as the retraining "
        "flow is",
        examples=["my_project.retraining:run"],
    )


class Inline(Dispatcher):
    """Calls a function and waits for it. A key is remembered as long as this object."""

    def __init__(self, retrain: Retrain) -> None:
        self._retrain = retrain
        self._handles: dict[str, str] = {}

    def request(self, request: RetrainRequest) -> str:
        """Run it to its end, unless this key did so before; the handle names the key.

        A key whose run failed is free again, and so is one that was approved since.
        """
        key = f"{request.key}/approved" if request.approved else request.key
        if key not in self._handles:
            self._call(request)
            self._handles[key] = f"inline:{request.key}"
        return self._handles[key]

    def _call(self, request: RetrainRequest) -> None:
        try:
            self._retrain(
                monitor=request.monitor, as_of=request.as_of, reason=request.reason
            )
        except DriftlineError as error:
            raise DeliveryFailed(
                f"retraining {request.monitor!r} failed: {error}",
                retryable=error.retryable,
            ) from error
        except Exception as error:
            raise DeliveryFailed(
                f"retraining {request.monitor!r} failed with {type(error).__name__}; its "
                "own log says where"
            ) from error


def build(settings: Settings, context: Context) -> Inline:
    """A dispatcher to the named function, imported now so that a typo shows at once."""
    return Inline(load_attribute(settings.function))
