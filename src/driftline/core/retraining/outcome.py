"""What a finished retraining run came to, in a sentence."""

from collections.abc import Mapping
from typing import Any


def prediction_said(prediction: Mapping[str, Any]) -> str:
    """What one prediction of a challenger takes and costs; empty where it was not timed.

    >>> prediction_said({"seconds": 1.2e-5, "cost": "0.0000000080", "currency": "USD"})
    'a prediction takes 12 µs and costs 8e-09 USD'
    >>> prediction_said({"seconds": 0.25})
    'a prediction takes 250 ms'
    """
    if "seconds" not in prediction:
        return ""
    said = f"a prediction takes {_duration(float(prediction['seconds']))}"
    if "cost" in prediction:
        cost = float(prediction["cost"])
        said += f" and costs {cost:.3g} {prediction['currency']}"
    return said


def run_said(model: str, body: Mapping[str, Any]) -> str:
    """The run of a note in the ledger: which version, what became of it, why, at what price.

    >>> run = {"challenger": "2", "as_of": "2026-03-13", "promoted": True}
    >>> run_said("orders", run | {"reason": "better", "prediction": {"seconds": 2.0}})
    'orders v2 of 2026-03-13 promoted: better; a prediction takes 2 s'
    """
    became = "promoted" if body["promoted"] else "not promoted"
    if body.get("shadow"):
        became = "in shadow"
    parts = (str(body.get("reason", "")), prediction_said(body.get("prediction", {})))
    why = "; ".join(filter(None, parts))
    return f"{model} v{body['challenger']} of {body['as_of']} {became}: {why}"


def _duration(seconds: float) -> str:
    """In the largest unit of which there is one at least."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
