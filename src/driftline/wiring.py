"""Monitor file → adapters → a Job. The only place that reads the clock and the environment.

Over 300 lines because every part of a monitor is put together here, and nowhere else.
What only a monitor needs (YAML, the file's types, a Job and its policies) is imported
where one is read: two files are compared without it.
"""

import importlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from driftline.core.registry import load
from driftline.core.slice import Slice
from driftline.core.window import Every
from driftline.errors import DependencyMissing, SettingsError, UnknownName
from driftline.ports import (
    Context,
    Dispatcher,
    Engine,
    Ledger,
    Listener,
    ModelRegistry,
    Notifier,
)

if TYPE_CHECKING:
    from driftline.app.job import Job, LabelFeed, Retraining
    from driftline.app.learned import Kept
    from driftline.core.comparison import DriftPolicy
    from driftline.core.incidents.notice import Manners
    from driftline.core.incidents.quiet_hours import QuietHours
    from driftline.core.labels.harm import HarmPolicy
    from driftline.core.retraining.economics import Costs
    from driftline.settings.monitor import Monitor, Part, RetrainingCosts
    from driftline.settings.monitor import QuietHours as QuietHoursRead

KINDS = {
    "engine": "engines",
    "source": "sources",
    "validation": "validators",
    "registry": "registries",
    "ledger": "ledgers",
    "costs": "costs",
    "health": "probes",
    "notify": "notifiers",
    "listen": "listeners",
    "trainer": "trainers",
    "dispatcher": "dispatchers",
    "report": "reports",
}

WINDOWS_PER_DAY = {Every.HOUR: 24.0, Every.DAY: 1.0, Every.WEEK: 1 / 7}

_KEPT: "dict[tuple[str, str, str], Kept]" = {}
"""By root, monitor and policy: a worker that judges many days learns a reference once."""


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 -- the one place that reads the clock


def project_root() -> Path:
    """The folder that holds `monitors/`: DRIFTLINE_ROOT, or the working directory."""
    return Path(os.environ.get("DRIFTLINE_ROOT", ".")).resolve()


def monitor_names(root: Path) -> list[str]:
    """The monitors that have a file, sorted."""
    return sorted(path.stem for path in (root / "monitors").glob("*.yaml"))


def load_monitor(name: str, root: Path) -> "Monitor":
    """The monitor of that name, or in that file; its file and its `name:` must agree."""
    from driftline.settings.file import read_monitor

    path = file_of(name, root)
    monitor = read_monitor(path)
    if monitor.name != path.stem:
        raise SettingsError(
            f"{path.name}: `name: {monitor.name}` does not match the file's name; "
            f"rename the file to {monitor.name}.yaml"
        )
    return monitor


def file_of(name: str, root: Path) -> Path:
    """The file of the monitor of that name, or the file that is named."""
    if name.endswith((".yaml", ".yml")):
        return root / name
    known = monitor_names(root)
    if name not in known:
        if (root / "monitors" / f"{name}.yml").is_file():
            raise SettingsError(f"rename monitors/{name}.yml to {name}.yaml")
        raise UnknownName("monitor", name, known)
    return root / "monitors" / f"{name}.yaml"


def build(kind: str, part: "Part", context: Context) -> Any:
    """One adapter, its settings checked and its secrets filled in."""
    try:
        module = _module(kind, part.name)
    except ModuleNotFoundError as error:
        own = f"pip install 'driftline[{part.name}]'"
        remedy = "put it where Python finds it" if "." in part.name else f"try `{own}`"
        raise DependencyMissing(
            f"{kind} {part.name!r} needs {error.name!r}, which is not installed; {remedy}"
        ) from error
    where = f"{context.monitor}: {kind} {part.name!r}"
    _refuse_secrets(module, part.settings, where)
    values = filled(part.settings, f"{kind} {part.name}")
    return module.build(_checked(module, values, where), context)


def _refuse_secrets(module: Any, values: dict[str, Any], where: str) -> None:
    """A monitor file is kept with the code and read by many, so it holds no secret."""
    from driftline.settings.secret import written_out

    found = list(written_out(module.Settings, values))
    if found:
        raise SettingsError(
            f"{where}: {', '.join(found)} stands in the monitor file as it is; put it "
            "into the environment or a Prefect Secret block, write `env:NAME` or "
            "`prefect-secret:NAME` here, and make a new one if others have seen it"
        )


def _checked(module: Any, values: Any, where: str) -> Any:
    """The adapter's settings, or one `SettingsError` with all that is wrong."""
    from pydantic import ValidationError

    from driftline.settings.file import sentences_of

    try:
        return module.Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(sentences_of(error, module.Settings, where)) from error


