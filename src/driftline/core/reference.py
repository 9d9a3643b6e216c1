"""What drift is measured from: day-by-day profiles kept with the model version."""

import base64
import io
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from statistics import median
from typing import Any, Self

import polars as pl
from polars.exceptions import PolarsError

from driftline.core.profiles.plan import Plan
from driftline.core.profiles.profile import Profile, merged
from driftline.errors import ReferenceCorrupt

FORMAT = 2
"""Version of the JSON written by `Reference.to_json`."""

READABLE = (1, FORMAT)
"""Versions that `Reference.from_json` reads; the first kept no sample."""

WINDOW = "__window__"
"""A column of our own: the label of each row's window, while rows are in memory."""


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


@dataclass(frozen=True)
class Reference:
    """The plan, one profile per reference window, and the metrics of those windows.

    `days` maps window labels to profiles that all follow `plan`, oldest first.
    `performance` maps a window label to metrics by name; windows without labels are
    absent. `origin` says in words which rows these were. `sample` holds some rows of
    every window, with its label in the column `WINDOW`: what only rows can tell (how
    columns go together, what undoes a change) is learned from it; None without.
    `importances` is each feature's share of what moves the model's score, empty where
    it was not worked out. `groups` is what the errors of groups of rows usually do, from
    more rows than are kept (`core/contrast/kept.py`); empty where that is not known.
    """

    plan: Plan
    days: dict[str, Profile]
    performance: dict[str, dict[str, Measured]] = field(default_factory=dict)
    origin: str = ""
    sample: pl.DataFrame | None = field(default=None, compare=False)
    repeats: dict[str, float] = field(default_factory=dict)
    importances: dict[str, float] = field(default_factory=dict, compare=False)
    groups: dict[str, Any] = field(default_factory=dict, compare=False)

    @cached_property
    def total(self) -> Profile:
        """All reference rows in one profile."""
        return merged(list(self.days.values()))

    @cached_property
    def usual_rows(self) -> float:
        """How many rows a usual window has: the median; 0 where no window is known."""
        rows = [day.rows for day in self.days.values()]
        return median(rows) if rows else 0.0

    @cached_property
    def digest(self) -> str:
        """Equal for references that teach the same; `origin` is words alone."""
        taught = (
            self.plan.digest,
            self.days,
            self.performance,
            self.repeats,
            self.importances,
            _rows_digest(self.sample),
            *((self.groups,) if self.groups else ()),
        )
        return blake2b(repr(taught).encode(), digest_size=8).hexdigest()

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
            "sample": _packed(self.sample),
            "repeats": self.repeats,
            "importances": self.importances,
            "groups": self.groups,
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
        found = values.get("format") if isinstance(values, dict) else None
        if found not in READABLE:
            raise ReferenceCorrupt(
                f"reference format {found!r}; this version reads {READABLE}. Build it "
                "again with `driftline reference build`."
            )
        try:
            reference = cls(
                plan=Plan.from_json(values["plan"]),
                days={k: Profile.from_json(v) for k, v in values["days"].items()},
                performance={
                    label: {name: Measured(**m) for name, m in metrics.items()}
                    for label, metrics in values["performance"].items()
                },
                origin=values["origin"],
                sample=_unpacked(values.get("sample")),
                repeats={k: float(v) for k, v in values.get("repeats", {}).items()},
                importances=dict(values.get("importances", {})),
                groups=dict(values.get("groups", {})),
            )
        except (AttributeError, KeyError, TypeError, ValueError, PolarsError) as error:
            raise ReferenceCorrupt(
                f"the reference lacks or mangles a part ({error!r}); build it again "
                "with `driftline reference build`"
            ) from error
        if not reference.days:
            raise ReferenceCorrupt(
                "the reference has no day; build it again with `driftline reference "
                "build`"
            )
        return reference


def _rows_digest(sample: pl.DataFrame | None) -> str:
    """Equal for the same rows under the same names, in one process."""
    if sample is None:
        return ""
    hashed = blake2b(repr(sample.schema).encode(), digest_size=8)
    hashed.update(sample.hash_rows().to_numpy().tobytes())
    return hashed.hexdigest()


def _packed(sample: pl.DataFrame | None) -> str | None:
    """Rows as text that fits in a JSON file: Parquet in base64."""
    if sample is None:
        return None
    written = io.BytesIO()
    sample.write_parquet(written, compression="zstd")
    return base64.b64encode(written.getvalue()).decode()


def _unpacked(text: str | None) -> pl.DataFrame | None:
    """What `_packed` wrote."""
    if text is None:
        return None
    return pl.read_parquet(io.BytesIO(base64.b64decode(text, validate=True)))
