"""What a container may use: control groups, version 1 and 2.

Formats: kernel.org, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Version 1 writes "no limit" as the largest multiple of a page in 63 bits.
NO_LIMIT = 1 << 60


@dataclass(frozen=True, slots=True)
class Cgroup:
    """This process's control group. Where there is no limit the answers are None.

    `root` is where control groups are mounted; `membership` lists the process's own.
    """

    root: Path = Path("/sys/fs/cgroup")
    membership: Path = Path("/proc/self/cgroup")

    def memory(self) -> tuple[int, int] | None:
        """Bytes in use, without file cache that can be dropped, and bytes allowed."""
        found = [_memory_v2(group) for group in self._groups("")]
        found += [_memory_v1(group) for group in self._groups("memory")]
        limited = [pair for pair in found if pair is not None]
        return min(limited, key=lambda pair: pair[1] - pair[0], default=None)

    def cpus(self) -> float | None:
        """How many processors' time the group may use."""
        found = [_cpus_v2(group) for group in self._groups("")]
        found += [_cpus_v1(group) for group in self._groups("cpu")]
        return min((cpus for cpus in found if cpus is not None), default=None)

    def cpu_seconds(self) -> float | None:
        """Processor time that the group has used so far, in seconds."""
        for group in self._groups(""):
            if "usage_usec" in (table := _table(group / "cpu.stat")):
                return table["usage_usec"] / 1e6
        for group in self._groups("cpuacct"):
            if (used := _text(group / "cpuacct.usage")) is not None:
                return int(used) / 1e9
        return None

    def _groups(self, controller: str) -> Iterator[Path]:
        """The process's group and those above it that can be seen, innermost first."""
        own = self._own(controller)
        for group in (own, *own.parents):
            if (path := self.root / controller / group).is_dir():
                yield path

    def _own(self, controller: str) -> Path:
        for line in (_text(self.membership) or "").splitlines():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                return Path(path.lstrip("/"))
        return Path()


def _memory_v2(group: Path) -> tuple[int, int] | None:
    limit, used = _text(group / "memory.max"), _text(group / "memory.current")
    if limit is None or used is None or limit == "max":
        return None
    cache = _table(group / "memory.stat").get("inactive_file", 0)
    return int(used) - cache, int(limit)


def _memory_v1(group: Path) -> tuple[int, int] | None:
    limit = _text(group / "memory.limit_in_bytes")
    used = _text(group / "memory.usage_in_bytes")
    if limit is None or used is None or int(limit) >= NO_LIMIT:
        return None
    cache = _table(group / "memory.stat").get("total_inactive_file", 0)
    return int(used) - cache, int(limit)


def _cpus_v2(group: Path) -> float | None:
    quota, _, period = (_text(group / "cpu.max") or "max").partition(" ")
    return None if quota == "max" else int(quota) / int(period)


def _cpus_v1(group: Path) -> float | None:
    quota = int(_text(group / "cpu.cfs_quota_us") or -1)
    period = int(_text(group / "cpu.cfs_period_us") or 0)
    return quota / period if quota > 0 and period > 0 else None


def _text(path: Path) -> str | None:
    return path.read_text().strip() if path.is_file() else None


def _table(path: Path) -> dict[str, int]:
    """The lines `name number` of a file; nothing when there is no file."""
    rows = (line.split() for line in (_text(path) or "").splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) == 2}
