"""How large a window of a table may be, whose rows lie with a server."""

from pydantic import BaseModel, ConfigDict, Field


class WindowLimits(BaseModel):
    """The most that one window of a table may hold. A larger one is not judged."""

    model_config = ConfigDict(extra="forbid")

    columns: int = Field(10_000, ge=1, description="columns of the table")
    rows: int = Field(2_000_000_000, ge=1, description="rows of one window")
    bytes: int = Field(64 << 30, ge=1, description="bytes of one window")
