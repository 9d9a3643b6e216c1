"""The demo: weeks of production, day by day, through the Prefect flows that you would run.

Production is played by `serving`: it scores each day's flights with the model that
carries the alias `champion` at that time, so that a promotion changes what is served.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from textwrap import shorten
from typing import Any

import polars as pl

import driftline
from driftline import wiring
from driftline.app.backfill import windows_of
from driftline.app.build_reference import build_reference
from driftline.app.job import Job
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.core.verdict import Word
from driftline.demo import classifier
from driftline.demo.diary import Diary
from driftline.demo.flights import days_between, prepared
from driftline.demo.serving import LABELS_AFTER_DAYS, serve_day, serve_history
from driftline.demo.story import Judged, gain
from driftline.demo.telling import tell
from driftline.errors import (
    DependencyMissing,
    DriftlineError,
    ModelMissing,
    ReferenceMissing,
)
from driftline.ports import LedgerEntry

TRAINED = date(2013, 1, 1), date(2013, 2, 28)
"""The days that the first model is trained on."""

WATCHED = date(2013, 3, 1), date(2013, 5, 12)
"""The days that production is watched."""

MONITOR = "flights"

AGAIN = 3
"""Days that a second run judges once more."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Champion:
    """The model in service and what scores rows with it."""

    version: str
    predict: Callable[[Any], Any]


def days(span: tuple[date, date]) -> list[date]:
    """Every day of a span, both ends included."""
    first, last = span
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def prepare(folder: Path, say: Say) -> pl.DataFrame:
    """The flights; on the first run also the monitor, its suite and its first model."""
    flights = prepared(folder)
    monitor = folder / "monitors" / f"{MONITOR}.yaml"
    if not monitor.exists():
        monitor.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project_file(f"monitors/{MONITOR}.yaml"), monitor)
    suite = folder / "expectations" / f"{MONITOR}.json"
    with wiring.open_job(MONITOR, root=folder) as job:
        if not suite.exists() or not _has_reference(job):
            say("training the first model on January and February")
            enlist_first_model(job, flights, suite)
    return flights


def _has_reference(job: Job) -> bool:
    """Whether a champion with a reference is there: an interrupted run may lack either."""
    try:
        job.registry.load_reference(job.registry.resolve(job.model, job.alias))
    except (ModelMissing, ReferenceMissing):
        return False
    return True


def enlist_first_model(job: Job, flights: pl.DataFrame, suite: Path) -> None:
    """Version 1 in service, with a reference and a suite from its own training days.

    The scores of those days are out-of-fold ones: a model judged on rows that it has
    learnt from would set a standard that no day could meet.
    """
    rows = days_between(flights, *TRAINED)
    trained = classifier.fit(rows, job.roles, seed=0)
    data = suite.parent.parent / "data"
    serve_history(data, rows, trained.reference_predictions)
    version = job.registry.register(
        job.model, trained, {"driftline.monitor": job.monitor}
    )
    job.registry.move_alias(job.model, job.alias, version.version)
    _, reference = build_reference(job, windows_of(job, *TRAINED))
    _write_suite(job, suite, reference)


def watch(folder: Path, flights: pl.DataFrame, say: Say) -> list[Judged]:
    """Every watched day served, judged by the Prefect flow, and its late labels judged.

    Days that an earlier run has watched are not gone through again, but for the last
    few: they show that judging a day twice adds nothing and tells nobody.
    """
    diary = Diary(folder / "diary.jsonl")
    seen = {each.on for each in diary.judged}
    todo = [day for day in days(WATCHED) if day not in seen] or days(WATCHED)[-AGAIN:]
    champion = _champion(folder)
    for day in todo:
        serve_day(folder / "data", flights, day, champion.predict)
        state = _completed(_flow("monitor_day")(MONITOR, day, return_state=True))
        _completed(_flow("refresh_labels")(MONITOR, day, return_state=True))
        news = diary.note(day, _entries(folder, day))
        say(_line(day, state, news))
        champion = _champion(folder, champion)
    return diary.judged


def _completed(state: Any) -> Any:
    """The state of a flow run that ended; a demo that broke does not go on as if it ran."""
    if not state.is_completed():
        raise DriftlineError(
            f"a flow run of the demo ended as {state.name}: {state.message}"
        )
    return state


