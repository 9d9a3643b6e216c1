"""The registered model itself, asked for its score: only where the monitor trusts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from driftline.core.roles import Roles
from driftline.core.why.encoding import Array
from driftline.core.why.surrogate import Surrogate, outputs

Scorer = Callable[[pl.DataFrame], Any]
"""One way of asking a model: what it says of each row, a probability, class or value."""

SAME = 0.98
"""The share of the logged output's variance that the model has to give again."""

ASKED = 500
"""Rows of the reference on which that is looked at."""


@dataclass(frozen=True, slots=True)
class Served:
    """Gives a number per row, as the model itself does; where it fails, as its surrogate.

    `fidelity` is the share of the logged output's variance that it gave again.
    """

    ask: Scorer
    output: str
    roles: Roles
    otherwise: Surrogate
    fidelity: float

    source = "the registered model"

    @property
    def spread(self) -> float:
        """The number's standard deviation between rows."""
        return self.otherwise.spread

    def __call__(self, table: pl.DataFrame) -> Array:
        """The number of each row."""
        said = _said(self.ask, self.output, table, self.roles)
        return self.otherwise(table) if said is None else said


def served(
    ways: Sequence[Scorer],
    output: str,
    sample: pl.DataFrame,
    roles: Roles,
    surrogate: Surrogate,
) -> Served | None:
    """The model, asked in the way that gives its logged output again; None if none does.

    A model behind preprocessing that the registry does not have says other things of the
    same columns.
    """
    some = sample[:: max(sample.height // ASKED, 1)]
    logged = outputs(some, roles)[output]
    best: Served | None = None
    for ask in ways:
        said = _said(ask, output, some, roles)
        same = -np.inf if said is None else _same(logged, said)
        if same >= max(SAME, best.fidelity if best else 0.0):
            best = Served(ask, output, roles, surrogate, same)
    return best


def _said(ask: Scorer, output: str, table: pl.DataFrame, roles: Roles) -> Array | None:
    """The model's answer as the output of that name; None where it fails."""
    name = roles.score if output == "score" and roles.score else roles.prediction
    try:
        answer = pl.Series(name, np.asarray(ask(table)))
        return outputs(table.with_columns(answer), roles).get(output)
    except Exception:  # (a model may refuse rows in any way; the day goes on)
        return None


def _same(logged: Array, said: Array) -> float:
    known = np.isfinite(logged) & np.isfinite(said)
    if known.sum() < 2:
        return -np.inf
    rest = float(np.square(logged[known] - said[known]).mean())
    power = float(logged[known].var())
    return 1 - rest / power if power > 0 else float(rest == 0)
