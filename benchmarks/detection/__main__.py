"""Measure: `python -m benchmarks.detection [--seeds N] [--only PART …] [--no-peers]`."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.detection import page, peers, running


def main() -> None:
    """Run what is asked for; a whole run, or one of other tools, writes the page anew."""
    chosen = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = chosen.data.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    environments = chosen.peers or folder / "peers"
    if chosen.tools:
        _judge_peers(chosen, chosen.tools, folder, environments)
    elif not chosen.page:
        _judge_ours(chosen, folder)
        if not (chosen.only or chosen.no_peers):
            _judge_peers(chosen, tuple(peers.TOOLS), folder, environments)
    if not chosen.only:
        print(page.write())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection")
    add = parser.add_argument
    add("--seeds", type=int, default=20)
    add(
        "--elsewhere", type=int, default=20, help="seeds of all but the first reference"
    )
    add(
        "--only",
        nargs="+",
        choices=list(running.PARTS),
        metavar="PART",
        help=f"print these parts of the table alone: {', '.join(running.PARTS)}",
    )
    add("--references", nargs="+", type=int, default=[90, 30], metavar="DAYS")
    add("--tracks", nargs="+", default=list(running.TRACKS), choices=running.TRACKS)
    add("--workers", type=int, default=2)
    add("--no-peers", action="store_true", help="the other tools keep their figures")
    add("--peers", type=Path, help="folder of the other tools' environments")
    add(
        "--tools",
        nargs="+",
        choices=list(peers.TOOLS),
        help="judge only by these other tools",
    )
    add("--page", action="store_true", help="write the page anew, and run nothing")
    add("--data", type=Path, default=Path(".driftline/benchmarks/detection"))
    return parser


def _judge_ours(chosen: argparse.Namespace, folder: Path) -> None:
    """Our own records: printed, kept under the folder, and in docs after a whole run."""
    parts = tuple(chosen.only or running.WHOLE)
    asked = running.Asked(
        chosen.seeds,
        parts,
        chosen.elsewhere,
        tuple(chosen.references),
        tuple(chosen.tracks),
    )
    records = running.measured(asked, folder, chosen.workers)
    (folder / "latest.json").write_text(json.dumps(records))
    print(page.printed(records, parts))
    if not chosen.only:
        page.save("driftline", records)


def _judge_peers(
    chosen: argparse.Namespace, tools: Sequence[str], folder: Path, environments: Path
) -> None:
    """The figures of every tool that is installed there; the others keep theirs."""
    for tool in tools:
        python = environments / tool / "bin" / "python"
        if python.exists():
            most, workers = chosen.seeds, chosen.workers
            page.save(tool, peers.measured(tool, python, folder, most, workers))


if __name__ == "__main__":
    main()