def conclude(folder: Path, flights: pl.DataFrame, judged: list[Judged]) -> str:
    """The honest summary, from the ledger and what is known to have happened."""
    with wiring.open_job(MONITOR, root=folder) as job:
        incidents = job.ledger.incidents(MONITOR)
        notes = job.ledger.notes(MONITOR, "retraining")
        won = next((note["body"] for note in notes if note["body"]["promoted"]), None)
        if won is None:
            return tell(judged, incidents, None)
        old, new = (
            _loaded(folder, job.registry.resolve(job.model, won[name]))
            for name in ("champion", "challenger")
        )
    first = date.fromisoformat(won["as_of"]) + timedelta(days=LABELS_AFTER_DAYS + 1)
    return tell(judged, incidents, gain(flights, first, WATCHED[1], old, new))


def best_report(folder: Path, judged: list[Judged]) -> str:
    """The report of the latest day that was called `act`, or else of the last day."""
    acted = [each.day for each in judged if each.word is Word.ACT]
    day = max(acted, default=WATCHED[1])
    with wiring.open_job(MONITOR, root=folder) as job:
        return job.report.address(MONITOR, job.window_of(day, job.clock()))


@contextmanager
def prefect_at_home(folder: Path) -> Iterator[None]:
    """Prefect with a home and a server of the demo's own, for as long as it lasts."""
    wanted = {
        "DRIFTLINE_ROOT": str(folder),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "DO_NOT_TRACK": "true",
    }
    before = {name: os.environ.get(name) for name in (*wanted, "PREFECT_API_URL")}
    os.environ.update(wanted)
    os.environ.pop("PREFECT_API_URL", None)
    try:
        with _without_heartbeats():
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _without_heartbeats() -> AbstractContextManager[Any]:
    """A heartbeat's thread takes a second to end, after every one of the demo's runs."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    return temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None})


def retrain_by_flow(monitor: str, as_of: date, reason: str) -> None:
    """Run the retraining flow in this process: the demo has no worker to send it to."""
    _completed(_flow("retrain_model")(monitor, as_of, reason, return_state=True))


def project_file(name: str) -> Path:
    """A file that stands beside the package: in a checkout, or inside the wheel."""
    package = Path(driftline.__file__).parent
    for home in (package, package.parent.parent):
        if (home / name).is_file():
            return home / name
    raise DependencyMissing(f"{name} is not part of this installation; use a checkout")


@cache
def _flow(name: str) -> Any:
    """A flow from its file, as Prefect itself loads it."""
    from prefect.flows import load_flow_from_entrypoint

    path = project_file(f"flows/{name}.py")
    return load_flow_from_entrypoint(f"{path}:{name}", use_placeholder_flow=False)


def _champion(folder: Path, known: Champion | None = None) -> Champion:
    """Who is in service now, loaded as a serving process would load it."""
    with wiring.open_job(MONITOR, root=folder) as job:
        version = job.registry.resolve(job.model, job.alias)
    if known is not None and known.version == version.version:
        return known
    return Champion(version.version, _loaded(folder, version))


def _loaded(folder: Path, version: ModelVersion) -> Callable[[Any], Any]:
    """The version's scorer. The demo trusts its own registry; Driftline loads no model."""
    import mlflow

    uri = f"sqlite:///{folder / '.driftline' / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=uri)
    place = client.get_model_version_download_uri(version.name, version.version)
    return classifier.scorer(mlflow.sklearn.load_model(place))


def _write_suite(job: Job, path: Path, reference: Reference) -> None:
    assert job.validator is not None
    suite = job.validator.propose(reference, job.roles)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(suite, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _entries(folder: Path, day: date) -> list[LedgerEntry]:
    """What is recorded of the days whose rows or labels may have come on this one."""
    span = (day - timedelta(days=7), day)
    with wiring.open_job(MONITOR, root=folder) as job:
        found = [job.ledger.latest(MONITOR, w) for w in windows_of(job, *span)]
    return [entry for entry in found if entry is not None]


def _line(day: date, state: Any, news: list[Judged]) -> str:
    """One day in one line, and one more for each earlier day that was judged anew."""
    said = str(state.message).partition(": ")[2]
    lines = [f"{day}  {state.name:<10}  {shorten(said, 110, placeholder=' …')}"]
    lines += [
        f"            └ {each.day} again, labels or rows are in: {each.word}"
        for each in news
        if each.day != day
    ]
    return "\n".join(lines)
