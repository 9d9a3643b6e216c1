"""Time and memory of pieces of work, taken side by side."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock and on all cores; peak resident memory of a process in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float | None = None

    def to_json(self) -> dict[str, float]:
        """Rounded to what a clock can tell."""
        return {k: round(v, 4) for k, v in asdict(self).items() if v is not None}


def interleaved(works: Mapping[str, Work], repeats: int) -> dict[str, list[Cost]]:
    """Each work once to warm up, then all in turn, so that a disturbance meets all."""
    for work in works.values():
        work()
    costs: dict[str, list[Cost]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            costs[name].append(timed(work))
    return costs


def timed(work: Work) -> Cost:
    """One run of the work in this process, all of its threads counted."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def process(
    command: Sequence[str], environment: Mapping[str, str] | None = None
) -> Cost:
    """A whole process with its children: start, imports, work, end."""
    wall = time.perf_counter()
    child = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    complaint = child.stderr.read() if child.stderr else b""
    _, status, usage = os.wait4(child.pid, 0)
    elapsed = time.perf_counter() - wall
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{command} failed: {complaint[-2000:].decode()}")
    return Cost(elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_a_process(function: str, *arguments: object) -> dict[str, Any]:
    """`module:function(*arguments)` in a fresh process, with the memory that it took.

    `peak_mb` is the whole process at its largest, `imported_mb` what it held before
    the work, `bare_mb` what an interpreter holds without any import.
    """
    call = json.dumps([function, [str(argument) for argument in arguments]])
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.one", call],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{function} failed: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def resident_mb(field: str = "VmRSS") -> float:
    """What the kernel says of this process: VmRSS now, VmHWM at its largest."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    found = next(line for line in lines if line.startswith(field))
    return int(found.split()[1]) / 1024


def median(costs: Sequence[Cost], field: str = "wall_s") -> float:
    """The median of one figure."""
    return float(statistics.median(getattr(cost, field) for cost in costs))


def ratio(ours: Sequence[Cost], theirs: Sequence[Cost], field: str = "wall_s") -> float:
    """The median of the ratios of runs that were next to each other."""
    pairs = zip(ours, theirs, strict=True)
    return float(
        statistics.median(getattr(a, field) / getattr(b, field) for a, b in pairs)
    )


def raw(costs: Mapping[str, Sequence[Cost]]) -> dict[str, list[dict[str, float]]]:
    """Every single run, for the JSON file."""
    return {name: [cost.to_json() for cost in runs] for name, runs in costs.items()}
