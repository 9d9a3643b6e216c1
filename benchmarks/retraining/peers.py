"""Other tools' alarms as a reason to train: each with its defaults, on its champion's rows.

A tool lives in an environment of its own and answers one request a line. Its reference is
what the model in service was trained on, with the honest scores of these rows, and moves
with the model. What it said is kept beside the year's data, since some take minutes.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

import polars as pl

from benchmarks.retraining.year import DAYS, Year, reference_rows, rows_of, scores_of
from driftline.demo import flights as data

ALARMS = {
    "evidently": ("evidently",),
    "nannyml": ("nannyml", "cbpe"),
    "whylogs": ("whylogs",),
}
"""By tool, the alarms that it gives."""

BLOCK = {"evidently": 3, "nannyml": 10, "whylogs": 3}
"""Days that are asked about at once: few where alarms are many."""

SCRIPTS = Path(__file__).with_name("tools")
QUIET = {"NML_DISABLE_USAGE_LOGGING": "1", "DO_NOT_TRACK": "1", "PYTHONPATH": ""}
COLUMNS = {"numbers": [*data.NUMBERS, "score"], "categories": list(data.CATEGORIES)}


class Peer:
    """One tool: whether it raises an alarm on a day of a candidate's service."""

    def __init__(self, year: Year, tool: str, folder: Path) -> None:
        self.year, self.tool, self.folder = year, tool, folder / f"alarms-{tool}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[str] | None = None
        self._kept: dict[tuple[int, int], dict[str, dict[str, bool]]] = {}
        script = (SCRIPTS / f"with_{tool}.py").read_bytes()
        self._mark = blake2b(script, digest_size=4).hexdigest()

    def alarm(self, name: str, candidate: int, day: int) -> bool:
        """Whether the named alarm is raised on the day's rows."""
        if not self.year.flights[day]:
            return False
        block = day // BLOCK[self.tool]
        if (candidate, block) not in self._kept:
            self._kept[candidate, block] = self._asked(candidate, block)
        return self._kept[candidate, block].get(str(day), {}).get(name, False)

    def start(self, python: Path) -> None:
        """Have the tool's own Python answer what is not kept yet."""
        self._process = subprocess.Popen(
            [python, SCRIPTS / f"with_{self.tool}.py", json.dumps(COLUMNS)],
            env={**os.environ, **QUIET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def stop(self) -> None:
        """Let the tool's process end."""
        if self._process is not None:
            self._process.communicate()

    def _asked(self, candidate: int, block: int) -> dict[str, dict[str, bool]]:
        path = self.folder / f"{candidate}-{block}-{self._mark}.json"
        if not path.exists():
            size = BLOCK[self.tool]
            days = range(block * size, min((block + 1) * size, DAYS))
            path.write_text(self._answer(candidate, days))
        return dict(json.loads(path.read_text()))

    def _answer(self, candidate: int, days: Sequence[int]) -> str:
        if self._process is None:
            raise RuntimeError(f"{self.tool}: give its Python by --peers")
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "reference": self._written(
                "reference", reference_rows(self.year, candidate)
            ),
            "days": self._written("days", _current(self.year, candidate, days)),
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                return line
        raise RuntimeError(f"{self.tool} ended without an answer")

    def _written(self, name: str, rows: pl.DataFrame) -> str:
        """As a tool takes rows: local times without a zone, predictions as classes."""
        path = self.folder / f"{name}.parquet"
        local = pl.col(data.TIMESTAMP).dt.convert_time_zone(data.ZONE)
        rows.with_columns(
            at=local.dt.replace_time_zone(None),
            called=(pl.col("score") >= 0.3).cast(pl.Int64),
        ).write_parquet(path)
        return str(path)


def _current(year: Year, candidate: int, days: Sequence[int]) -> pl.DataFrame:
    """The days' rows with the candidate's scores, and each day's number."""
    parts = [
        rows_of(year, [day]).with_columns(
            score=pl.Series(scores_of(year, candidate, day)), number=pl.lit(day)
        )
        for day in days
        if year.flights[day]
    ]
    return pl.concat(parts)


@contextmanager
def peers_of(year: Year, folder: Path, pythons: Path | None) -> Iterator[list[Peer]]:
    """Every tool that has a Python at `pythons/TOOL/bin/python`, or kept answers."""
    found = []
    for tool in ALARMS:
        peer = Peer(year, tool, folder)
        python = pythons / tool / "bin" / "python" if pythons else None
        if python is not None and python.exists():
            peer.start(python)
        if peer._process is not None or any(peer.folder.glob("*.json")):
            found.append(peer)
    try:
        yield found
    finally:
        for peer in found:
            peer.stop()
