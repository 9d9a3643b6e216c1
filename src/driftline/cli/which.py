"""Which monitor a command is about."""

from pathlib import Path

from driftline import wiring
from driftline.errors import SettingsError


def chosen(monitor: str | None) -> str:
    """The monitor named, or the only one there is."""
    if monitor is not None and _is_file(monitor):
        return monitor
    known = all_monitors()
    if monitor is not None:
        return monitor
    if len(known) > 1:
        raise SettingsError(f"name one of the monitors here: {', '.join(known)}")
    return known[0]


def all_monitors() -> list[str]:
    """Every monitor of the project; that there is none is an error with its remedy."""
    root = wiring.project_root()
    known = wiring.monitor_names(root)
    if not known:
        raise SettingsError(
            f"no monitors in {root / 'monitors'}; make one with `driftline init --data "
            "FILE --timestamp COLUMN --prediction COLUMN`, or set DRIFTLINE_ROOT to the "
            "folder that holds monitors/"
        )
    return known


def ledger_name(monitor: str) -> str:
    """The name under which the ledger knows a monitor that is given by name or file."""
    return Path(monitor).stem if _is_file(monitor) else monitor


def _is_file(monitor: str) -> bool:
    return monitor.endswith((".yaml", ".yml"))
