"""The engine that runs in this process; see `_local` for what it does."""

from dataclasses import fields

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.engines import _local
from driftline.adapters.engines._local import Proposing
from driftline.ports import Context, Engine


class Settings(BaseModel):
    """How a plan is proposed."""

    model_config = ConfigDict(extra="forbid")

    max_edges: int = Field(
        Proposing.max_edges,
        ge=2,
        le=200,
        description="edges per numeric column, beside 4 in the tails",
    )
    max_categories: int = Field(
        Proposing.max_categories,
        ge=1,
        description="values remembered per column; rarer ones are unseen",
    )
    identifier_share: float = Field(
        Proposing.identifier_share,
        gt=0,
        le=1,
        description="text is an identifier above this distinct/rows",
    )
    identifier_values: int = Field(
        Proposing.identifier_values,
        ge=1,
        description="and above so many distinct values",
    )
    sample_rows: int = Field(
        Proposing.sample_rows,
        ge=1000,
        description="rows at most from which edges are read",
    )
    seed: int = Field(Proposing.seed, ge=0, description="seed of every sample")


def build(settings: Settings, context: Context) -> Engine:
    """The engine that runs in this process."""
    return LocalEngine(settings)


class LocalEngine(_local.LocalEngine):
    """The engine as a monitor file sets it."""

    def __init__(self, settings: Settings) -> None:
        chosen = {f.name: getattr(settings, f.name) for f in fields(Proposing)}
        super().__init__(Proposing(**chosen))
