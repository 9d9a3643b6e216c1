"""Processor, memory, disks and load of this machine, or of this container in it."""

import os
import time
from collections.abc import Callable
from functools import partial

import psutil
from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.probes._cgroup import Cgroup
from driftline.core.health import Reading
from driftline.ports import Context, HealthProbe


class Settings(BaseModel):
    """What may be used before it is a warning. A limit of null only shows the number."""

    model_config = ConfigDict(extra="forbid")

    cpu_limit: float | None = Field(
        default=None, gt=0, le=100, description="Processor time in percent"
    )
    memory_limit: float | None = Field(
        default=90.0, gt=0, le=100, description="Memory in percent"
    )
    disk_limit: float | None = Field(
        default=90.0, gt=0, le=100, description="Each disk in percent"
    )
    load_limit: float | None = Field(
        default=None,
        gt=0,
        description="Mean of waiting processes per processor, 1 minute",
    )
    disks: list[str] = Field(
        default=["/"], description="A path on each disk to look at"
    )
    sample_s: float = Field(
        default=0.5,
        gt=0,
        le=60,
        description="How long processor time is watched, seconds",
    )


class Host(HealthProbe):
    """Percentages of what this process may use: its container's share, if it has one."""

    def __init__(self, settings: Settings, cgroup: Cgroup | None = None) -> None:
        self._settings = settings
        self._cgroup = cgroup or Cgroup()

    def read(self) -> list[Reading]:
        """Processor, memory, load, and one reading per disk."""
        limits = self._settings
        disks = [
            _reading(f"disk {path}", partial(_disk, path), limits.disk_limit)
            for path in limits.disks
        ]
        return [
            _reading("cpu", self._cpu, limits.cpu_limit),
            _reading("memory", self._memory, limits.memory_limit),
            _reading("load per cpu", self._load, limits.load_limit, unit=""),
            *disks,
        ]

    def _cpu(self) -> float:
        cpus, before = self._cgroup.cpus(), self._cgroup.cpu_seconds()
        if cpus is None or before is None:
            return psutil.cpu_percent(interval=self._settings.sample_s)
        start = time.monotonic()
        time.sleep(self._settings.sample_s)
        used = (self._cgroup.cpu_seconds() or before) - before
        return 100 * used / (cpus * (time.monotonic() - start))

    def _memory(self) -> float:
        limited = self._cgroup.memory()
        machine = psutil.virtual_memory()
        if limited is None or limited[1] > machine.total:
            return machine.percent
        used, limit = limited
        return 100 * used / limit

    def _load(self) -> float:
        return psutil.getloadavg()[0] / (self._cgroup.cpus() or os.cpu_count() or 1)


def _disk(path: str) -> float:
    return psutil.disk_usage(path).percent


def _reading(
    statistic: str, read: Callable[[], float], upper: float | None, unit: str = "%"
) -> Reading:
    """The number, or why there is none: one that fails leaves the others standing."""
    try:
        return Reading("host", statistic, read(), unit, upper)
    except (OSError, ValueError, psutil.Error) as error:
        note = f"host {statistic} could not be read: {type(error).__name__}"
        return Reading("host", statistic, None, unit, upper, note)


def build(settings: Settings, context: Context) -> Host:
    """A probe of the machine that this process runs on."""
    return Host(settings)
