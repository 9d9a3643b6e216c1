"""Many monitors in one flow run, side by side on a task runner of Prefect's."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from driftline.adapters.runners import prefect as runner
from driftline.adapters.runners._reports import Judged
from driftline.core.collecting import collect_young
from driftline.core.verdict import Word
from driftline.errors import (
    DependencyMissing,
    DriftlineError,
    SettingsError,
)

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State
    from prefect.task_runners import TaskRunner

Judge = Callable[[str], Judged]
"""Judges one window of the monitor of that name."""


def task_runner(
    name: Literal["threads", "dask"], workers: int, address: str | None = None
) -> "TaskRunner[Any]":
    """Threads of this process, processes of a local Dask cluster, or one at an address."""
    if name == "threads":
        if address is not None:
            raise SettingsError("threads have no address; leave it out, or choose dask")
        from prefect.task_runners import ThreadPoolTaskRunner

        return ThreadPoolTaskRunner(max_workers=workers)
    if find_spec("prefect_dask") is None:
        raise DependencyMissing(
            "the dask runner needs prefect-dask; try `pip install 'driftline[dask]'`"
        )
    from prefect_dask import DaskTaskRunner

    local = {
        "n_workers": workers,
        "threads_per_worker": 1,
        "dashboard_address": "127.0.0.1:0",
    }
    where = {"address": address} if address else {"cluster_kwargs": local}
    chosen: TaskRunner[Any] = DaskTaskRunner(**where)
    return chosen


def over_fleet(
    judge: Judge, monitors: Sequence[str], tasks: "TaskRunner[Any]"
) -> dict[str, Judged | Exception]:
    """What each monitor's judgement gave: a report, or the error that broke it.

    One task for a monitor, tried again where a retry can help; a monitor that breaks
    stops no other one.
    """
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    prepared = task(
        name="judge",
        task_run_name="{monitor}",
        retries=len(runner.RETRY_DELAYS_S),
        retry_delay_seconds=runner.RETRY_DELAYS_S,
        retry_condition_fn=runner._retry_can_help,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(_named(judge))
    with tasks as running:
        started = {
            name: running.submit(prepared, {"monitor": name}) for name in monitors
        }
        return {
            name: future.result(raise_on_failure=False)
            for name, future in started.items()
        }


def conclude_fleet(ended: Mapping[str, "Judged | Exception"]) -> "State[Any]":
    """Artifact and event of every monitor; the state is the worst of their verdicts.

    The run is `Failed`, and names them, when monitors could not be judged at all; one
    whose window another worker has is counted and breaks nothing.
    """
    from prefect.states import Completed, Failed

    errors = {name: e for name, e in ended.items() if isinstance(e, Exception)}
    broken = {n: e for n, e in errors.items() if not isinstance(e, runner.HELD)}
    words: list[Word] = []
    for name, judged in ended.items():
        if not isinstance(judged, Exception):
            runner.conclude(name, judged)
            words.append(judged.verdict.word)
    if broken:
        why = "; ".join(f"{name}: {_told(e)}" for name, e in broken.items())
        return Failed(message=f"{len(broken)} of {len(ended)} broke: {why}"[:500])
    counted = [f"{n} {word}" for word, n in Counter(words).items()]
    held = [f"{len(errors)} {runner.ELSEWHERE}"] if errors else []
    message = ", ".join([*counted, *held]) or "there is no monitor"
    worst = max(words, key=list(runner.STATE_NAMES).index, default=Word.HEALTHY)
    name = runner.BUSY if held and not words else runner.STATE_NAMES[worst]
    return Completed(name=name, message=message)


def _named(judge: Judge) -> Judge:
    """A task whose run is called as its monitor."""

    def judged(monitor: str) -> Judged:
        with runner.discreet():
            found = judge(monitor)
        collect_young()
        return found

    return judged


def _told(error: Exception) -> str:
    """Words of ours as they are; of others only the kind, for they may quote rows."""
    return str(error) if isinstance(error, DriftlineError) else type(error).__name__
