"""What a load cost, from the history that its workers wrote."""

import json
import resource
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.load.history import History, Operation

TIMED = ("acquire", "record", "release", "finish", "note")
"""Writes of the ledger: how long they take is mostly how long they wait for each other."""


def note_usage(history: History) -> None:
    """What this process has used by now is in the history."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = {"cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
    history.note("done", "usage", "", "", json.dumps(spent))


def figures(work: str, history: Sequence[Operation], killed: int) -> dict[str, object]:
    """Seconds, windows, kills, waits in milliseconds and the largest process."""
    windows = sum(o.what == "record" and o.phase == "done" for o in history)
    wall = (history[-1].at - history[0].at) / 1e9
    usage = [json.loads(o.detail) for o in history if o.what == "usage"]
    return {
        "work": work,
        "wall_s": round(wall, 1),
        "windows": windows,
        "windows_per_s": round(windows / wall, 2),
        "killed": killed,
        "busy": sum(o.what == "acquire" and o.phase == "refused" for o in history),
        "peak_mib": round(max((each["peak_mib"] for each in usage), default=0)),
        "waits_ms": {
            what: _spread(times) for what, times in _durations(history).items()
        },
    }


def keep(folder: Path, name: str, found: dict[str, object]) -> None:
    """The figures in a file of the folder, and on the screen."""
    text = json.dumps(found, indent=1)
    (folder / f"{name}.json").write_text(text)
    sys.stdout.write(f"\n{name}: {text}\n")


def _durations(history: Sequence[Operation]) -> dict[str, list[float]]:
    """Milliseconds from begun to done; a worker does one operation of a kind at a time."""
    begun: dict[tuple[int, str, str], int] = {}
    found: dict[str, list[float]] = defaultdict(list)
    for each in history:
        if each.what not in TIMED:
            continue
        name = (each.worker, each.what, each.subject + each.monitor)
        if each.phase == "begun":
            begun[name] = each.at
        elif name in begun:
            found[each.what].append((each.at - begun.pop(name)) / 1e6)
    return found


def _spread(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    at = {"median": 0.5, "p99": 0.99, "most": 1.0}
    last = len(ordered) - 1
    return {name: round(ordered[int(last * share)], 1) for name, share in at.items()}
