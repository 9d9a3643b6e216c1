"""The demo: weeks of production, day by day, through the Prefect flow that you would run.

Production is played by `serving`: it scores each day's flights with the model that
carries the alias `champion` at that time, so that a promotion changes what is served.
"""

import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from driftline import wiring
from driftline.app.build_reference import profile_windows
from driftline.app.job import Job
from driftline.core.window import day_window, spanning
from driftline.demo import classifier
from driftline.demo.flights import days_between, prepared
from driftline.demo.serving import served_frame

TRAINED_FROM, TRAINED_TO = date(2013, 1, 1), date(2013, 2, 28)
FIRST_DAY, LAST_DAY = date(2013, 3, 1), date(2013, 5, 5)
"""The days that production is watched; the model is trained on the days before."""

MONITOR = "flights"


@dataclass(frozen=True, slots=True)
class Step:
    """One day as it went by."""

    day: date
    verdict: str
    headline: str


def days() -> list[date]:
    """Every day of the tour, in order."""
    count = (LAST_DAY - FIRST_DAY).days + 1
    return [FIRST_DAY + timedelta(days=n) for n in range(count)]


def prepare(folder: Path) -> pl.DataFrame:
    """The flights, the monitor file, and a champion with its reference in the registry."""
    os.environ["DRIFTLINE_ROOT"] = str(folder)
    flights = prepared(folder)
    _copy("monitors/flights.yaml", folder)
    with wiring.open_job(MONITOR, root=folder) as job:
        if not _has_champion(job):
            enlist_first_model(job, flights)
    return flights


def enlist_first_model(job: Job, flights: pl.DataFrame) -> None:
    """Version 1: trained on January and February, its reference from the same days."""
    rows = days_between(flights, TRAINED_FROM, TRAINED_TO)
    trained = classifier.fit(rows, job.roles, seed=0)
    version = job.registry.register(
        job.model, trained, {"driftline.monitor": job.monitor}
    )
    scored = served_frame(rows, trained.reference_predictions)
    windows = [day_window(day, job.zone) for day in _all_days(TRAINED_FROM, TRAINED_TO)]
    parts = [
        (w, job.engine.from_table(_between(scored, w.start, w.end), w, "training rows"))
        for w in windows
    ]
    whole = job.engine.from_table(
        scored, spanning(windows[0], windows[-1]), "training rows"
    )
    job.registry.save_reference(version, profile_windows(job, whole, parts))
    job.registry.move_alias(job.model, job.alias, version.version)
