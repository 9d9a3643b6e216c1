"""What the ledger knows of a monitor's drills."""

from driftline.core.drill.links import NOTE
from driftline.core.window import local_day
from driftline.ports import Ledger


def last_drill_said(ledger: Ledger, monitor: str, zone: str) -> str:
    """The local date of the last drill and what each fault proved; empty without one."""
    notes = ledger.notes(monitor, NOTE)
    if not notes:
        return ""
    return f"{local_day(notes[-1]['at'], zone)}: {notes[-1]['body']['outcome']}"
