"""What drift is measured from: day-by-day profiles kept with the model version."""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self

from driftline.core.plan import Plan
from driftline.core.profile import Profile, merged
from driftline.errors import ReferenceCorrupt

FORMAT = 1
"""Version of the JSON written by `Reference.to_json`."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric's value on some rows, with its interval at the stated confidence."""

    value: float
    lower: float
    upper: float
    rows: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "value": self.value,
            "lower": self.lower,
            "upper": self.upper,
            "rows": self.rows,
        }


@dataclass(frozen=True, slots=True)
class Reference:
    """The plan, one profile per reference window, and the metrics of those windows.

    `days` maps window labels to profiles that all follow `plan`, oldest first.
    `performance` maps a window label to metrics by name; windows without labels are
    absent. `origin` says in words which rows these were.
    """

    plan: Plan
    days: dict[str, Profile]
    performance: dict[str, dict[str, Measured]] = field(default_factory=dict)
    origin: str = ""

    @property
    def total(self) -> Profile:
        """All reference rows in one profile."""
        return merged(list(self.days.values()))

    @property
    def digest(self) -> str:
        """Equal for the same plan and the same days with the same counts and sums."""
        days = [
            (
                label,
                day.rows,
                [(c.missing, c.total, c.bins) for c in day.columns.values()],
            )
            for label, day in self.days.items()
        ]
        text = repr((self.plan.digest, days))
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def without(self, label: str) -> Profile:
        """All reference rows but one window's: what that window is compared with."""
        return merged([day for name, day in self.days.items() if name != label])

    def metric(self, name: str) -> list[Measured]:
        """One metric over the reference windows that have it, oldest first."""
        return [day[name] for day in self.performance.values() if name in day]

    def to_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return {
            "format": FORMAT,
            "origin": self.origin,
            "plan": self.plan.to_json(),
            "days": {label: day.to_json() for label, day in self.days.items()},
            "performance": {
                label: {name: metric.to_json() for name, metric in metrics.items()}
                for label, metrics in self.performance.items()
            },
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `to_json` wrote; `ReferenceCorrupt` for anything else."""
        if values.get("format") != FORMAT:
            raise ReferenceCorrupt(
                f"reference format {values.get('format')!r}; this version reads "
                f"{FORMAT}. Build it again with `driftline reference build`."
            )
        try:
            return cls(
                plan=Plan.from_json(values["plan"]),
                days={k: Profile.from_json(v) for k, v in values["days"].items()},
                performance={
                    label: {name: Measured(**m) for name, m in metrics.items()}
                    for label, metrics in values["performance"].items()
                },
                origin=values["origin"],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ReferenceCorrupt(
                f"the reference lacks or mangles {error}; build it again with "
                "`driftline reference build`"
            ) from error
