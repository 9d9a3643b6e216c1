"""Measure: `python -m benchmarks.detection [--seeds N] [--only PART …] [--no-peers]`."""

import argparse
import json
from pathlib import Path

from benchmarks.detection import page, peers, running


def main() -> None:
    """Run every trial, print the table and, after a whole run, write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detection")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(running.PARTS),
        metavar="PART",
        help=f"only these parts of the table: {', '.join(running.PARTS)}",
    )
    parser.add_argument("--references", nargs="+", type=int, default=[90, 30])
    parser.add_argument("--tracks", nargs="+", default=list(running.TRACKS))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--no-peers", action="store_true", help="keep their old figures"
    )
    parser.add_argument("--peers", type=Path, help="folder of their environments")
    parser.add_argument(
        "--page", action="store_true", help="only write the page anew, from its JSON"
    )
    parser.add_argument(
        "--data", type=Path, default=Path(".driftline/benchmarks/detection")
    )
    chosen = parser.parse_args()
    if chosen.page:
        print(page.write())
        return
    folder = chosen.data.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    parts = tuple(chosen.only or running.PARTS)
    asked = running.Asked(
        chosen.seeds, parts, tuple(chosen.references), tuple(chosen.tracks)
    )
    records = running.measured(asked, folder, chosen.workers)
    (folder / "latest.json").write_text(json.dumps(records))
    print(page.printed(records, parts))
    if chosen.only:
        return
    page.save("driftline", records)
    if not chosen.no_peers:
        _peers(folder, chosen.peers or folder / "peers")
    print(page.write())


def _peers(folder: Path, environments: Path) -> None:
    """The figures of every tool that is installed there; the others keep theirs."""
    for tool in peers.TOOLS:
        python = environments / tool / "bin" / "python"
        if python.exists():
            page.save(tool, peers.measured(tool, python, folder))


if __name__ == "__main__":
    main()
