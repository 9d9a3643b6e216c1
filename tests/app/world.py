"""A small shop's deliveries, day by day, with every part of a job: real ones, or fakes of ours.

The champion scores by distance. In a changed world lateness follows the weight instead:
features look as before, and only labels can tell.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from driftline.adapters.engines.local import LocalEngine
from driftline.adapters.engines.local import Settings as EngineSettings
from driftline.app.build_reference import profile_windows
from driftline.app.job import Job, LabelFeed, Retraining
from driftline.app.monitor_day import DayReport, monitor_day
from driftline.core.comparison import DriftPolicy
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.labels.harm import HarmPolicy
from driftline.core.model import ModelVersion
from driftline.core.reference import Reference
from driftline.core.report import Content
from driftline.core.retraining.request import RetrainingPolicy
from driftline.core.roles import Roles, Task
from driftline.core.window import Every, Window, day_window, spanning
from driftline.errors import DriftlineError
from driftline.ports import (
    Dispatcher,
    ReportWriter,
    RetrainRequest,
    Trained,
    Trainer,
    Validator,
    call,
)
from driftline.testing import (
    FixedClock,
    MemoryLedger,
    MemoryRegistry,
    MemorySource,
    RecordingNotifier,
)

MONITOR = MODEL = "deliveries"
FIRST = date(2026, 3, 1)
"""The first day in production; the reference is the 40 days before."""

ROLES = Roles(
    Task.BINARY,
    timestamp="at",
    prediction="called",
    score="score",
    label="late",
    key=("id",),
    segments=("origin",),
)


def day(number: int) -> date:
    """Day 0 is the first one in production; reference days are negative."""
    return FIRST + timedelta(days=number)


def window(number: int) -> Window:
    return day_window(day(number))


def expit(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def rows_of(number: int, *, changed: bool = False, rows: int = 300) -> pl.DataFrame:
    """One day's deliveries; the same however often it is asked for."""
    rng = np.random.default_rng([7, number + 1000])
    distance = rng.integers(100, 2000, rows).astype(float)
    weight = rng.gamma(4, 10, rows).round(1)
    score = expit((distance - 1000) / 350)
    cause = (weight - 40) / 8 if changed else (distance - 1000) / 350
    midnight = datetime.combine(day(number), datetime.min.time())
    seconds = np.sort(rng.integers(0, 86_400, rows))
    return pl.DataFrame(
        {
            "at": [midnight + timedelta(seconds=int(s)) for s in seconds],
            "id": np.arange(rows) + (number + 1000) * 10_000,
            "distance": distance,
            "weight": weight,
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
            "score": score,
            "called": (score >= 0.5).astype(np.int64),
            "late": (rng.random(rows) < expit(cause)).astype(np.int64),
        }
    )


def days_of(numbers: range, **how: bool) -> pl.DataFrame:
    return pl.concat([rows_of(number, **how) for number in numbers])


class Shaky(MemorySource):
    """While `failure` is set for a day, reading the day raises it."""

    def __init__(self, rows: pl.DataFrame) -> None:
        super().__init__(rows, "at")
        self.failures: dict[date, DriftlineError] = {}

    def read(self, window: Window):
        if window.day in self.failures:
            raise self.failures[window.day]
        return super().read(window)


class Suite(Validator):
    """Weights are not negative; counts how often it was asked."""

    def __init__(self) -> None:
        self.checked = 0

    def propose(self, reference, roles):
        return {}

    def columns(self) -> list[str]:
        return ["weight"]

    def check(self, rows: pl.DataFrame, total_rows: int) -> list[Finding]:
        self.checked += 1
        low = int((rows["weight"] < 0).sum())
        return [
            Finding(
                Topic.VALIDATION,
                "weight",
                "not_negative",
                Outcome.BREACHED if low else Outcome.OK,
                Severity.CRITICAL,
                f"{low} negative weights",
            )
        ]


class Pages(ReportWriter):
    """Keeps the contents of the pages; while `failure` is set, it raises that."""

    def __init__(self) -> None:
        self.pages: dict[str, Content] = {}
        self.failure: OSError | None = None

    def address(self, monitor: str, window: Window) -> str:
        return f"reports/{monitor}/{window.label}.html"

    def write(self, content: Content) -> str:
        if self.failure is not None:
            raise self.failure
        address = self.address(content.monitor, content.window)
        self.pages[address] = content
        return address