def filled(value: Any, where: str) -> Any:
    """Settings with each `env:NAME` and `prefect-secret:NAME` replaced.

    With a `?` after the name it may be absent, and is then None.
    """
    from driftline.settings.secret import is_kept

    if isinstance(value, dict):
        return {key: filled(inner, where) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, where) for inner in value]
    if not is_kept(value):
        return value
    place, _, name = value.partition(":")
    found = _KEPT_IN[place](name.rstrip("?"), where)
    if found is None and not name.endswith("?"):
        raise SettingsError(
            f"{where}: {_NOT_SET[place].format(name)}; set it, or write `{value}?` "
            "where it may be absent"
        )
    return found


def _of_environment(name: str, _where: str) -> str | None:
    return os.environ.get(name)


def _of_prefect(name: str, where: str) -> str | None:
    """The text in a Prefect Secret block; None where there is no such block."""
    import httpx
    from prefect.blocks.system import Secret
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        # Prefect would start a server of its own, which has no blocks.
        raise SettingsError(
            f"{where}: no Prefect server to ask for the block {name}: set PREFECT_API_URL"
        )
    try:
        block: Any = Secret.load(name, _sync=True)  # type: ignore[call-arg]  # Prefect adds it
    except ValueError:
        return None
    except (httpx.TransportError, PrefectHTTPStatusError) as error:
        raise SettingsError(
            f"{where}: Prefect did not give the block {name} ({type(error).__name__}); "
            "check that the server runs, PREFECT_API_URL and PREFECT_API_KEY"
        ) from None
    return str(block.get())


_KEPT_IN = {"env": _of_environment, "prefect-secret": _of_prefect}
_NOT_SET = {
    "env": "the environment variable {} is not set",
    "prefect-secret": "Prefect has no Secret block named {}",
}


def _module(kind: str, name: str) -> Any:
    """The file of that name among ours, or the module of one's own at `package.module`."""
    if "." in name:
        return importlib.import_module(name)
    return load(f"driftline.adapters.{KINDS[kind]}", name)


def context_of(monitor: "Monitor", root: Path) -> Context:
    """What every adapter of this monitor is told."""
    return Context(monitor.name, str(root), monitor.zone, monitor.roles)


@contextmanager
def open_job(name: str, *, root: Path | None = None, **options: Any) -> "Iterator[Job]":
    """The monitor's job, closed again at the end."""
    home = root or project_root()
    job = build_job(load_monitor(name, home), home, **options)
    try:
        yield job
    finally:
        job.ledger.close()


@contextmanager
def open_policies(
    name: str, policy: Path, *, root: Path | None = None
) -> "Iterator[tuple[Job, Job, bool]]":
    """The monitor's job, the job that another policy file makes of it, closed at the end.

    The third value is whether both are validated by the same suite.
    """
    from driftline.settings.file import read_policy

    home = root or project_root()
    own = load_monitor(name, home)
    other = read_policy(policy, file_of(name, home))
    was = build_job(own, home)
    try:
        would = build_job(other, home)
        try:
            yield was, would, own.validation == other.validation
        finally:
            would.ledger.close()
    finally:
        was.ledger.close()


@contextmanager
def open_ledger(name: str, *, root: Path | None = None) -> Iterator[Ledger]:
    """The monitor's ledger alone, closed again at the end."""
    home = root or project_root()
    monitor = load_monitor(name, home)
    ledger: Ledger = build("ledger", monitor.ledger, context_of(monitor, home))
    try:
        yield ledger
    finally:
        ledger.close()


@contextmanager
def scratch_ledger() -> Iterator[Ledger]:
    """An empty ledger in a file of its own, gone at the end."""
    from tempfile import TemporaryDirectory

    from driftline.adapters.ledgers import sql
    from driftline.core.roles import Roles, Task

    with TemporaryDirectory(prefix="driftline-") as folder:
        url = f"sqlite:///{Path(folder) / 'scratch.db'}"
        settings = sql.Settings.model_validate({"url": url})
        roles = Roles(Task.BINARY, "", "")
        ledger = sql.build(settings, Context("scratch", folder, "UTC", roles))
        try:
            yield ledger
        finally:
            ledger.close()


def listeners(names: Iterable[str], *, root: Path | None = None) -> list[Listener]:
    """Whatever these monitors are to be heard by, each once."""
    home = root or project_root()
    found: dict[str, Listener] = {}
    for name in names:
        monitor = load_monitor(name, home)
        for part in monitor.listen:
            key = part.model_dump_json()
            if key not in found:
                found[key] = build("listen", part, context_of(monitor, home))
    return list(found.values())


