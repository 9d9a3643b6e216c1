"""The same days and the same planted changes, judged by the tools people use today.

Each tool runs in an environment of its own. A case is one seed and one track: its
reference, its unchanged days and its changed ones as Parquet. What a tool flags is read
as an alarm of that column; "any column on the day" is its page. A changed column counts
as found where the same check does not flag it on the unchanged day too, as for Driftline.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.detection.flights import flights
from benchmarks.detection.planted import HARD, JOINT, SHIFTS, Drawn
from benchmarks.detection.tracks import TRACKS, laid
from benchmarks.detection.trials import FIRST_ONSET, LAST_ONSET, PRODUCTION
from benchmarks.detection.worlds import World

Record = dict[str, Any]
Flag = tuple[str, str]

TOOLS: Mapping[str, tuple[int, int]] = {
    "nannyml": (20, 60),
    "whylogs": (20, 60),
    "evidently": (5, 20),
}
"""Seeds that each is given, and unchanged days: some are slow."""

SCRIPTS = Path(__file__).with_name("tools")
QUIET = {
    "NML_DISABLE_USAGE_LOGGING": "1",
    "DO_NOT_TRACK": "1",
    "PYTHONPATH": "",
    "OMP_NUM_THREADS": "1",
}
REFERENCE = 90


@dataclass(frozen=True, slots=True)
class Case:
    """One seed and track on disk; `changed` says which items carry which change."""

    world: World
    track: str
    seed: int
    folder: Path
    days: Sequence[pl.DataFrame]
    changed: Mapping[str, tuple[Drawn, int, int]]

    @property
    def digest(self) -> str:
        """Changes with what the tools are given."""
        parts = [
            (self.folder / name).read_bytes()
            for name in ("reference.parquet", "items.parquet", "case.json")
        ]
        return blake2b(b"".join(parts), digest_size=8).hexdigest()

    @property
    def reference(self) -> Sequence[pl.DataFrame]:
        """The reference's days."""
        return self.days[:REFERENCE]


def measured(
    tool: str, python: Path, folder: Path, most: int, workers: int = 1
) -> list[Record]:
    """The records of one tool on `most` seeds at most: with defaults, and with all checks.

    What a tool said of a case is kept under `folder`, so that a run can be ended early.
    """
    world = flights(folder)
    seeds, quiet_days = TOOLS[tool]

    def judged(asked: tuple[int, str]) -> list[Record]:
        seed, track = asked
        case = made(world, track, seed, folder / "cases", quiet_days)
        answer = answered(tool, python, case)
        plain = _records(tool, case, answer, ("drift",))
        return plain + _records(f"{tool}+", case, answer, ("drift", "quality"))

    wanted = [(seed, track) for seed in range(min(seeds, most)) for track in TRACKS]
    with ThreadPoolExecutor(workers) as pool:  # the tools run in processes of their own
        return [record for found in pool.map(judged, wanted) for record in found]


def made(world: World, track: str, seed: int, folder: Path, quiet_days: int) -> Case:
    """The case with its files written."""
    days = laid(world, track, seed, REFERENCE + PRODUCTION)
    onset = int(np.random.default_rng([seed, 99]).integers(FIRST_ONSET, LAST_ONSET))
    home = folder / f"{track}-{seed}-{quiet_days}"
    home.mkdir(parents=True, exist_ok=True)
    numbers = sorted({*range(quiet_days), *range(onset, onset + 3)})
    items = {f"day {n}": days[REFERENCE + n] for n in numbers}
    changed = {}
    for drawn, day in _planted(world, seed):
        name = f"{drawn.planted.name}/{drawn.column}/{day}"
        items[name] = drawn.on(world, days[REFERENCE + onset + day], day)
        changed[name] = (drawn, onset, day)
    case = Case(world, track, seed, home, days, changed)
    _write(home / "reference.parquet", dict(enumerate(case.reference)))
    _write(home / "items.parquet", items)
    facts = {
        "numbers": world.numbers,
        "categories": world.categories,
        "score": "score",
        "called": "called",
        "label": world.label,
    }
    (home / "case.json").write_text(json.dumps(facts))
    return case


def _planted(world: World, seed: int) -> Iterator[tuple[Drawn, int]]:
    """The changes that have a bar, once per seed, on each of their days."""
    for planted in (*HARD, *SHIFTS, *JOINT):
        drawn = planted.drawn(world, seed, 0)
        if drawn is not None:
            for day in range(planted.days):
                yield drawn, day


def _write(path: Path, parts: Mapping[Any, pl.DataFrame]) -> None:
    named = [t.with_columns(pl.lit(str(n)).alias("item")) for n, t in parts.items()]
    pl.concat(named).write_parquet(path)


