"""By what a window is judged while the registry cannot be asked."""

from dataclasses import replace
from datetime import datetime, timedelta

from driftline.app.job import Job
from driftline.core.finding import JUDGED_BY, Finding
from driftline.core.model import ModelVersion
from driftline.core.wording import ago
from driftline.errors import DriftlineError, ReferenceCorrupt, RegistryUnavailable
from driftline.ports import InService


def last_known(
    job: Job, model: ModelVersion | None, error: DriftlineError
) -> InService | str:
    """What was in service when the registry last answered, else what to say of it.

    Only for an outage, under the alias of the monitor file, and for `job.last_known_for`.
    Where the registry still named the `model`, it is that or nothing.
    """
    if not job.last_known_for or not isinstance(error, RegistryUnavailable):
        return ""
    try:
        known = job.ledger.in_service(job.monitor)
    except ReferenceCorrupt as damaged:
        return f"; {damaged}, so nothing is judged by it"
    if known is None or not _is_of(job, model, known.model):
        return ""
    age = _age(known, job.clock())
    if age.days <= job.last_known_for.days:
        return known
    return f"; {known.model} is known as of {ago(age)}, too long to judge by it"


def judged_by(known: InService, away: Finding, now: datetime) -> Finding:
    """The finding that the registry is away, with what judges meanwhile, and its age."""
    by = f"{known.model} as of {ago(_age(known, now))}"
    evidence = {**away.evidence, JUDGED_BY: by}
    return replace(away, message=f"judged by {by}: {away.message}", evidence=evidence)


def _is_of(job: Job, model: ModelVersion | None, known: ModelVersion) -> bool:
    if model is not None and model.version != known.version:
        return False
    return (known.name, known.alias) == (job.model, job.alias)


def _age(known: InService, now: datetime) -> timedelta:
    """A clock that was set back makes nothing younger than new."""
    return max(now - known.at, timedelta(0))
