"""What groups usually do, as plain values: a reference keeps it, and not the rows."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

import numpy as np

from driftline.core.contrast.effects import Effects
from driftline.core.contrast.groups import Cells
from driftline.core.contrast.spread import ContrastSpread, Usual
from driftline.core.joint.coding import Coding
from driftline.core.profiles.plan import Kind
from driftline.core.roles import Roles


def kept(
    spread: ContrastSpread, columns: Sequence[str], roles: Roles
) -> dict[str, Any]:
    """Plain values, numbers to six digits; empty where no group is watched."""
    if spread.effects is None:
        return {}
    return {
        "of": _of(columns, roles),
        "codings": [
            [c.column, c.kind.value, list(c.edges), list(c.categories)]
            for c in spread.cells.codings
        ],
        "adjusted": list(spread.cells.adjusted),
        "effects": {
            kind: [_short(e.usual.tolist()), _short(e.between.tolist()), e.noise]
            for kind, e in spread.effects.items()
        },
        "groups": {name: _short(astuple(u)) for name, u in spread.groups.items()},
        "rest": [spread.tail, spread.together, spread.loss, spread.called],
    }


def from_kept(
    values: dict[str, Any], columns: Sequence[str], roles: Roles
) -> ContrastSpread | None:
    """What `kept` was given; None where it was learned of other columns or roles."""
    if values.get("of") != _of(columns, roles):
        return None
    codings = [
        Coding(column, Kind(kind), tuple(edges), tuple(categories))
        for column, kind, edges, categories in values["codings"]
    ]
    cells = Cells(tuple(codings), tuple(values["adjusted"]))
    effects = {
        kind: Effects(cells.places, np.array(usual), np.array(between), noise)
        for kind, (usual, between, noise) in values["effects"].items()
    }
    groups = {name: Usual(*usual) for name, usual in values["groups"].items()}
    coded = {coding.column: coding for coding in codings}
    return ContrastSpread(coded, groups, cells, effects, *values["rest"])


def _of(columns: Sequence[str], roles: Roles) -> list[Any]:
    """What the groups and their shares follow from, beside the rows."""
    outputs = [roles.label, roles.prediction, roles.score]
    return [roles.task.value, outputs, list(columns), list(roles.segments)]


def _short(numbers: Sequence[float]) -> list[float]:
    return [float(f"{n:.6g}") if isinstance(n, float) else n for n in numbers]