class Requests(Dispatcher):
    """Keeps the requests; starts nothing. `switch` is why none may start."""

    def __init__(self) -> None:
        self.asked: list[RetrainRequest] = []
        self.switch = ""

    def halted(self, monitor: str) -> str:
        return self.switch

    def request(self, request: RetrainRequest) -> str:
        self.asked.append(request)
        return f"run of {request.key}"


class Logistic(Trainer):
    """A logistic regression on the named columns."""

    def __init__(self, *columns: str) -> None:
        self.columns = list(columns)
        self.seen: list[pl.DataFrame] = []

    def fit(self, rows: pl.DataFrame, roles: Roles, seed: int) -> Trained:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.seen.append(rows)
        model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(rows[self.columns].to_pandas(), rows[roles.label].to_numpy())

        def predict(frame):
            return model.predict_proba(frame[self.columns])[:, 1]

        return Trained(model, predict)


class World:
    """A job and the parts that a test looks at or breaks."""

    def __init__(self, rows: pl.DataFrame, *, late_labels: bool = False) -> None:
        self.labels = MemorySource(rows.select("at", "id", "late"), "at")
        own = rows.drop("late") if late_labels else rows
        self.source = Shaky(own)
        self.ledger = MemoryLedger()
        self.registry = MemoryRegistry()
        self.notifier = RecordingNotifier()
        self.dispatcher = Requests()
        self.suite = Suite()
        self.pages = Pages()
        self.clock = FixedClock(datetime(2026, 3, 2, 6, tzinfo=UTC))
        self.trainer = Logistic("weight", "distance")
        self.job = self._job()
        if late_labels:
            self.job = replace(self.job, labels=LabelFeed(self.labels))
        if not _REFERENCE:
            _REFERENCE.append(reference_of(self.job))
        enlist(self.job, _REFERENCE[0])

    def _job(self) -> Job:
        return Job(
            monitor=MONITOR,
            model=MODEL,
            alias="champion",
            zone="UTC",
            every=Every.DAY,
            roles=ROLES,
            drift=DriftPolicy(),
            harm=HarmPolicy(),
            source=self.source,
            engine=LocalEngine(EngineSettings()),
            registry=self.registry,
            ledger=self.ledger,
            report=self.pages,
            clock=self.clock,
            owner="worker-1",
            policy="policy-1",
            validator=self.suite,
            notifiers={"slack": self.notifier},
            dispatcher=self.dispatcher,
            retraining=self.retraining(),
        )

    def retraining(self, **changes) -> Retraining:
        """Short periods, so that a test needs few days."""
        chosen = Retraining(
            trainer=self.trainer,
            interlocks=RetrainingPolicy(min_labelled=500),
            train_days=10,
            holdout_days=2,
            margin=0.0,
            guard_tolerance=0.05,
            seed=0,
        )
        return replace(chosen, **changes)

    def judge(self, number: int, run=call, **how: bool) -> DayReport:
        """The day as it is judged the morning after."""
        self.clock.moment = max(self.clock.moment, window(number).end)
        self.clock.tick(timedelta(hours=6))
        return monitor_day(self.job, window(number), run, **how)

    def deliver(self, number: int, rows: pl.DataFrame) -> None:
        """From now on these are the rows of the day, for the source and the labels."""
        held = self.source.rows
        other = held.filter(held["at"].dt.date() != day(number))
        mine = rows.select(held.columns).with_columns(
            pl.col("at").cast(held["at"].dtype)
        )
        self.source.rows = pl.concat([other, mine])

    def titles(self) -> list[str]:
        return [message.title for message in self.notifier.messages]


_REFERENCE: list[Reference] = []
"""Made once per process: it is the same for every world."""


def enlist(job: Job, reference: Reference) -> ModelVersion:
    """Version 1 in service, with its reference."""
    version = job.registry.register(MODEL, Trained(None, lambda frame: frame), {})
    job.registry.save_reference(version, reference)
    job.registry.move_alias(MODEL, "champion", version.version)
    return version


def reference_of(job: Job) -> Reference:
    """The 40 days before production, as the job profiles them."""
    numbers = range(-40, 0)
    whole = spanning(window(numbers[0]), window(numbers[-1]))
    rows = job.engine.from_table(days_of(numbers), whole, "training rows")
    slices = [
        (window(n), job.engine.from_table(rows_of(n), window(n), "training rows"))
        for n in numbers
    ]
    return profile_windows(job, rows, slices, len(slices))
