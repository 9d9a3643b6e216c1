"""Whether a retraining run may start: nobody halts it, and somebody agrees to its price."""

from driftline.app.job import Job
from driftline.app.retraining.record import (
    APPROVAL,
    REFUSAL,
    in_shadow,
    keys_of,
    record_of,
    request_key,
)
from driftline.core.retraining.economics import price_of
from driftline.core.window import Window


def halted(job: Job) -> str:
    """Why no run may start now, in words; empty where one may."""
    return job.dispatcher.halted(job.monitor) if job.dispatcher else ""


def open_question(job: Job, last: Window) -> str:
    """What a person has to agree to before the run as of `last`; empty where nothing.

    While a challenger is in shadow nothing is trained, so that nobody is asked.
    """
    if in_shadow(job):
        return ""
    champion = job.registry.resolve(job.model, job.alias)
    key = request_key(job.monitor, champion, last.day)
    return "" if key in keys_of(job, APPROVAL) else too_dear(job)


def too_dear(job: Job) -> str:
    """That a run costs more than may be spent without a person; empty where it does not."""
    costs = job.retraining.costs if job.retraining else None
    if costs is None or costs.approve_above is None:
        return ""
    price = price_of(costs, record_of(job)).total
    if price <= costs.approve_above:
        return ""
    return (
        f"a run costs {price:,.2f} {costs.currency}, and above "
        f"{costs.approve_above:,.2f} {costs.currency} a person approves"
    )


def settle(job: Job, last: Window, author: str, *, agreed: bool) -> None:
    """The answer is in the ledger, once; a refusal counts as a run that has ended."""
    champion = job.registry.resolve(job.model, job.alias)
    key = request_key(job.monitor, champion, last.day)
    body = {"author": author, "as_of": last.day.isoformat()}
    kind = APPROVAL if agreed else REFUSAL
    job.ledger.note(job.monitor, kind, key, body, job.clock())
