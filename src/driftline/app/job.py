"""One monitor with every part in place: what the application works with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from driftline.core.comparison import (
    DriftPolicy,
    ReferenceSpread,
    measure_reference,
)
from driftline.core.harm import HarmPolicy
from driftline.core.realised import METRICS, primary_metric
from driftline.core.reference import Reference
from driftline.core.retraining import RetrainingPolicy
from driftline.core.roles import Roles
from driftline.core.why.attribution import Ranking, rank_reference
from driftline.core.why.gaps import Usual, usual_gaps
from driftline.core.why.learned import Learned, learn_reference
from driftline.core.window import Every, Window, day_window, window_at
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
class LabelFeed:
    """A table of labels. `lag_days` is 0 when its time stamp is the prediction's."""

    source: SliceSource
    lag_days: int = 0


@dataclass(frozen=True, slots=True)
class Retraining:
    """How a challenger is made, what it has to show, and when none is asked for."""

    trainer: Trainer
    interlocks: RetrainingPolicy
    train_days: int
    holdout_days: int
    margin: float
    guard_tolerance: float
    seed: int


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that judging one monitor takes.

    `policy` is a digest of the settings that decide a verdict: when it changes, the
    same rows are judged anew. `owner` names this worker in leases. `sample_rows` of a
    slice, and of a reference, are looked at as rows; with 0 none are kept.
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
    labels: LabelFeed | None = None
    refresh_days: int = 30
    validator: Validator | None = None
    costs: tuple[CostProvider, ...] = ()
    probes: tuple[HealthProbe, ...] = ()
    notifiers: Mapping[str, Notifier] = field(default_factory=dict)
    dispatcher: Dispatcher | None = None
    retraining: Retraining | None = None
    quiet_windows: int = 2
    sample_rows: int = 20_000
    metric: str | None = None
    metrics: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    spreads: dict[str, ReferenceSpread] = field(default_factory=dict)
    learned: dict[str, Learned | None] = field(default_factory=dict)
    rankings: dict[str, Ranking] = field(default_factory=dict)
    gaps: dict[str, Usual] = field(default_factory=dict)

    def spread(self, version: str, reference: Reference) -> ReferenceSpread:
        """How the reference's own days differ, worked out once per reference."""
        key = f"{version}/{reference.digest}"
        if key not in self.spreads:
            measured = measure_reference(reference, self.roles, self.drift)
            self.spreads[key] = measured
        return self.spreads[key]

    def learn(self, version: str, reference: Reference) -> Learned | None:
        """What the reference's rows teach about the model, learned once."""
        key = f"{version}/{reference.digest}"
        if key not in self.learned:
            self.learned[key] = learn_reference(reference, self.roles)
        return self.learned[key]

    def ranking(self, version: str, reference: Reference, rows: int) -> Ranking:
        """The reference's order of importances, worked out once for so many rows."""
        assert reference.sample is not None
        key = f"{version}/{reference.digest}/{_alike(rows)}"
        if key not in self.rankings:
            columns = self.roles.features_among(list(reference.plan.columns))
            ranked = rank_reference(reference.sample, columns, self.roles, rows)
            self.rankings[key] = ranked
        return self.rankings[key]

    def usual_gaps(self, version: str, reference: Reference, rows: int) -> Usual:
        """The gaps between groups in the reference's rows, worked out once likewise."""
        assert reference.sample is not None
        key = f"{version}/{reference.digest}/{_alike(rows)}"
        if key not in self.gaps:
            self.gaps[key] = usual_gaps(reference.sample, self.roles, rows)
        return self.gaps[key]

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

    def history(self, until: Window, days: int) -> list[LedgerEntry]:
        """The judged windows that start within so many days before `until`, oldest first.

        Without their findings.
        """
        most = (days + 1) * (24 if self.every is Every.HOUR else 1)
        known = self.ledger.history(self.monitor, until.start, most, topics=())
        start = until.start - timedelta(days=days)
        return [entry for entry in known if entry.key.window.start > start]

    def window_of(self, day: date | None, moment: datetime) -> Window:
        """The window that starts on a local date, or the last complete one by `moment`."""
        if day is None:
            return window_at(moment, self.every, self.zone).previous
        return window_at(day_window(day, self.zone).start, self.every, self.zone)


def _alike(rows: int) -> int:
    """The same for slices of like size, which are compared with the same parts."""
    return max(rows, 1).bit_length()
