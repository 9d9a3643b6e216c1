"""What is learned from a reference's rows, once, and asked on every day that needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from driftline.core.reference import Reference
from driftline.core.roles import Roles
from driftline.core.why.encoding import Array
from driftline.core.why.loss import loss_name, losses
from driftline.core.why.segments import Side
from driftline.core.why.served import Scorer, Served, served
from driftline.core.why.surrogate import Surrogate, learn, outputs

FAITHFUL = 0.3
"""The least fidelity at which a surrogate's answer about the score is told to people."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model or its surrogates, by the name of its output, and one of its loss.

    `sample` are the reference's rows, `lost` what each of them lost (NaN without a label).
    """

    sample: pl.DataFrame
    columns: tuple[str, ...]
    scores: dict[str, Surrogate | Served]
    loss: Surrogate | None
    lost: Array
    loss_name: str

    def expected(self, rows: pl.DataFrame) -> Array:
        """What the reference would have lost on each of these rows."""
        if self.loss is not None:
            return self.loss(rows)
        usual = pl.Series(self.lost).drop_nans().mean()
        return pl.select(pl.repeat(usual or 0.0, rows.height)).to_series().to_numpy()

    def side(self, rows: pl.DataFrame, lost: Array) -> Side:
        """The rows with a label, and what was to be expected of them."""
        labelled = ~pl.Series(lost, dtype=pl.Float64).is_nan()
        kept = rows.filter(labelled)
        return Side(kept, lost[labelled.to_numpy()], self.expected(kept))


def learn_reference(
    reference: Reference, roles: Roles, ways: Sequence[Scorer] = (), seed: int = 0
) -> Learned | None:
    """Everything that a reference's sample teaches; None where none is kept.

    With `ways` of asking the model itself it is asked, where it says what was logged.
    """
    sample = reference.sample
    if sample is None or sample.is_empty():
        return None
    columns = roles.features_among(list(reference.plan.columns))
    present = [name for name in columns if name in sample.columns]
    learned = {
        name: learn(sample, present, target, seed)
        for name, target in outputs(sample, roles).items()
    }
    scores: dict[str, Surrogate | Served] = {
        name: served(ways, name, sample, roles, found) or found
        for name, found in learned.items()
        if found
    }
    lost = losses(sample, roles)
    loss = learn(sample, present, lost, seed)
    return Learned(
        sample,
        tuple(present),
        {n: s for n, s in scores.items() if s.fidelity >= FAITHFUL},
        loss if loss is not None and loss.fidelity > 0 else None,
        lost,
        loss_name(sample, roles),
    )
