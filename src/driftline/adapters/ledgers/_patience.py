"""A connection to PostgreSQL that is given up when no answer comes.

A server that is stopped, or a way to it that holds everything back, still acknowledges
what it is sent: neither keepalives nor the server's own time-outs notice it.
"""

from math import inf
from time import monotonic
from typing import Any, TypeVar

from psycopg import Connection, OperationalError
from psycopg.abc import PQGen

Result = TypeVar("Result")


class Patient(Connection[Any]):
    """Closes itself, with an error, when `until` (of `time.monotonic`) has passed."""

    until: float = inf

    def wait(self, gen: PQGen[Result], *args: Any, **kwargs: Any) -> Result:
        """What the steps of a question come to; psycopg resumes them ten times a second."""
        return super().wait(self._in_time(gen), *args, **kwargs)

    def _in_time(self, gen: PQGen[Result]) -> PQGen[Result]:
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if monotonic() > self.until:
                    self.close()
                    raise OperationalError(
                        "no answer came within its deadline. Is the server frozen or "
                        "overloaded, or the way to it cut off? What was not committed "
                        "is undone; run again when it answers"
                    )
                wanted = gen.send(ready)
        except StopIteration as end:
            answer: Result = end.value
            return answer
