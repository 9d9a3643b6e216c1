"""The registered model version whose days are judged."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model, pinned at the start of a run.

    `signature` maps the model's input columns to type names; empty when the version
    was logged without one. `link` opens the version in the registry's own interface.
    `checksum`, by which a challenger is known again that can be read without running
    code, is empty for any other version; it comes from the ledger, not the registry.
    `version` is empty while the registry has yet to say which one the alias names.
    """

    name: str
    version: str
    alias: str = ""
    signature: dict[str, str] = field(default_factory=dict)
    link: str = ""
    checksum: str = field(default="", compare=False)

    def __str__(self) -> str:
        """The version, or the alias where that is all that is known.

        >>> [str(ModelVersion("late", version, "champion")) for version in ("3", "")]
        ['late v3', 'late@champion']
        """
        known = f" v{self.version}" if self.version else f"@{self.alias}"
        return f"{self.name}{known}"
