"""Records of finished trials on disk, so that a run that was broken off goes on.

They are kept by the trial and by the code that made them: changed code starts anew.
"""

import json
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import driftline
from benchmarks.detection.trials import Trial, run

Record = dict[str, Any]

JUDGING = (
    "catalogue",
    "fitted",
    "flights",
    "further",
    "hidden",
    "inject",
    "parts",
    "planted",
    "rdata",
    "scoring",
    "tracks",
    "transfer",
    "trials",
    "watch",
    "worlds",
)
"""The files here of which a trial's records are made."""


def kept_or_run(trial: Trial, folder: Path) -> list[Record]:
    """The records of a trial, as the same code left them, or made now and kept."""
    path = place(trial, folder)
    if path.exists():
        found: list[Record] = json.loads(path.read_text(encoding="utf-8"))
        return found
    records = run(trial, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(json.dumps(records), encoding="utf-8")
    whole.replace(path)
    return records


def place(trial: Trial, folder: Path) -> Path:
    """Where a trial's records are kept."""
    name = blake2b(repr(trial).encode(), digest_size=8).hexdigest()
    return folder / "trials" / code_version() / f"{name}.json"


@cache
def code_version() -> str:
    """Changes with every line of Driftline, and of what judges by it here."""
    here = Path(__file__).parent
    files = [
        *sorted(Path(driftline.__file__).parent.rglob("*.py")),
        *(here / f"{name}.py" for name in JUDGING),
    ]
    hashed = blake2b(digest_size=6)
    for file in files:
        hashed.update(file.read_bytes())
    return hashed.hexdigest()
