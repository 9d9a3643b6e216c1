"""What explains a day's findings: evidence and sentences for people."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.roles import Roles
from driftline.core.why.contribution import (
    Effect,
    Model,
    Response,
    change_of,
    effect_on,
    response,
)
from driftline.core.why.learned import Learned
from driftline.core.why.loss import losses
from driftline.core.why.ranking import changed_columns, is_cause, surprise
from driftline.core.why.segments import Segment, worst_segments
from driftline.core.why.served import Served
from driftline.core.why.surrogate import Surrogate
from driftline.core.wording import number, percent, rounded

MOST_COLUMNS = 8
"""Changed columns whose effect is worked out: those that changed most."""

TRIFLE = 0.01
"""An effect of less than this part of the deviation between rows is hardly one."""


def leading(findings: Sequence[Finding]) -> dict[str, Finding]:
    """The loudest finding of each changed column, the likeliest cause first."""
    loud = {
        name: max(
            (f for f in findings if f.subject == name and f.matters and is_cause(f)),
            key=surprise,
        )
        for name in changed_columns(findings)
    }
    return dict(list(loud.items())[:MOST_COLUMNS])


class Asked:
    """What was learned, asked about one column of today's rows after the other."""

    def __init__(self, learned: Learned, current: pl.DataFrame) -> None:
        self._learned, self._current = learned, current
        self._scores = {name: self._sides(s) for name, s in learned.scores.items()}
        loss = learned.loss if learned.scores else None
        self._loss = None if loss is None else self._sides(loss)
        self._usual: dict[str, float] = {}

    def evidence(self, column: str) -> dict[str, Any]:
        """What the column's change alone does to the score and to the expected loss.

        Empty where a side lacks the column, or nothing could be learned of the model.
        """
        learned = self._learned
        here = column in learned.columns and column in self._current.columns
        if not here or not self._scores:
            return {}
        change = change_of(column, learned.sample, self._current)
        effects = {n: effect_on(*sides, change) for n, sides in self._scores.items()}
        output = max(effects, key=lambda name: abs(effects[name].value))
        found: dict[str, Any] = {
            "output": output,
            "usual": self._usually(output),
            "score": effects[output].to_json(),
            "fidelity": learned.scores[output].fidelity,
            "asked": learned.scores[output].source,
        }
        parts = {f"the mean {output}": _by(effects[output], learned.scores[output])}
        if learned.loss is not None and self._loss is not None:
            loss = effect_on(*self._loss, change)
            found |= {"loss_name": learned.loss_name, "loss": loss.to_json()}
            parts[f"the expected {learned.loss_name}"] = _by(loss, learned.loss)
        return {"contribution": found, "matters": f"{column} alone {_in_words(parts)}"}

    def _sides(self, model: Model) -> tuple[Response, Response]:
        return response(model, self._learned.sample), response(model, self._current)

    def _usually(self, output: str) -> float:
        """The mean output over the reference."""
        if output not in self._usual:
            some = self._learned.sample[::10]
            self._usual[output] = float(np.mean(self._learned.scores[output](some)))
        return self._usual[output]


def segment_finding(
    learned: Learned, current: pl.DataFrame, roles: Roles
) -> Finding | None:
    """Where today's labelled rows lost more than such rows used to; None where nowhere."""
    lost = losses(current, roles)
    columns = [name for name in learned.columns if name in current.columns]
    found = worst_segments(
        learned.side(learned.sample, learned.lost), learned.side(current, lost), columns
    )
    if not found:
        return None
    worst = found[0]
    return Finding(
        Topic.PERFORMANCE,
        "segments",
        "worst_segment",
        Outcome.BREACHED,
        Severity.INFO,
        _segment_said(worst, learned.loss_name),
        value=worst.loss,
        evidence={
            "loss_name": learned.loss_name,
            "worst": [_segment_evidence(segment) for segment in found],
        },
    )


def _by(effect: Effect, surrogate: Surrogate | Served) -> str:
    """How much, with the interval; empty where that is a trifle."""
    if abs(effect.value) < TRIFLE * surrogate.spread:
        return ""
    moved = f"by {_signed(effect.value)}"
    if effect.lower is None or effect.upper is None:
        return moved
    if effect.is_clear:
        return f"{moved} ({_signed(effect.lower)} to {_signed(effect.upper)})"
    return f"{moved}, no more than an ordinary day does"


def _signed(value: float) -> str:
    """Two significant digits and the sign.

    >>> _signed(-312.4), _signed(0.01234)
    ('-310', '+0.012')
    """
    return f"{'-' if value < 0 else '+'}{rounded(abs(value), 2)}"


def _in_words(parts: Mapping[str, str]) -> str:
    """What moves and by how much, and what hardly does.

    >>> _in_words({"the mean score": "by +0.2", "the loss": ""})
    'moves the mean score by +0.2; it hardly moves the loss'
    """
    moved = [f"{what} {much}" for what, much in parts.items() if much]
    still = [what for what, much in parts.items() if not much]
    said = f"moves {', and '.join(moved)}" if moved else ""
    if not still:
        return said
    hardly = f"hardly moves {' or '.join(still)}"
    return f"{said}; it {hardly}" if said else hardly


def _segment_said(segment: Segment, loss: str) -> str:
    return (
        f"predictions got worse where {segment.name}: {loss} {number(segment.loss)} against "
        f"{number(segment.reference_loss)} in the reference, {percent(segment.share)} of "
        "labelled rows"
    )


def _segment_evidence(segment: Segment) -> dict[str, Any]:
    return {
        "name": segment.name,
        "loss": segment.loss,
        "reference_loss": segment.reference_loss,
        "rows": segment.rows,
        "share": segment.share,
        "chance": segment.chance,
    }