def build_job(
    monitor: "Monitor",
    root: Path,
    *,
    clock: Callable[[], datetime] = now,
    run_link: str = "",
) -> "Job":
    """Every part of a monitor, ready to judge."""
    from driftline.app.job import Job, Owners

    context = context_of(monitor, root)
    policy = policy_digest(monitor, root)
    registry: ModelRegistry = build("registry", monitor.registry, context)

    def part(kind: str, chosen: "Part | None") -> Any:
        return None if chosen is None else build(kind, chosen, context)

    return Job(
        monitor=monitor.name,
        model=monitor.model.name,
        alias=monitor.model.alias,
        zone=monitor.zone,
        every=monitor.every,
        roles=monitor.roles,
        drift=_drift_policy(monitor),
        harm=_harm_policy(monitor),
        source=part("source", monitor.source),
        engine=part("engine", monitor.engine),
        registry=registry,
        ledger=part("ledger", monitor.ledger),
        report=part("report", monitor.report),
        clock=clock,
        owner=_owner(),
        machine=_machine(),
        policy=policy,
        labels=_label_feed(monitor, context),
        refresh_days=monitor.labels.within_days if monitor.labels else 7,
        validator=part("validation", monitor.validation),
        costs=tuple(part("costs", chosen) for chosen in monitor.costs),
        probes=tuple(part("health", chosen) for chosen in monitor.health),
        notifiers={n: part("notify", c) for n, c in _by_name(monitor.notify).items()},
        dispatcher=_dispatcher(monitor, context),
        retraining=_retraining(monitor, context),
        quiet_windows=monitor.alarms.quiet_windows,
        manners=_manners(monitor),
        escalation=_escalation(monitor, context),
        listens=bool(monitor.listen),
        source_id=_source_id(monitor),
        sample_rows=monitor.drift.sample_rows,
        metric=monitor.performance.metric,
        metrics=tuple(monitor.performance.metrics),
        estimate=monitor.performance.estimate == "auto",
        owners=Owners(monitor.owner.data, monitor.owner.model),
        links={"Prefect run": run_link} if run_link else {},
        kept=_KEPT.setdefault((str(root), monitor.name, policy), {}),
        verdict_by=monitor.verdict_by.at if monitor.verdict_by else None,
        last_known_for=timedelta(days=monitor.model.last_known_days),
    )


def open_file(path: Path) -> Slice:
    """All rows of one local file."""
    from driftline.adapters.sources import _decode

    return _decode.open_file(path)


def local_engine() -> Engine:
    """The engine of this machine, with its usual settings."""
    from driftline.adapters.engines import _local

    return _local.LocalEngine(_local.Proposing())


def policy_digest(monitor: "Monitor", root: Path) -> str:
    """Changes when a setting that decides a verdict does, or the suite's text."""
    deciding = {"task", "zone", "every", "columns", "drift", "performance", "alarms"}
    text = monitor.model_dump_json(include=deciding)
    suite = monitor.validation and monitor.validation.settings.get("suite")
    path = root / str(suite)
    if suite and path.is_file():
        text += path.read_text(encoding="utf-8")
    return blake2b(text.encode(), digest_size=8).hexdigest()


def retrain(monitor: str, as_of: date, reason: str) -> None:
    """Retrain in this process: what the dispatcher `inline` calls by default."""
    from driftline.app.retraining.approval import open_question
    from driftline.app.retraining.retrain import retrain_model

    with open_job(monitor) as job:
        window = job.window_of(as_of, job.clock())
        if not open_question(job, window):
            retrain_model(job, window, reason)


def _drift_policy(monitor: "Monitor") -> "DriftPolicy":
    from driftline.core.bounds.budget import AlarmBudget, rate_per_day
    from driftline.core.comparison import DriftPolicy

    drift, alarms = monitor.drift, monitor.alarms
    return DriftPolicy(
        numeric=tuple(drift.numeric),
        categorical=tuple(drift.categorical),
        budget=AlarmBudget(rate_per_day(alarms.pages), rate_per_day(alarms.digest)),
        min_rows=drift.min_rows,
        fixed=drift.bounds,
        ignore=tuple(drift.ignore),
        classifier=drift.classifier,
        windows_per_day=WINDOWS_PER_DAY[monitor.every],
    )


def _harm_policy(monitor: "Monitor") -> "HarmPolicy":
    """Pages of performance have their share of the budget, unless the file says more."""
    from driftline.core.bounds.budget import AlarmBudget, rate_per_day
    from driftline.core.labels.harm import HarmPolicy

    settings, per_day = monitor.performance, WINDOWS_PER_DAY[monitor.every]
    budget = AlarmBudget(pages_per_day=rate_per_day(monitor.alarms.pages))
    stated = settings.run_length_days
    length = budget.performance(1, per_day) if stated is None else stated * per_day
    return HarmPolicy(min_labelled=settings.min_labelled, run_length=length)


