"""What the ledger knows of a monitor's drills."""

from zoneinfo import ZoneInfo

from driftline.core.drill.links import NOTE
from driftline.ports import Ledger


def last_drill_said(ledger: Ledger, monitor: str, zone: str) -> str:
    """The local date of the last drill and what each fault proved; empty without one."""
    notes = ledger.notes(monitor, NOTE)
    if not notes:
        return ""
    held = notes[-1]["at"].astimezone(ZoneInfo(zone))
    return f"{held:%Y-%m-%d}: {notes[-1]['body']['outcome']}"
