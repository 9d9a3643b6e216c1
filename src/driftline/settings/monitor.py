"""The monitor file as types, in one long file because it is read as one.

Text from outside ends here: what comes out is complete, typed and named. A part such
as a source or a notifier is written `name` or `name: {settings}`; its name is the name
of a file under `driftline/adapters/`, or `package.module` for one's own.
"""

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from driftline.core.bounds.budget import rate_per_day
from driftline.core.drift import named
from driftline.core.performance._metric import load_metric
from driftline.core.roles import Roles, Task
from driftline.core.window import Every, zone_named
from driftline.errors import SettingsError

Strict = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Part(BaseModel):
    """One adapter by name, with settings that the adapter's own file checks."""

    model_config = Strict
    name: str
    settings: dict[str, Any] = Field(default_factory=dict)


def _part(value: Any) -> Any:
    """`name` and `{name: {…}}` both name a part."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict) and len(value) == 1:
        [(name, settings)] = value.items()
        if settings is None or isinstance(settings, dict):
            return {"name": str(name), "settings": settings or {}}
    if isinstance(value, Part):
        return value
    raise ValueError("write `name` or `name: {setting: value}` with exactly one name")


AnyPart = Annotated[Part, BeforeValidator(_part)]


def _listed(value: Any) -> Any:
    """One name is as good as a list of one."""
    return [value] if isinstance(value, str) else value


def _counted(value: Any) -> Any:
    """One number is as good as a list of one."""
    return [value] if isinstance(value, int) else value


Lengths = Annotated[list[Annotated[int, Field(ge=1)]], BeforeValidator(_counted)]
Names = Annotated[list[str], BeforeValidator(_listed)]


def _accepted(check: Callable[[str], object]) -> Callable[[str], str]:
    """The text as it is, if the check has nothing to say against it."""

    def accept(value: str) -> str:
        try:
            check(value)
        except SettingsError as error:
            raise ValueError(str(error)) from error
        return value

    return accept


def _clock(value: Any) -> Any:
    """A time of day as people write it."""
    try:
        return time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{value!r} is no time of day; write 08:00") from error


Statistic = Annotated[str, AfterValidator(_accepted(named))]
Statistics = Annotated[list[Statistic], BeforeValidator(_listed)]
Metric = Annotated[str, AfterValidator(_accepted(load_metric))]
Metrics = Annotated[list[Metric], BeforeValidator(_listed)]
Rate = Annotated[str, AfterValidator(_accepted(rate_per_day))]
Zone = Annotated[str, AfterValidator(_accepted(zone_named))]


class Model(BaseModel):
    """The registered model, and the alias that names the version in service."""

    model_config = Strict
    name: str = Field(description="As MLflow's registry knows it")
    alias: str = Field("champion", description="Marks the version in service")
    last_known_days: int = Field(
        7,
        ge=0,
        le=31,
        description="While MLflow does not answer, the version that it last named as in "
        "service judges provisionally, if that is no longer ago. 0: no version does",
    )


class Columns(BaseModel):
    """Which column plays which part."""

    model_config = Strict
    timestamp: str = Field(description="When the prediction was made")
    prediction: str = Field(description="The class, value or probability predicted")
    score: str | None = Field(None, description="Probability of the positive class")
    label: str | None = Field(None, description="What turned out to be true")
    key: Names = Field(default_factory=list, description="Columns that name one row")
    features: Names = Field(
        default_factory=list,
        description="Columns whose drift is judged; empty: all others",
    )
    segments: Names = Field(
        default_factory=list,
        description="Performance is judged for each value of these",
    )
    sensitive: Names = Field(
        default_factory=list, description="Gaps between the groups of each are judged"
    )
    ignore: Names = Field(default_factory=list, description="Columns to leave alone")
    positive: str = Field("1", description="The label of the positive class")
    decision_threshold: float = Field(
        0.5, ge=0, le=1, description="From this probability on, the answer is yes"
    )

    @field_validator("positive", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        """`positive: 1` and `positive: true` need no quotes; 3.10 would lose its 0."""
        return str(value) if isinstance(value, int) else value


class Labels(BaseModel):
    """Labels that live in a table of their own, arrive late and join by key.

    `timestamp_is: event` means that the label table carries the time stamp of the
    prediction; `arrival` that it carries the day on which the label came.
    """

    model_config = Strict
    source: AnyPart = Field(description="Where they lie, as under `source`")
    timestamp_is: Literal["event", "arrival"] = Field(
        "event",
        description="What the labels' time stamp says: when the prediction was made "
        "(`event`), or when the label came (`arrival`)",
    )
    within_days: int = Field(
        30, ge=0, le=3650, description="How late a label may come and still count"
    )


class Drift(BaseModel):
    """What is compared with the reference, and how."""

    model_config = Strict
    numeric: Statistics = Field(
        default_factory=lambda: [
            "rank_shift",
            "jensen_shannon",
            "null_rate",
            "range",
            "off_grid",
        ],
        description="What is measured of every column of numbers",
    )
    categorical: Statistics = Field(
        default_factory=lambda: ["jensen_shannon", "null_rate", "unseen_values"],
        description="What is measured of every other column",
    )
    min_rows: int = Field(
        20, ge=1, description="With fewer rows the verdict is cannot-tell"
    )
    bounds: dict[str, dict[Statistic, float]] = Field(
        default_factory=dict,
        description="Limits of your own, instead of learned ones: "
        "column: {statistic: upper bound}",
    )
    ignore: Names = Field(
        default_factory=list, description="Columns whose drift is not judged"
    )
    classifier: bool = Field(
        False,
        description="Also ask a classifier whether it can tell the day's rows from the "
        "reference's: sees what no pair of columns shows, for some seconds of fitting",
    )
    sample_rows: int = Field(
        20_000,
        ge=0,
        description="Rows of a slice, and of the reference, that are looked at as rows: "
        "how columns go together, what undoes a change. 0 keeps none, and judges neither",
    )


class Performance(BaseModel):
    """Which metrics are measured, and which one decides."""

    model_config = Strict
    metric: Metric | None = Field(
        None,
        description="The metric that decides what is harm; null: roc_auc (f1 without "
        "probabilities), macro_f1 or mae, by the task",
    )
    metrics: Metrics = Field(default_factory=list, description="Empty: all of the task")
    min_labelled: int = Field(
        30, ge=2, description="With fewer labelled rows performance is unknown"
    )
    run_length_days: float | None = Field(
        None,
        gt=1,
        description="Mean number of quiet days to a false page of the metric that "
        "decides; null: a quarter of `alarms.pages` is its share, which makes 365 days "
        "of 1 per quarter",
    )
    estimate: Literal["auto", "off"] = Field(
        "auto", description="Estimate performance while labels are not in"
    )


class Alarms(BaseModel):
    """The false alarms that the owner is willing to get."""

    model_config = Strict
    pages: Rate = Field("1 per quarter", description="False alarms that tell people")
    digest: Rate = Field(
        "1 per week", description="False days of `watch`, which wait for the digest"
    )
    quiet_windows: int = Field(
        2, ge=1, description="Quiet windows that end an incident"
    )


class Owner(BaseModel):
    """Whom messages name: a person, a team or a channel."""

    model_config = Strict
    data: str = Field("", description="Mends the data at its source")
    model: str = Field("", description="Answers for the model")


Clock = Annotated[time, BeforeValidator(_clock)]


class QuietHours(BaseModel):
    """When nobody is to be disturbed; what waits is sent when they end."""

    model_config = Strict
    begins: Clock = Field(description="As the clock on the wall shows it: 18:00")
    ends: Clock = Field(description="08:00; an hour before `begins` is the next day's")
    zone: Zone | None = Field(None, description="null: the monitor's own")
    weekends: bool = Field(False, description="Saturday and Sunday too, whole")
    critical: Literal["pass", "wait"] = Field(
        "pass",
        description="Incidents that open, grow or get worse; everything else waits",
    )

    @model_validator(mode="after")
    def _last(self) -> Self:
        """Hours that end where they begin would be none, or all."""
        if self.begins == self.ends:
            raise ValueError("`begins` and `ends` are the same")
        return self


class Escalation(BaseModel):
    """Whom to tell of an incident that nobody has acknowledged."""

    model_config = Strict
    to: AnyPart = Field(description="A notifier, as under `notify`")
    after_hours: float = Field(
        4, gt=0, le=24 * 30, description="So long after the first message"
    )


class Messages(BaseModel):
    """When people are told of an incident again, together, later, or somebody else."""

    model_config = Strict
    repeat_after_days: float = Field(
        7, gt=0, le=366, description="While it lasts and nobody has acknowledged it"
    )
    group_within_hours: float = Field(
        24,
        ge=0,
        le=24 * 30,
        description="Data incidents of several monitors that begin this close, in one "
        "source or in the same columns, share a thread, and so do outages of one "
        "registry or source, and summaries of days judged late; 0: never",
    )
    quiet_hours: QuietHours | None = Field(
        None, description="When nobody is to be disturbed"
    )
    escalation: Escalation | None = Field(
        None, description="Who hears of what nobody has acknowledged"
    )


Money = Annotated[Decimal, Field(ge=0)]


class RetrainingCosts(BaseModel):
    """What waiting costs and what a run costs: a run is asked for when it pays.

    Without it the same sum is done in points of the deciding metric, and a run costs
    its `margin` times its `cooldown_days`.
    """

    model_config = Strict
    error: Money = Field(
        description="One prediction that is worse by 1 in `metric`: for accuracy, one "
        "wrong prediction"
    )
    metric: Metric | None = Field(
        None, description="What errors are counted by; null: the metric that decides"
    )
    currency: str = Field(
        min_length=1, max_length=20, description="Of every amount here: EUR"
    )
    retraining: Money = Field(
        Decimal(0), description="One run, whatever it computes: review, release"
    )
    compute_hour: Money = Field(
        Decimal(0), description="An hour of a run; how many it takes is measured"
    )
    labelling: Money = Field(Decimal(0), description="The labels that a run takes")
    harmful_swap: Money = Field(
        Decimal(0), description="What a bad model costs until it is rolled back"
    )
    approve_above: Money | None = Field(
        None, description="A run that costs more waits until a person approves"
    )


class Retraining(BaseModel):
    """How a challenger is made and what it has to show."""

    model_config = Strict
    trainer: AnyPart = Field(description="What fits a challenger")
    dispatcher: AnyPart = Field(
        Part(name="prefect_deployment"), description="How a run is asked for"
    )
    enabled: bool = Field(True, description="false: no run is asked for by itself")
    costs: RetrainingCosts | None = Field(
        None, description="Money for the sum; null: points of the deciding metric"
    )
    train_days: Lengths = Field(
        default_factory=lambda: [60],
        min_length=1,
        description="Days that a challenger learns from; of several, a backtest takes "
        "the best",
    )
    holdout_days: int = Field(
        14, ge=1, description="The latest days, on which both versions are compared"
    )
    margin: float = Field(0.0, ge=0, description="Least gain in the deciding metric")
    min_labelled: int = Field(
        1000, ge=2, description="Labelled rows of sound windows that a run needs"
    )
    cooldown_days: int = Field(
        7, ge=0, description="After a run, a refusal or a roll-back"
    )
    give_up_after: int = Field(3, ge=1, description="Runs in a row that did not help")
    guard_tolerance: float = Field(0.05, ge=0, description="Loss a segment may take")
    watch_windows: int = Field(
        7,
        ge=0,
        description="Labelled windows over which a promoted version is watched, and "
        "rolled back if it does harm; 0: it is not",
    )
    shadow_windows: int | None = Field(
        None,
        ge=0,
        le=24 * 90,
        description="Labelled windows over which a challenger is scored beside the "
        "champion; 0: none; null: a week's (7 days). A challenger of other types than "
        "scikit-learn's gets them only where the registry is `trusted`",
    )
    shadow: Literal["unsure", "all"] = Field(
        "unsure",
        description="Which challengers: one whose gain may be chance, while one that won "
        "is promoted at once; `all`: one that won, too",
    )
    seed: int = Field(0, description="Of the trainer's random numbers")


def _stated(value: Any) -> Any:
    """`09:00` alone is the hour."""
    return {"at": value} if isinstance(value, str | time) else value


class VerdictBy(BaseModel):
    """The hour by which a verdict is there; `driftline deploy` sets the alarm for it.

    Written `09:00`, or with the block by which Prefect's own server tells.
    """

    model_config = Strict
    at: Clock = Field(description="Of the day on which the window ends, local: 09:00")
    block: str | None = Field(
        None,
        pattern=r"^[a-z0-9-]+/[a-z0-9-]+$",
        description="A notification block of Prefect's (slack-webhook/on-call): the "
        "server tells by it, also where no worker is left to do so",
    )


class Monitor(BaseModel):
    """One watched model: the whole monitor file."""

    model_config = Strict
    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,99}$",
        description="What commands, messages and the ledger call it: the file's name",
    )
    model: Model = Field(description="The registered model that serves")
    task: Task = Field(description="binary, multiclass or regression")
    zone: Zone = Field("UTC", description="Where days begin: Europe/Berlin")
    every: Every = Field(Every.DAY, description="One verdict each hour, day or week")
    columns: Columns = Field(description="Which column plays which part")
    source: AnyPart = Field(description="Where the predictions lie")
    labels: Labels | None = Field(
        None, description="Where labels lie, if in a table of their own"
    )
    engine: AnyPart = Field(
        Part(name="local"), description="What counts the rows, and where"
    )
    validation: AnyPart | None = Field(
        None, description="The expectations that a day has to meet"
    )
    drift: Drift = Field(Drift(), description="What is compared with the reference")
    performance: Performance = Field(
        Performance(), description="What is measured where labels are in"
    )
    alarms: Alarms = Field(Alarms(), description="How many false alarms are accepted")
    owner: Owner = Field(Owner(), description="Whom messages name")
    costs: list[AnyPart] = Field(
        default_factory=list, description="Budgets that are watched"
    )
    health: list[AnyPart] = Field(
        default_factory=lambda: [Part(name="host")],
        description="Machines and servers that are looked at",
    )
    notify: list[AnyPart] = Field(
        default_factory=lambda: [Part(name="console")],
        description="Where people are told",
    )
    messages: Messages = Field(Messages(), description="When people are told again")
    listen: list[AnyPart] = Field(
        default_factory=list, description="Where `driftline listen` hears replies"
    )
    retraining: Retraining | None = Field(
        None, description="How a better model is made; null: never"
    )
    registry: AnyPart = Field(
        Part(name="mlflow"), description="Which model is in service, and its reference"
    )
    ledger: AnyPart = Field(Part(name="sql"), description="Where the history is kept")
    report: AnyPart = Field(Part(name="html"), description="The page of each window")
    schedule: str = Field(
        "0 6 * * *",
        description="Cron, in the monitor's zone; `driftline init --prefect` schedules "
        "the daily deployment by it",
    )
    verdict_by: Annotated[VerdictBy | None, BeforeValidator(_stated)] = Field(
        None,
        description="09:00: people hear when the last window has no verdict by then, and "
        "not before then that it cannot be judged",
    )

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        """An hourly window has no hour of the day."""
        if self.verdict_by is not None and self.every is Every.HOUR:
            raise ValueError("`verdict_by` is for windows of a day or a week")
        return self

    @property
    def roles(self) -> Roles:
        """The columns as the core wants them."""
        columns = self.columns
        return Roles(
            task=self.task,
            timestamp=columns.timestamp,
            prediction=columns.prediction,
            score=columns.score,
            label=columns.label,
            key=tuple(columns.key),
            features=tuple(columns.features),
            segments=tuple(columns.segments),
            sensitive=tuple(columns.sensitive),
            ignore=tuple(columns.ignore),
            positive=columns.positive,
            decision_threshold=columns.decision_threshold,
        )
