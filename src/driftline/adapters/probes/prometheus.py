"""PromQL queries to Prometheus, or to what speaks its API: Thanos, Mimir, VictoriaMetrics."""

from math import isfinite
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlencode

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from driftline.adapters.probes._http import Server, Unanswered
from driftline.core.health import Reading
from driftline.ports import Context, HealthProbe


class Query(BaseModel):
    """One number of a server's health, and its limits."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="What findings call it")
    query: str = Field(
        min_length=1,
        description="PromQL that gives one number as of now",
        examples=["sum(increase(http_requests_total{code=~'5..'}[1d]))"],
    )
    unit: str = Field(default="", max_length=20, description="Shown after the number")
    lower: float | None = Field(
        default=None, allow_inf_nan=False, description="Below it is a warning"
    )
    upper: float | None = Field(
        default=None, allow_inf_nan=False, description="Above it is a warning"
    )

    @model_validator(mode="after")
    def _limits_leave_room(self) -> Self:
        if None not in (self.lower, self.upper) and self.lower > self.upper:  # type: ignore[operator]  # neither is None
            raise ValueError("`lower` is above `upper`")
        return self


class Settings(Server):
    """Where Prometheus is and what it is asked. Without limits a number is only shown."""

    queries: list[Query] = Field(
        min_length=1,
        max_length=100,
        description="Each `{name, query, unit, lower, upper}`; a query gives one number as "
        "of now, so use `increase(…[1d])` and the like for the day",
    )

    @field_validator("url")
    @classmethod
    def _without_the_last_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @field_validator("queries")
    @classmethod
    def _told_apart(cls, queries: list[Query]) -> list[Query]:
        names = [query.name for query in queries]
        if len(set(names)) < len(names):
            raise ValueError("two queries have the same name")
        return queries


class Prometheus(HealthProbe):
    """Every query on its own: one without an answer leaves the others standing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> list[Reading]:
        """One reading per query; a server that does not answer is asked no further."""
        readings: list[Reading] = []
        silent: Unanswered | None = None
        for query in self._settings.queries:
            try:
                if silent is not None:
                    raise silent
                readings.append(_reading(query, self._ask(query.query)))
            except Unanswered as error:
                silent = error if error.silent else None
                note = f"{query.name} could not be read: {error}"
                readings.append(_reading(query, None, note))
        return readings

    def _ask(self, query: str) -> float:
        seconds = f"{self._settings.timeout_s:g}"
        asked = urlencode({"query": query, "timeout": seconds})
        return number(self._settings.get(f"/api/v1/query?{asked}", "application/json"))


def _reading(query: Query, value: float | None, note: str = "") -> Reading:
    return Reading(
        "prometheus",
        query.name,
        value,
        query.unit,
        query.upper,
        note,
        lower=query.lower,
    )


class _Sample(BaseModel):
    value: tuple[Any, float]


class _Vector(BaseModel):
    kind: Literal["vector"] = Field(alias="resultType")
    result: list[_Sample]


class _Scalar(BaseModel):
    kind: Literal["scalar"] = Field(alias="resultType")
    result: tuple[Any, float]


class _Answer(BaseModel):
    """https://prometheus.io/docs/prometheus/latest/querying/api/: an instant query's."""

    status: Literal["success"]
    data: Annotated[_Vector | _Scalar, Field(discriminator="kind")]


def number(body: str) -> float:
    """The one number of an answer. Raises `Unanswered`.

    >>> number('{"status": "success", "data": {"resultType": "scalar", "result": [1, "2.5"]}}')
    2.5
    """
    try:
        data = _Answer.model_validate_json(body).data
    except ValidationError:
        raise Unanswered(
            "the answer is no number; `url` is Prometheus's own, and a range such as [1d] "
            "stands inside of a function such as increase()"
        ) from None
    found = (
        [data.result] if isinstance(data, _Scalar) else [s.value for s in data.result]
    )
    if not found:
        raise Unanswered("there is no data; are its metrics scraped under these names?")
    if len(found) > 1:
        raise Unanswered(
            f"there are {len(found)} series; make them one with sum() or max()"
        )
    value = found[0][1]
    if not isfinite(value):
        raise Unanswered(f"it is {value}, as what is divided by no traffic is")
    return value


def build(settings: Settings, context: Context) -> Prometheus:
    """A probe that asks the server when it is read."""
    return Prometheus(settings)
