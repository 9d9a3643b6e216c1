"""One monitor with every part in place: what the application works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from driftline.app.learned import Kept, Lessons
from driftline.core.comparison import DriftPolicy
from driftline.core.estimation.estimator import Estimator
from driftline.core.incidents.incident import Cause
from driftline.core.incidents.notice import Manners
from driftline.core.labels.harm import HarmPolicy
from driftline.core.labels.realised import METRICS, primary_metric
from driftline.core.reference import Reference
from driftline.core.retraining.economics import Costs
from driftline.core.retraining.request import RetrainingPolicy
from driftline.core.roles import Roles
from driftline.core.window import Every, Window, day_window, window_at
from driftline.errors import SettingsError
from driftline.ports import (
    CostProvider,
    Dispatcher,
    Engine,
    HealthProbe,
    Ledger,
    LedgerEntry,
    ModelRegistry,
    Notifier,
    ReportWriter,
    SliceSource,
    Trainer,
    Validator,
)


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom to ask, by name or channel: about the data, and about the model."""

    data: str = ""
    model: str = ""

    @property
    def by_cause(self) -> dict[Cause, str]:
        """Who is asked about which kind of trouble."""
        known = {Cause.DATA: self.data, Cause.PERFORMANCE: self.model}
        return {cause: owner for cause, owner in known.items() if owner}


@dataclass(frozen=True, slots=True)
class LabelFeed:
    """A table of labels. `lag_days` is 0 when its time stamp is the prediction's."""

    source: SliceSource
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class Retraining:
    """How a challenger is made, what it has to show, and when none is asked for.

    It is scored beside the champion over `shadow_windows` labelled windows (0: none);
    with `shadow_unsure_only` one that won is promoted at once.
    """

    trainer: Trainer
    interlocks: RetrainingPolicy
    train_days: int
    holdout_days: int
    margin: float
    guard_tolerance: float
    seed: int
    costs: Costs | None = None
    watch_windows: int = 7
    shadow_windows: int = 0
    shadow_unsure_only: bool = False
    lengths: tuple[int, ...] = ()

    @property
    def train_lengths(self) -> tuple[int, ...]:
        """The days of training to choose from; `train_days` is the longest."""
        return self.lengths or (self.train_days,)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that judging one monitor takes.

    `policy` is a digest of the settings that decide a verdict: when it changes, the
    same rows are judged anew. `owner` names this worker in leases, `machine` is where it
    runs. `sample_rows` of a
    slice, and of a reference, are looked at as rows; with 0 none are kept. While it is
    `collecting`, later windows follow at once: people hear of all in one summary. A
    verdict is there by the local hour `verdict_by`, where one is stated. What is judged
    `by_hand` was named by a person: windows before it may still be due. `anew` judges a
    window also where its newest revision is about the same rows and policy. For as long as
    it is `last_known_for`, the version last known in service judges while the registry is away.
    """

    monitor: str
    model: str
    alias: str
    zone: str
    every: Every
    roles: Roles
    drift: DriftPolicy
    harm: HarmPolicy
    source: SliceSource
    engine: Engine
    registry: ModelRegistry
    ledger: Ledger
    report: ReportWriter
    clock: Callable[[], datetime]
    owner: str
    policy: str
    machine: str = ""
    labels: LabelFeed | None = None
    refresh_days: int = 30
    validator: Validator | None = None
    costs: tuple[CostProvider, ...] = ()
    probes: tuple[HealthProbe, ...] = ()
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    dispatcher: Dispatcher | None = None
    retraining: Retraining | None = None
    quiet_windows: int = 2
    manners: Manners = field(default_factory=Manners)
    escalation: Mapping[str, Notifier] = field(default_factory=dict)
    listens: bool = False
    source_id: str = ""
    sample_rows: int = 20_000
    metric: str | None = None
    metrics: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    owners: Owners = field(default_factory=Owners)
    estimate: bool = True
    kept: Kept = field(default_factory=dict)
    collecting: bool = False
    by_hand: bool = False
    anew: bool = False
    verdict_by: time | None = None
    last_known_for: timedelta = timedelta(days=7)

    def lessons(self, version: str, reference: Reference) -> Lessons:
        """What this reference of a model version teaches."""
        return Lessons(version, reference, self.roles, self.kept)

    def estimator(self, version: str, reference: Reference) -> Estimator:
        """What estimates the measured metrics, and the deciding one, without labels."""
        metrics = dict.fromkeys(
            [*self.measured_metrics, self.primary_metric(reference)]
        )
        return self.lessons(version, reference).estimator(tuple(metrics), self.every)

    @property
    def estimates(self) -> bool:
        """Whether performance is estimated: there is a label to wait for."""
        return self.estimate and self.roles.label is not None

    @property
    def couriers(self) -> dict[str, Notifier]:
        """Every notifier by its name, those for escalations included."""
        return {**self.notifiers, **self.escalation}

    @property
    def places(self) -> dict[str, str]:
        """Where each notifier's messages arrive; one that does not say is for itself."""
        return {
            name: notifier.place or f"{name}@{self.monitor}"
            for name, notifier in self.couriers.items()
        }

    @property
    def measured_metrics(self) -> tuple[str, ...]:
        """The metrics that the monitor file names, or all of the task."""
        return self.metrics or METRICS[self.roles.task]

    def primary_metric(self, reference: Reference) -> str:
        """The metric that decides: the one named, or the task's first measured one."""
        if self.metric:
            return self.metric
        known = {name for day in reference.performance.values() for name in day}
        return primary_metric(self.roles.task, known or self.measured_metrics)

    def labels_in(self, entry: LedgerEntry) -> bool:
        """Whether as many labels of a window are in as harm is judged by."""
        rows, labelled = entry.record["rows"], entry.record["labelled"]
        needed = max(self.harm.min_labelled, self.harm.min_coverage * rows)
        return bool(labelled >= needed)

    def history(self, until: Window, days: int) -> list[LedgerEntry]:
        """The judged windows that start within so many days before `until`, oldest first.

        Without their findings.
        """
        most = (days + 1) * (24 if self.every is Every.HOUR else 1)
        known = self.ledger.history(self.monitor, until.start, most, topics=())
        start = until.start - timedelta(days=days)
        return [entry for entry in known if entry.key.window.start > start]

    def since(self, moment: datetime) -> list[LedgerEntry]:
        """The judged windows that start after a moment, oldest first.

        Without their findings; of days and weeks the latest 400.
        """
        hours = max(self.clock() - moment, timedelta()) // timedelta(hours=1)
        most = 400 + (hours if self.every is Every.HOUR else 0)
        known = self.ledger.history(self.monitor, limit=most, topics=())
        return [entry for entry in known if entry.key.window.start > moment]

    def window_of(self, day: date | None, moment: datetime) -> Window:
        """The window that starts on a local date, or the last complete one by `moment`.

        `SettingsError` for one that has not begun: its verdict would be the newest, and
        hide the days that are missed until then.
        """
        if day is None:
            return window_at(moment, self.every, self.zone).previous
        window = window_at(day_window(day, self.zone).start, self.every, self.zone)
        if window.start > self.clock():
            raise SettingsError(
                f"{day} has not begun ({self.zone}); the last complete {self.every.value} is "
                f"{window_at(self.clock(), self.every, self.zone).previous.day}"
            )
        return window
