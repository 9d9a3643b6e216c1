"""A run of the flow `monitor-fleet`, as a Prefect worker starts it.

`python -m tests.load.fleet MINUTES DAY` in a project's folder, with a clock that is so
many minutes ahead. It leaves with 0 where every monitor was judged.
"""

import sys
from datetime import date

from driftline import wiring
from flows.monitor_fleet import monitor_fleet
from tests.load.figures import note_usage
from tests.load.history import History
from tests.load.worker import set_clock_ahead


def main(minutes: str, day: str) -> int:
    """0 where the flow run ended in a completed state."""
    set_clock_ahead(int(minutes))
    state = monitor_fleet(day=date.fromisoformat(day), workers=4, return_state=True)
    sys.stdout.write(f"{state.type} {state.name} {state.message}\n")
    note_usage(History(wiring.project_root()))
    return 0 if state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
