"""What a reference teaches: each part worked out when first asked for, then kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from driftline.core.bounds.checks import judged_columns, role_of
from driftline.core.comparison import DriftPolicy, ReferenceSpread, measure_reference
from driftline.core.contrast.kept import from_kept
from driftline.core.contrast.spread import (
    ContrastSpread,
    group_columns,
    measure_contrasts,
)
from driftline.core.diagnosis import Numbers
from driftline.core.estimation.estimator import Estimator, fit
from driftline.core.given.spread import GivenSpread, measure_given
from driftline.core.joint.classifier import DomainSpread, measure_domain
from driftline.core.joint.spread import JointSpread, measure_joint
from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.core.values.spread import ValuesSpread, measure_values
from driftline.core.why.attribution import Ranking, rank_reference
from driftline.core.why.gaps import Usual, usual_gaps
from driftline.core.why.learned import Learned, learn_reference
from driftline.core.why.served import Scorer
from driftline.core.window import Every

Part = TypeVar("Part")


def _nobody() -> None:
    """No model that may be asked itself."""


Kept = dict[tuple[Any, ...], Any]
"""Parts by what they are and what they were made of."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """One reference and what is known of it. `kept` outlives the day, in one process."""

    version: str
    reference: Reference
    roles: Roles
    kept: Kept = field(default_factory=dict)

    def spread(
        self, policy: DriftPolicy, later: Reference | None = None
    ) -> ReferenceSpread:
        """How the reference's own days differ, with days in production after them."""
        return self._once(
            "spread",
            lambda: measure_reference(self.reference, self.roles, policy, later),
            *(later.days if later else ()),
        )

    def joint(self, policy: DriftPolicy) -> JointSpread:
        """How the reference's columns go together."""
        return self._once("joint", lambda: self._measured_pairs(policy))

    def given(self, policy: DriftPolicy) -> GivenSpread:
        """What the reference's columns say of each of its numbers."""
        return self._once("given", lambda: self._measured_given(policy))

    def values(self, policy: DriftPolicy) -> ValuesSpread:
        """How many strange values the reference's days have."""
        return self._once("values", lambda: self._measured_values(policy))

    def domain(self, policy: DriftPolicy) -> DomainSpread | None:
        """How well a classifier tells the reference's days apart."""
        return self._once("domain", lambda: self._measured_domain(policy))

    def contrasts(self) -> ContrastSpread:
        """How the errors of groups differ from day to day."""
        return self._once("contrasts", self._measured_contrasts)

    def estimator(self, metrics: tuple[str, ...], every: Every) -> Estimator:
        """What estimates performance without labels."""
        return self._once(
            "estimator",
            lambda: fit(self.reference, self.roles, metrics, every),
            *metrics,
        )

    def model(self, asked: Callable[[], Scorer | None] = _nobody) -> Learned | None:
        """What the reference's rows teach about the model, which may itself be asked."""
        return self._once(
            "model", lambda: learn_reference(self.reference, self.roles, asked())
        )

    def columns(self) -> dict[tuple[str, bool], Numbers]:
        """What diagnosis has learned of the reference's columns: filled as it asks."""
        return self._once("columns", dict)

    def ranking(self, rows: int) -> Ranking:
        """The reference's order of importances, for slices of about so many rows."""
        sample = self.reference.sample
        assert sample is not None
        columns = self.roles.features_among(list(self.reference.plan.columns))
        return self._once(
            "ranking",
            lambda: rank_reference(sample, columns, self.roles, rows),
            _alike(rows),
        )

    def usual_gaps(self, rows: int) -> Usual:
        """The gaps between groups in the reference's rows, for about so many rows."""
        sample = self.reference.sample
        assert sample is not None
        return self._once(
            "gaps", lambda: usual_gaps(sample, self.roles, rows), _alike(rows)
        )

    def _measured_contrasts(self) -> ContrastSpread:
        """As the reference has it; from its sample where it was built for other roles."""
        columns = group_columns(self.reference.plan, self.roles)
        found = from_kept(self.reference.groups, columns, self.roles)
        return found or measure_contrasts(self.reference, columns, self.roles)

    def _measured_pairs(self, policy: DriftPolicy) -> JointSpread:
        rng = np.random.default_rng(policy.seed)
        odd = self.spread(policy).odd
        return measure_joint(self.reference, self._watched(policy), rng, odd)

    def _measured_given(self, policy: DriftPolicy) -> GivenSpread:
        odd = self.spread(policy).odd
        return measure_given(self.reference, self._watched(policy), odd)

    def _measured_values(self, policy: DriftPolicy) -> ValuesSpread:
        watched = self._watched(policy)
        return measure_values(self.reference, watched, self.roles.timestamp)

    def _watched(self, policy: DriftPolicy) -> list[str]:
        """The features: what the model says goes with every one of them, and every day."""
        judged = judged_columns(self.reference.plan, self.roles, policy)
        return [name for name in judged if role_of(name, self.roles) == "feature"]

    def _measured_domain(self, policy: DriftPolicy) -> DomainSpread | None:
        columns = judged_columns(self.reference.plan, self.roles, policy)
        watched = [name for name in columns if name != self.roles.label]
        return measure_domain(self.reference, watched, policy.seed)

    def _once(self, part: str, make: Callable[[], Part], *of: object) -> Part:
        key = (part, self.version, self.reference.digest, *of)
        if key not in self.kept:
            self.kept[key] = make()
        found: Part = self.kept[key]
        return found


def _alike(rows: int) -> int:
    """The same for slices of like size, which are compared with the same parts."""
    return max(rows, 1).bit_length()
