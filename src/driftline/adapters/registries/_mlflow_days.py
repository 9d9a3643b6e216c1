"""Days as MLflow runs: one per key, in the order in which charts show them."""

import math
from datetime import date, datetime
from hashlib import blake2b

from driftline.adapters.registries._mlflow_connection import Connection, slug
from driftline.ports import DayRecord

EPOCH = date(1970, 1, 1).toordinal()
TEXT_LIMIT = 5000

KEY_TAG = "driftline.key"
SEARCH_TAG = "driftline.key_hash"
"""A key is searched by its hash, which holds no quote for a filter to stumble over."""


def write(mlflow: Connection, experiment: str, day: DayRecord) -> str:
    """The id of the day's one run, complete. A run cut short earlier is completed."""
    run_id, status = _run(mlflow, experiment, day)
    if status != "FINISHED":
        _write_metrics(mlflow, run_id, day)
        mlflow.client.set_terminated(run_id, end_time=_milliseconds(day.window.end))
    return run_id


def _run(mlflow: Connection, experiment: str, day: DayRecord) -> tuple[str, str]:
    """Found by its key, or made; with its status."""
    tags = _tags(day)
    found = mlflow.client.search_runs(
        [experiment], f"tags.`{SEARCH_TAG}` = '{tags[SEARCH_TAG]}'", max_results=1
    )
    run = (
        found[0]
        if found
        else mlflow.client.create_run(
            experiment,
            start_time=_milliseconds(day.window.start),
            run_name=day.window.label,
            tags=tags,
        )
    )
    return mlflow.told(run.info.run_id), str(run.info.status)


def _write_metrics(mlflow: Connection, run_id: str, day: DayRecord) -> None:
    """Finite numbers, at the step of the day counted from 1970."""
    from mlflow.entities import Metric

    moment = _milliseconds(day.window.start)
    step = day.window.day.toordinal() - EPOCH
    names = {name: slug(name) for name in day.metrics}
    mlflow.log_metrics(
        run_id,
        [
            Metric(names[name], value, moment, step)
            for name, value in day.metrics.items()
            if math.isfinite(value)
        ],
    )
    if any(name != kept for name, kept in names.items()):
        mlflow.client.log_dict(run_id, names, "metric_names.json")


def _tags(day: DayRecord) -> dict[str, str]:
    left_out = [name for name, value in day.metrics.items() if not math.isfinite(value)]
    tags = {
        KEY_TAG: day.key,
        SEARCH_TAG: blake2b(day.key.encode(), digest_size=16).hexdigest(),
        "driftline.monitor": day.monitor,
        "driftline.window": day.window.label,
        "driftline.verdict": day.verdict.word.value,
        "driftline.model": day.model.name,
        "driftline.model_version": day.model.version,
        "driftline.not_finite": ", ".join(left_out),
        "mlflow.note.content": day.verdict.headline,
    }
    return {tag: text[:TEXT_LIMIT] for tag, text in tags.items() if text}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
