"""Whole processes at 1M rows beside the tools that people use today.

Each has its own environment under `peers/` of the data folder (`peers/install.sh`), with
its bytecode compiled, as ours is; one that is not installed there is left out.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Cost, median, process, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, reference

ROWS = 1_000_000
SCRIPTS = Path(__file__).parents[1] / "peers"
FEWER = {"evidently": 150, "nannyml": 30, "whylogs": 50, "tfdv": 10}
LESS_WORK = {"nannyml": ("two methods a column", "2")}
"""Peers that are run once more so, and what their script is told; without a bar."""

QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
COMMAND = str(Path(sys.executable).with_name("driftline"))
TIMES, OURS_EACH = 5, 3


def measured(setting: Setting) -> Figures:
    """Each peer's runs, with ours before and after every one of them."""
    first, second = str(setting.table(ROWS)), str(setting.table(ROWS, seed=2))
    stored = setting.data / "reference.json"
    stored.write_text(json.dumps(reference(20).to_json()))
    ours = [sys.executable, str(SCRIPTS / "with_driftline.py"), str(stored), second]
    both = [COMMAND, "compare", first, second]
    process(ours, COMPILED)
    costs = {"driftline compare": [process(both, COMPILED) for _ in range(TIMES)]}
    rows = []
    for peer in FEWER:
        python = setting.data / "peers" / peer / "bin" / "python"
        if not python.exists():
            continue
        theirs = [str(python), str(SCRIPTS / f"with_{peer}.py"), first, second]
        rows.append(_beside(peer, ours, theirs, costs))
        if peer in LESS_WORK:
            how, told = LESS_WORK[peer]
            rows.append(_beside(f"{peer}, {how}", ours, [*theirs, told], costs))
    return Figures(rows, raw(costs))


def _beside(
    peer: str, ours: list[str], theirs: list[str], costs: dict[str, list[Cost]]
) -> Row:
    """A peer's row; its runs and those of ours beside it are added to the costs."""
    turns = list(_in_turn(ours, theirs))
    costs[peer] = [theirs for _, theirs in turns]
    costs[f"driftline beside {peer}"] = [c for group, _ in turns for c in group]
    return _row(peer, costs)


def _in_turn(ours: list[str], theirs: list[str]) -> Iterator[tuple[list[Cost], Cost]]:
    """Some runs of ours and one of theirs, as often as a peer is run."""
    alone = {**QUIET, **COMPILED, "PYTHONPATH": ""}
    for _ in range(TIMES):
        own = [process(ours, COMPILED) for _ in range(OURS_EACH)]
        yield own, process(theirs, alone)


def _row(peer: str, costs: dict[str, list[Cost]]) -> Row:
    theirs = median(costs[peer], "cpu_s")
    ours = median(costs[f"driftline beside {peer}"], "cpu_s")
    both = median(costs["driftline compare"], "cpu_s")
    runs, bar = len(costs[peer]), FEWER.get(peer)
    return Row(
        f"1M rows × 51 columns, whole processes, beside {peer}",
        f"{bar} × fewer CPU seconds" if bar else "–",
        f"{theirs / ours:.0f} × ({theirs:.1f} s, n={runs}, against {ours:.2f} s; "
        f"two files by `driftline compare` {both:.2f} s, {theirs / both:.0f} ×)",
        theirs / ours >= bar if bar else None,
    )
