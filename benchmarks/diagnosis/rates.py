"""How many days, and how many planted changes, are called bugs, and which."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.detection.inject import Rng
from benchmarks.diagnosis import bugs
from benchmarks.diagnosis.bugs import Plant
from benchmarks.diagnosis.changes import REAL
from benchmarks.diagnosis.judging import Bench
from driftline.core.finding import Finding


@dataclass
class Trials:
    """So many trials of every change, each on a later day drawn at random.

    `tried` and `named` count the planted bugs, and those that got a name.
    """

    bench: Bench
    days: int
    rng: Rng
    verbose: bool
    tried: int = 0
    named: int = 0

    def report(self) -> None:
        """Prints the rates of one data set."""
        data, columns = self.bench.data, self.bench.columns
        print(
            f"\n== {data.name}: {len(columns)} columns, {data.days[0].height} rows a day"
        )
        self._natural()
        for name, plant in REAL.items():
            self._changed(name, plant)
        numbers = self.bench.numbers
        self._planted("number", bugs.NUMBERS, numbers)
        self._planted("category", bugs.CATEGORIES, self.bench.categories)
        self._planted("slice", bugs.SLICES, ["rows"])
        if "hour" in numbers:
            self._planted("clock", bugs.CLOCKS, ["hour"])
        share = self.named / max(self.tried, 1)
        print(f"  named {self.named} of {self.tried} = {share:.1%}")

    def _natural(self) -> None:
        """Later days as they are."""
        called, took, wrong = Counter[str](), [], 0
        later = self.bench.later
        for number in later:
            begun = time.perf_counter()
            found = self._all_judged(self.bench.data.days[number], number)
            took.append(time.perf_counter() - begun)
            wrong += bool(found)
            called.update(self._names(found, str(number)))
        print(
            f"  natural days called bugs: {wrong} of {len(later)} = "
            f"{wrong / len(later):.1%} {dict(called)}; {1000 * np.median(took):.0f} ms a day"
        )

    def _changed(self, name: str, plant: Plant) -> None:
        """A real change of one number."""
        called, tried = Counter[str](), 0
        for _ in range(self.days):
            number = self._later_day()
            column = str(self.rng.choice(self.bench.numbers))
            rows = self.bench.data.days[number]
            if rows[column].drop_nulls().len() < 10:
                continue
            tried += 1
            found = self._all_judged(plant(rows, column, self.rng), number)
            called.update(self._names(found, f"{name} {column} {number}"))
        print(f"  {name}: called bugs {called.total()} of {tried} {dict(called)}")

    def _planted(self, kind: str, plants: dict[str, Plant], columns: list[str]) -> None:
        """Bugs of one kind, in each of the columns in turn."""
        for name, plant in plants.items():
            causes, missed = Counter[str](), Counter[str]()
            for i in range(self.days if columns else 0):
                column = columns[i % len(columns)]
                found = self._causes(plant, column)
                if found is None:
                    continue
                causes.update(found or {"-"})
                missed.update([] if found else [column])
                self.tried += 1
                self.named += bool(found)
            print(f"  {kind} {name}: {dict(causes)} missed {dict(missed)}")

    def _causes(self, plant: Plant, column: str) -> set[str] | None:
        """What a bug is called on one day; None where it changes nothing."""
        number = self._later_day()
        rows = self.bench.data.days[number]
        changed = plant(rows, column, self.rng)
        if changed is None or (column != "rows" and _same(rows, changed, column)):
            return None
        found = self.bench.judged(changed, [column], number)
        return {f.evidence["cause"] for f in found if f.subject in (column, "rows")}

    def _later_day(self) -> int:
        return int(self.rng.choice(self.bench.later))

    def _all_judged(self, rows: pl.DataFrame, number: int) -> list[Finding]:
        return self.bench.judged(rows, ["rows", *self.bench.columns], number)

    def _names(self, found: Iterable[Finding], where: str) -> Iterable[str]:
        for finding in found:
            if self.verbose:
                print("   ", where, finding.message)
            yield f"{finding.subject}:{finding.evidence['cause']}"


def _same(before: pl.DataFrame, after: pl.DataFrame, column: str) -> bool:
    """Whether a bug did nothing in 99 of 100 rows: all zeros times a thousand."""
    if before.height != after.height:
        return False
    was, is_now = before[column], after[column]
    differ = was.cast(is_now.dtype).ne_missing(is_now).sum()
    return differ < max(1, 0.01 * before.height)