def answered(tool: str, python: Path, case: Case) -> dict[str, Any]:
    """What the tool says of every item; kept, since some take minutes."""
    kept = case.folder / f"{tool}-{case.digest}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text()))
    script = SCRIPTS / f"with_{tool}.py"
    done = subprocess.run(
        [str(python), str(script), str(case.folder)],
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{tool} failed: {done.stderr[-2000:]}")
    (case.folder / f"{tool}.json").replace(kept)
    return dict(json.loads(kept.read_text()))


def _records(
    name: str, case: Case, answer: Mapping[str, Any], checks: Sequence[str]
) -> list[Record]:
    flagged = {item: _flags(said, checks) for item, said in answer.items()}
    facts = {
        "tool": name,
        "world": case.world.name,
        "track": case.track,
        "reference": REFERENCE,
        "seed": case.seed,
        "lag": 7,
    }
    found = [_quiet(case, flagged), *_found(case, flagged)]
    estimated = _estimated(case, answer)
    return [facts | record for record in (*found, *estimated)]


def _flags(said: Mapping[str, Any], checks: Sequence[str]) -> list[Flag]:
    """What is flagged, in the tool's order: columns that drifted, then failed checks."""
    drifted = [(column, "drift") for column in said["drift"]]
    failed = [(column, check) for column, check in said["quality"]]
    return [*drifted, *(failed if "quality" in checks else ())]


def _quiet(case: Case, flagged: Mapping[str, Sequence[Flag]]) -> Record:
    days = [item for item in flagged if item.startswith("day ")]
    alarms = [flagged[item] for item in days]
    features = set(case.world.features)
    return {
        "kind": "quiet",
        "features": len(features),
        "paged": "".join(str(int(bool(a))) for a in alarms),
        "watched": "",
        "blind": "",
        "inside": _inside(case, days),
        "breached": [len(features & {column for column, _ in a}) for a in alarms],
        "why": {},
        "causes": {},
    }


def _inside(case: Case, days: Sequence[str]) -> str:
    """As for Driftline: the AUC within two deviations of the reference days' mean."""
    usual = [_auc(case.world, day) for day in case.reference]
    centre, deviation = float(np.mean(usual)), float(np.std(usual, ddof=1))
    numbers = [REFERENCE + int(item.removeprefix("day ")) for item in days]
    values = [_auc(case.world, case.days[number]) for number in numbers]
    return "".join(str(int(abs(v - centre) <= 2 * deviation)) for v in values)


def _auc(world: World, day: pl.DataFrame) -> float:
    from sklearn.metrics import roc_auc_score

    known = day.filter(pl.col(world.label).is_not_null())
    return float(roc_auc_score(known[world.label], known["score"]))


def _found(case: Case, flagged: Mapping[str, Sequence[Flag]]) -> list[Record]:
    """One record per change: the first of its days on which its column is flagged anew."""
    outcomes: dict[str, Record] = {}
    for item, (drawn, onset, day) in case.changed.items():
        planted = drawn.planted
        key = f"{planted.name}/{drawn.column}"
        record = outcomes.setdefault(key, _missed(drawn))
        twin = set(flagged[f"day {onset + day}"])
        mine = {f for f in flagged[item] if f[0] == drawn.column} - twin
        if record["found"] is None and mine:
            columns = list(dict.fromkeys(column for column, _ in flagged[item]))
            record["found"] = record["paged"] = day
            record["rank"] = columns.index(drawn.column) + 1
    return list(outcomes.values())


def _missed(drawn: Drawn) -> Record:
    planted = drawn.planted
    return {
        "kind": "planted",
        "name": planted.name,
        "family": planted.family,
        "bug": planted.bug,
        "column": drawn.column,
        "found": None,
        "paged": None,
        "rank": None,
        "causes": [],
        "named": False,
        "why": [],
    }


def _estimated(case: Case, answer: Mapping[str, Any]) -> list[Record]:
    """The accuracy that NannyML's CBPE estimates; labels that have arrived do not help it."""
    days = {
        int(item.removeprefix("day ")): said["estimate"]
        for item, said in answer.items()
        if item.startswith("day ") and said.get("estimate")
    }
    if not days:
        return []
    usual = float(np.mean([_accuracy(case.world, day) for day in case.reference]))
    found = [
        [_accuracy(case.world, case.days[REFERENCE + number]), *estimate]
        for number, estimate in days.items()
    ]
    rounded = [[round(x, 5) for x in day] for day in found]
    record = {"kind": "estimate", "metric": "accuracy", "usual": usual, "days": rounded}
    return [record | {"lag": lag} for lag in (7, 30)]


def _accuracy(world: World, day: pl.DataFrame) -> float:
    known = day.filter(pl.col(world.label).is_not_null())
    return float((known[world.label] == known["called"]).mean())  # type: ignore[arg-type]  # of truths
