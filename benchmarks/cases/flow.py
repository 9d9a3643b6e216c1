"""The daily flow on 1M rows under a warm Prefect server, Prefect's own share apart.

One process runs the flow for one monitor after another, each new to the ledger; the
first, which imports and connects, is left out.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.cases import steps
from benchmarks.measuring import Cost, timed
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting

WHOLE, AROUND = "the whole flow", "Prefect around the steps"
Runs = list[dict[str, Cost]]


def measured(setting: Setting) -> Figures:
    """Steps by name; what the tasks, the flow and its artifacts take beside them."""
    from tests.servers.prefect import prefect_environment, prefect_server

    root = setting.data / "flow"
    shutil.rmtree(root, ignore_errors=True)
    names = [f"monitor-{i}" for i in range(setting.repeats + 1)]
    steps.write_project(root, names)
    with prefect_server() as url, tempfile.TemporaryDirectory() as home:
        told = {**prefect_environment(url, home), "DRIFTLINE_ROOT": str(root)}
        runs = _in_a_process(names, told)[1:]
    shutil.rmtree(root)
    return Figures([_row(runs)], {"runs": [_plain(run) for run in runs]})


def _row(runs: Runs) -> Row:
    wall = {step: median(run[step].wall_s for run in runs) for step in runs[0]}
    cpu = {step: median(run[step].cpu_s for run in runs) for step in runs[0]}
    own = [step for step in cpu if step not in (WHOLE, AROUND)]
    most = sorted(own, key=lambda step: -cpu[step])[:6]
    said = ", ".join(f"{step} {cpu[step]:.2f} ({wall[step]:.2f})" for step in most)
    slower = [step for step in own if cpu[step] > cpu["count"] and step != "validate"]
    return Row(
        "the daily flow on 1M rows under a warm Prefect server, 30 expectations on all "
        "rows: CPU seconds (on the clock)",
        "nothing but validation takes longer than the profile (count)",
        f"{cpu[WHOLE]:.2f} ({wall[WHOLE]:.2f}) in all: {said}; Prefect "
        f"{cpu[AROUND]:.2f} ({wall[AROUND]:.2f})",
        not slower,
    )


def _in_a_process(names: list[str], environment: dict[str, str]) -> Runs:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.cases.flow", *names],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return [{k: Cost(**v) for k, v in json.loads(line).items()} for line in lines]


def _plain(run: dict[str, Cost]) -> dict[str, dict[str, float]]:
    return {step: cost.to_json() for step, cost in run.items()}


def _run(name: str) -> dict[str, Cost]:
    """One day of one monitor, its steps timed inside their tasks.

    What is left of the whole flow is Prefect's: the engine, task runs, logs, artifact
    and event; opening the monitor's parts is counted with it.
    """
    from driftline.adapters.runners import prefect as runner
    from flows.monitor_day import monitor_day

    watch, as_task = steps.Watch(), runner.as_task

    def watched(step: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        def inside(*args: Any, **kwargs: Any) -> Any:
            return watch(step, *args, **kwargs)

        inside.__name__ = step.__name__
        return as_task(inside, *args, **kwargs)

    runner.as_task = watched
    states: list[Any] = []
    whole = timed(
        lambda: states.append(monitor_day(name, steps.TODAY, return_state=True))
    )
    if not states[0].is_completed():
        raise RuntimeError(f"the flow ended as {states[0]}")
    inside = list(watch.costs.values())
    around = Cost(
        whole.wall_s - sum(cost.wall_s for cost in inside),
        whole.cpu_s - sum(cost.cpu_s for cost in inside),
    )
    runner.as_task = as_task
    return {**watch.costs, WHOLE: whole, AROUND: around}


if __name__ == "__main__":
    for monitor in sys.argv[1:]:
        found = _run(monitor)
        print(
            json.dumps({step: asdict(cost) for step, cost in found.items()}), flush=True
        )