def _label_feed(monitor: "Monitor", context: Context) -> "LabelFeed | None":
    """Labels joined by key need a key and a name for the label's column."""
    from driftline.app.job import LabelFeed

    labels = monitor.labels
    if labels is None:
        return None
    if not monitor.columns.key or monitor.columns.label is None:
        raise SettingsError(
            f"{monitor.name}: `labels:` joins a table by key; name `columns.key` and "
            "`columns.label`"
        )
    lag_days = labels.within_days if labels.timestamp_is == "arrival" else 0
    return LabelFeed(build("source", labels.source, context), lag_days)


def _retraining(monitor: "Monitor", context: Context) -> "Retraining | None":
    from driftline.app.job import Retraining
    from driftline.core.retraining.request import RetrainingPolicy

    settings = monitor.retraining
    if settings is None:
        return None
    return Retraining(
        trainer=build("trainer", settings.trainer, context),
        interlocks=RetrainingPolicy(
            enabled=settings.enabled,
            min_labelled=settings.min_labelled,
            cool_down_days=settings.cooldown_days,
            give_up_after=settings.give_up_after,
        ),
        train_days=max(settings.train_days),
        lengths=tuple(settings.train_days),
        holdout_days=settings.holdout_days,
        margin=settings.margin,
        guard_tolerance=settings.guard_tolerance,
        seed=settings.seed,
        costs=_costs(settings.costs),
        watch_windows=settings.watch_windows,
        shadow_windows=_shadow_windows(monitor),
        shadow_unsure_only=settings.shadow == "unsure",
    )


def _shadow_windows(monitor: "Monitor") -> int:
    """As many as the file states; else a week's."""
    from driftline.core.retraining.promotion import SHADOW_DAYS

    settings = monitor.retraining
    assert settings is not None
    if settings.shadow_windows is not None:
        return settings.shadow_windows
    return round(SHADOW_DAYS * WINDOWS_PER_DAY[monitor.every])


def _costs(settings: "RetrainingCosts | None") -> "Costs | None":
    from driftline.core.retraining.economics import Costs

    if settings is None:
        return None
    return Costs(
        error=settings.error,
        currency=settings.currency,
        run=settings.retraining,
        compute_hour=settings.compute_hour,
        labelling=settings.labelling,
        harmful_swap=settings.harmful_swap,
        metric=settings.metric,
        approve_above=settings.approve_above,
    )


def _manners(monitor: "Monitor") -> "Manners":
    from driftline.core.incidents.notice import Manners

    messages = monitor.messages
    hours, after = messages.quiet_hours, messages.escalation
    return Manners(
        repeat_after=timedelta(days=messages.repeat_after_days),
        group_within=timedelta(hours=messages.group_within_hours),
        quiet_hours=None if hours is None else _quiet_hours(hours, monitor.zone),
        escalate_after=None if after is None else timedelta(hours=after.after_hours),
    )


def _quiet_hours(hours: "QuietHoursRead", zone: str) -> "QuietHours":
    from driftline.core.incidents.quiet_hours import QuietHours

    return QuietHours(
        begins=hours.begins,
        ends=hours.ends,
        zone=hours.zone or zone,
        weekends=hours.weekends,
        critical_waits=hours.critical == "wait",
    )


def _escalation(monitor: "Monitor", context: Context) -> dict[str, Notifier]:
    escalation = monitor.messages.escalation
    if escalation is None:
        return {}
    return {"escalation": build("notify", escalation.to, context)}


def _source_id(monitor: "Monitor") -> str:
    """The same for monitors whose `source:` says the same."""
    text = monitor.source.model_dump_json()
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _dispatcher(monitor: "Monitor", context: Context) -> Dispatcher | None:
    settings = monitor.retraining
    return (
        None if settings is None else build("dispatcher", settings.dispatcher, context)
    )


def _by_name(parts: "list[Part]") -> "dict[str, Part]":
    """Parts under names of their own: a second Slack is `slack-2`."""
    named: dict[str, Part] = {}
    for chosen in parts:
        count = 1 + sum(other.name == chosen.name for other in named.values())
        named[chosen.name if count == 1 else f"{chosen.name}-{count}"] = chosen
    return named


def _owner() -> str:
    """This worker, for leases: unique per process and start."""
    return f"{_machine()}/{os.getpid()}/{os.urandom(4).hex()}"


def _machine() -> str:
    """What this machine calls itself."""
    import socket  # judging two files asks for no machine

    return socket.gethostname()
