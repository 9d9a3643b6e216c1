"""Both rates for every data set, and what was called what."""

import argparse
from pathlib import Path

import numpy as np

import benchmarks.diagnosis
from benchmarks.diagnosis.days import data_sets
from benchmarks.diagnosis.judging import Bench
from benchmarks.diagnosis.rates import Trials


def main() -> None:
    """Prints them, one data set after the other."""
    parser = argparse.ArgumentParser(description=benchmarks.diagnosis.__doc__)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--only", default="", help="a data set by name")
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    for data in data_sets(chosen.csv):
        if chosen.only in ("", data.name):
            rng = np.random.default_rng(chosen.seed)
            Trials(Bench.of(data), chosen.days, rng, chosen.verbose).report()


if __name__ == "__main__":
    main()
