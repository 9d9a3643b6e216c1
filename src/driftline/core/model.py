"""The registered model version whose days are judged."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model, pinned at the start of a run.

    `signature` maps the model's input columns to type names; empty when the version
    was logged without one. `link` opens the version in the registry's own interface.
    """

    name: str
    version: str
    alias: str = ""
    signature: dict[str, str] = field(default_factory=dict)
    link: str = ""

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
