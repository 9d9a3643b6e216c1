"""Measure: `python -m benchmarks [case ...]`."""

import argparse
import importlib
import pkgutil
from pathlib import Path

from benchmarks import cases, page
from benchmarks.recording import saved
from benchmarks.setting import Setting


def main() -> None:
    """Run the cases that are named, or all, and write the page anew."""
    known = sorted(module.name for module in pkgutil.iter_modules(cases.__path__))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("case", nargs="*", choices=[*known, []], help=", ".join(known))
    parser.add_argument("--data", type=Path, default=Path(".driftline/benchmarks"))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--most-rows", type=int, default=10_000_000)
    chosen = parser.parse_args()
    setting = Setting(chosen.data.resolve(), chosen.repeats, chosen.most_rows)
    for name in chosen.case or known:
        figures = importlib.import_module(f"benchmarks.cases.{name}").measured(setting)
        print(f"{name}: {saved(name, figures)}")
        for row in figures.rows:
            print(f"  {page.mark(row.holds)} {row.work}: {row.measured} ({row.bar})")
    page.write()


if __name__ == "__main__":
    main()
