"""How much memory this process may use."""

from pathlib import Path

CONTAINER = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where a container sees its own limit: control groups of version 2 and 1."""


def usable_bytes() -> int:
    """The machine's memory, or its container's where that has less."""
    import psutil  # ten milliseconds that only a large file is worth

    limits = [file.read_text().strip() for file in CONTAINER if file.is_file()]
    known = [int(limit) for limit in limits if limit.isdigit()]
    return min([int(psutil.virtual_memory().total), *known])
