"""Readings of this machine, and of containers with limits."""

from pathlib import Path
from threading import Timer

import psutil
import pytest

from driftline.adapters.probes._cgroup import Cgroup
from driftline.adapters.probes.host import Host, Settings
from driftline.core.health import Reading

NO_LIMIT_V1 = "9223372036854771712"
GIB = 1 << 30


def write(root: Path, **files: str) -> None:
    """Files of a control group; `__` stands for the dot in their names."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text + "\n")


def cgroup(root: Path, membership: str = "0::/\n") -> Cgroup:
    """The control groups below a folder, of a process that is a member so."""
    (root / "membership").write_text(membership)
    return Cgroup(root, root / "membership")


def read(cgroup: Cgroup | None = None, **settings: object) -> dict[str, Reading]:
    """The readings by name."""
    probe = Host(Settings(sample_s=0.05, **settings), cgroup)
    return {reading.statistic: reading for reading in probe.read()}


def test_the_machine_is_read() -> None:
    """Processor, memory, load and disk have plausible numbers and their limits."""
    found = read()

    assert set(found) == {"cpu", "memory", "load per cpu", "disk /"}
    for name in ("cpu", "memory", "disk /"):
        assert found[name].value is not None
        assert 0 <= found[name].value <= 110
    assert found["memory"].upper == 90
    assert found["cpu"].upper is None


def test_a_missing_disk_leaves_the_others(tmp_path: Path) -> None:
    """What cannot be read is absent with a reason, never 0."""
    gone = str(tmp_path / "gone")

    found = read(disks=[str(tmp_path), gone])

    assert found[f"disk {tmp_path}"].value is not None
    assert found[f"disk {gone}"].value is None
    assert "FileNotFoundError" in found[f"disk {gone}"].note


def test_version_2_limits_are_a_containers_own(tmp_path: Path) -> None:
    """Memory is measured against the container's limit, without droppable cache."""
    write(
        tmp_path,
        memory__max=str(GIB),
        memory__current=str(GIB * 3 // 4),
        memory__stat=f"anon 1\ninactive_file {GIB // 4}",
        cpu__max="150000 100000",
        cpu__stat="usage_usec 5000000\nuser_usec 1",
    )
    group = cgroup(tmp_path)

    assert read(group)["memory"].value == 50
    assert group.cpus() == 1.5
    assert group.cpu_seconds() == 5
    assert read(group)["cpu"].value == 0
    assert read(group)["load per cpu"].value == pytest.approx(
        psutil.getloadavg()[0] / 1.5, abs=0.5
    )


def test_version_1_limits_are_a_containers_own(tmp_path: Path) -> None:
    """The same with one hierarchy per controller."""
    write(
        tmp_path / "memory" / "job",
        memory__limit_in_bytes=str(GIB),
        memory__usage_in_bytes=str(GIB // 2),
        memory__stat="total_inactive_file 0",
    )
    write(
        tmp_path / "cpu" / "job", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000"
    )
    write(tmp_path / "cpuacct" / "job", cpuacct__usage="7000000000")
    group = cgroup(tmp_path, "4:memory:/job\n2:cpu,cpuacct:/job\n")

    assert group.memory() == (GIB // 2, GIB)
    assert group.cpus() == 0.5
    assert group.cpu_seconds() == 7


def test_no_limit_means_the_machine(tmp_path: Path) -> None:
    """`max` and version 1's huge number are no limits."""
    write(
        tmp_path,
        memory__max="max",
        memory__current="1",
        cpu__max="max 100000",
    )
    write(
        tmp_path / "memory",
        memory__limit_in_bytes=NO_LIMIT_V1,
        memory__usage_in_bytes="1",
    )
    write(tmp_path / "cpu", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000")
    group = cgroup(tmp_path, "4:memory:/\n2:cpu:/\n0::/\n")

    assert group.memory() is None
    assert group.cpus() is None
    assert read(group)["memory"].value == pytest.approx(
        psutil.virtual_memory().percent, abs=20
    )


def test_the_tightest_group_above_counts(tmp_path: Path) -> None:
    """A limit on a parent holds for its children."""
    write(tmp_path, memory__max=str(4 * GIB), memory__current=str(GIB))
    write(tmp_path / "slice", memory__max=str(2 * GIB), memory__current=str(GIB // 2))
    write(tmp_path / "slice" / "job", memory__max="max", memory__current="5")
    write(tmp_path / "slice" / "job", cpu__max="max 100000")
    write(tmp_path / "slice", cpu__max="200000 100000")

    group = cgroup(tmp_path, "0::/slice/job\n")

    assert group.memory() == (GIB // 2, 2 * GIB)
    assert group.cpus() == 2


def test_a_machine_without_control_groups_is_read(tmp_path: Path) -> None:
    """Neither folder nor membership is needed."""
    group = Cgroup(tmp_path / "none", tmp_path / "nor this")

    assert group.memory() is None
    assert read(group)["cpu"].value is not None


def test_processor_time_grows_with_work(tmp_path: Path) -> None:
    """A container's share is time used over time allowed: half a second of two is 25 %."""
    write(tmp_path, cpu__max="200000 100000", cpu__stat="usage_usec 0")
    work = Timer(0.1, (tmp_path / "cpu.stat").write_text, ["usage_usec 500000"])
    work.start()

    cpu = Host(Settings(sample_s=1), cgroup(tmp_path)).read()[0]

    work.join()
    assert cpu.value is not None
    assert 5 < cpu.value <= 25
