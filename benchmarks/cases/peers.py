"""Whole processes at 1M rows beside the tools that people use today.

Each has its own environment under `peers/` of the data folder (`peers/install.sh`);
one that is not installed there is left out.
"""

import json
import sys
from pathlib import Path

from benchmarks.measuring import Cost, median, process, raw
from benchmarks.recording import Figures, Row
from benchmarks.setting import Setting, reference

ROWS = 1_000_000
SCRIPTS = Path(__file__).parents[1] / "peers"
FEWER = {"evidently": 150, "nannyml": 30, "whylogs": 50, "tfdv": 10}
QUIET = {"PYTHONPATH": "", "NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1"}
COMMAND = str(Path(sys.executable).with_name("driftline"))


def measured(setting: Setting) -> Figures:
    """A peer runs once; Driftline three times for each of them."""
    first, second = str(setting.table(ROWS)), str(setting.table(ROWS, seed=2))
    stored = setting.data / "reference.json"
    stored.write_text(json.dumps(reference(20).to_json()))
    ours = [sys.executable, str(SCRIPTS / "with_driftline.py"), str(stored), second]
    costs: dict[str, list[Cost]] = {"driftline": [], "driftline compare": []}
    process(ours)
    for peer in FEWER:
        python = setting.data / "peers" / peer / "bin" / "python"
        if not python.exists():
            continue
        costs["driftline"].append(process(ours))
        costs[peer] = [_peer(peer, python, first, second)]
        costs["driftline"].append(process(ours))
        costs["driftline compare"].append(process([COMMAND, "compare", first, second]))
    rows = [_row(peer, costs) for peer in FEWER if peer in costs]
    return Figures(rows, raw(costs))


def _peer(peer: str, python: Path, *files: str) -> Cost:
    """What a peer took is kept beside its environment: some run for minutes."""
    kept = python.parents[1] / "cost.json"
    if not kept.exists():
        script = str(SCRIPTS / f"with_{peer}.py")
        cost = process([str(python), script, *files], QUIET)
        kept.write_text(json.dumps(cost.to_json()))
    return Cost(**json.loads(kept.read_text()))


def _row(peer: str, costs: dict[str, list[Cost]]) -> Row:
    ours, theirs = (median(costs[name], "cpu_s") for name in ("driftline", peer))
    both = median(costs["driftline compare"], "cpu_s")
    return Row(
        f"1M rows × 51 columns, whole processes, beside {peer}",
        f"{FEWER[peer]} × fewer CPU seconds",
        f"{theirs / ours:.0f} × ({theirs:.1f} s, n=1, against {ours:.2f} s; "
        f"two files by `driftline compare` {both:.2f} s, {theirs / both:.0f} ×)",
        theirs / ours >= FEWER[peer],
    )
