"""What every process of a load did and when: one line for an operation's begin and end.

As in Jepsen, workers write down what they are about to do and what came of it, and a
checker looks at the whole history afterwards. A line outlives the process that wrote it.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from driftline.errors import DriftlineError

FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Operation:
    """One end of an operation; `at` is in nanoseconds of a clock that all processes share.

    `phase` is begun, done, or refused (`detail` has the error). `subject` is a window's
    label for leases and records, and an action's key for the outbox. A process that was
    killed leaves operations begun.
    """

    at: int
    worker: int
    phase: str
    what: str
    monitor: str
    subject: str
    detail: str = ""

    def __str__(self) -> str:
        told = f"{self.at / 1e9:.3f} s  worker {self.worker}  {self.phase} {self.what}"
        return f"{told}  {self.monitor}  {self.subject}  {self.detail}".rstrip()


class History:
    """The history in a folder; every process appends to the same file."""

    def __init__(self, folder: Path | str) -> None:
        self.file = Path(folder) / FILE

    def note(
        self, phase: str, what: str, monitor: str, subject: str, detail: str = ""
    ) -> None:
        """One line, whole, behind all others."""
        at = time.monotonic_ns()
        line = asdict(Operation(at, os.getpid(), phase, what, monitor, subject, detail))
        handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(handle, json.dumps(line).encode() + b"\n")
        finally:
            os.close(handle)

    @contextmanager
    def operation(
        self, what: str, monitor: str, subject: str, detail: str = ""
    ) -> Iterator[None]:
        """Begun before the block; done behind it, or refused with the error's name."""
        self.note("begun", what, monitor, subject, detail)
        try:
            yield
        except DriftlineError as error:
            self.note("refused", what, monitor, subject, type(error).__name__)
            raise
        self.note("done", what, monitor, subject, detail)

    def operations(self) -> list[Operation]:
        """All of them, in the order of the shared clock."""
        if not self.file.exists():
            return []
        lines = self.file.read_text().splitlines()
        found = [Operation(**json.loads(line)) for line in lines]
        return sorted(found, key=lambda operation: operation.at)

    @property
    def length(self) -> int:
        """How much is written so far, in bytes."""
        return self.file.stat().st_size if self.file.exists() else 0
