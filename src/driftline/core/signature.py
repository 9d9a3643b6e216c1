"""Whether a slice still has the columns that the model was registered with."""

import difflib
from collections.abc import Mapping

from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.model import ModelVersion


def check_signature(model: ModelVersion, schema: Mapping[str, str]) -> list[Finding]:
    """One finding: every input of the model's signature is a column of the slice, or not.

    A version without a signature gives none. Types are the drift judge's to compare:
    the registry and the engine name them differently.
    """
    if not model.signature:
        return []
    absent = [name for name in model.signature if name not in schema]
    return [
        Finding(
            topic=Topic.REGISTRY,
            subject="signature",
            statistic="missing_inputs",
            outcome=Outcome.BREACHED if absent else Outcome.OK,
            severity=Severity.CRITICAL,
            message=_message(model, absent, schema),
            value=float(len(absent)),
            evidence={"missing": absent},
        )
    ]


def _message(model: ModelVersion, absent: list[str], schema: Mapping[str, str]) -> str:
    if not absent:
        return f"the slice has all {len(model.signature)} inputs of {model}"
    named = ", ".join(_with_hint(name, schema) for name in absent[:5])
    more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
    return f"{model} takes inputs that the slice lacks: {named}{more}"


def _with_hint(name: str, schema: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(name, list(schema), n=1)
    return f"{name!r} (is it {near[0]!r} now?)" if near else repr(name)
