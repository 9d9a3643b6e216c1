"""What came of a retraining run: its note, its message and its promotion, in one write."""

from datetime import date
from typing import Any

from driftline.app.deliver import promote_action
from driftline.app.job import Job
from driftline.app.retraining.record import NOTE, request_key
from driftline.app.retraining.tell import tell_outcome
from driftline.core.model import ModelVersion
from driftline.core.retraining.outcome import prediction_said
from driftline.core.retraining.words import News


def conclude(
    job: Job, champion: ModelVersion, challenger: ModelVersion, body: dict[str, Any]
) -> bool:
    """The outcome, the promotion and the message in the ledger; False if it had one."""
    key = request_key(job.monitor, champion, date.fromisoformat(body["as_of"]))
    better = body["promoted"]
    winner = challenger if better or body["shadow"] else champion
    links = {**job.links, **({"model": winner.link} if winner.link else {})}
    if body["shadow"]:
        both = (challenger, champion)
        message = News.IN_SHADOW.of(job.monitor, key, _waits(body), links, *both)
    else:
        lost = News.WITHHELD if body["promote"] else News.NOT_BETTER
        news = News.PROMOTED if better else lost
        message = news.of(job.monitor, key, _reason(body), links, winner)
    moves = [promote_action(champion, challenger)] if better else []
    told = tell_outcome(job, key, message)
    actions = [*moves, *told.actions]
    body = body | {"notices": told.notices}
    return job.ledger.note(job.monitor, NOTE, key, body, job.clock(), actions)


def _reason(body: dict[str, Any]) -> str:
    """The comparison, what a prediction of the challenger takes, and what it lacked."""
    price = prediction_said(body["prediction"])
    said = f"{body['reason']}; {price} with the challenger" if price else body["reason"]
    barred = body["barred"]
    return f"{said}; it gets no days in shadow: {barred}" if barred else said


def _waits(body: dict[str, Any]) -> str:
    """What the run's own comparison came to, and what the challenger still has to show."""
    return (
        f"{_reason(body)}; decided when {body['shadow']} more windows have their labels"
    )
