"""The command line, whole processes."""

import sys
from pathlib import Path

from benchmarks.measuring import Cost, median, process, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting

COMMAND = str(Path(sys.executable).with_name("driftline"))


def measured(setting: Setting) -> Figures:
    """`--help`, and two files compared; a bare interpreter beside them."""
    first, second = setting.table(10_000), setting.table(10_000, seed=2)
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "help": [COMMAND, "--help"],
        "compare": [COMMAND, "compare", str(first), str(second)],
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for i in range(setting.repeats + 1):
        for name, command in commands.items():
            cost = process(command)
            if i:
                costs[name].append(cost)
    return Figures(
        [
            _row("driftline --help`, whole process", 0.3, costs["help"]),
            _row(
                "driftline compare` of two files of 10,000 rows, whole process",
                1.5,
                costs["compare"],
            ),
        ],
        raw(costs),
    )


def _row(work: str, bar: float, costs: list[Cost]) -> Row:
    wall, cpu = median(costs), median(costs, "cpu_s")
    undecided = None if cpu <= bar else False
    said = f"{cpu:.2f} s CPU, {wall:.2f} s on the clock"
    return Row(f"`{work}", f"≤ {bar} s on the clock", said, wall <= bar or undecided)
