"""Which monitor a command is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from driftline import wiring
from driftline.app.job import Job
from driftline.errors import DependencyMissing, SettingsError


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


@contextmanager
def opened(monitor: str | None) -> Iterator[Job]:
    """The monitor's job. A library that ends the process in its midst is an error.

    PySpark without grpc calls `sys.exit(0)` while it is imported, and Great
    Expectations imports it where it is installed: a success that judged nothing.
    """
    try:
        with wiring.open_job(chosen(monitor)) as job:
            yield job
    except SystemExit as stopped:
        if stopped.code:
            raise
        raise DependencyMissing(
            "a library ended the process before the job was done. If PySpark is "
            "installed, `pip install 'pyspark[connect]'`, or uninstall it"
        ) from stopped


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
