"""GPUs behind a small NVML of our own, through NVIDIA's real Python binding."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).with_name("fake_nvml.c")
READ = """
import json, sys
from dataclasses import asdict
from driftline.adapters.probes.gpu import Settings, build
settings = Settings(**json.loads(sys.argv[1]))
print(json.dumps([asdict(reading) for reading in build(settings, None).read()]))
"""
# The stand-in for the driver's library is compiled; CI installs a compiler.
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library of a present driver."""
    return compiled(tmp_path_factory.mktemp("nvml"))


def compiled(folder: Path, *options: str) -> Path:
    """The folder, now with the library in it."""
    target = folder / "libnvidia-ml.so.1"
    command = ["gcc", "-shared", "-fPIC", *options, "-o", str(target), str(SOURCE)]
    subprocess.run(command, check=True)
    return folder


def read(
    library: Path | None, settings: dict[str, Any] | None = None, **environment: str
) -> list[dict[str, Any]]:
    """What the probe reads in a process that finds this library."""
    places = {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    if library:
        places["LD_LIBRARY_PATH"] = str(library)
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", READ, json.dumps(settings or {})],
        env={**os.environ, **places, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not process.returncode, process.stderr
    return json.loads(process.stdout)


def values(readings: list[dict[str, Any]]) -> dict[str, float | None]:
    """The numbers by device and name."""
    return {f"{r['subject']} {r['statistic']}": r["value"] for r in readings}


def by_name(readings: list[dict[str, Any]], statistic: str) -> dict[str, Any]:
    """The first reading of that name."""
    return next(reading for reading in readings if reading["statistic"] == statistic)


@needs_gcc
def test_every_gpu_is_read(library: Path) -> None:
    """Each device has its numbers in percent, degrees, watts and errors."""
    assert values(read(library, GPUS="2")) == {
        "gpu 0 utilisation": 40,
        "gpu 0 memory": 25,
        "gpu 0 temperature": 91,
        "gpu 0 power": 250.5,
        "gpu 0 ecc errors": 2,
        "gpu 1 utilisation": 41,
        "gpu 1 memory": 25,
        "gpu 1 temperature": 91,
        "gpu 1 power": 250.5,
        "gpu 1 ecc errors": 2,
    }


@needs_gcc
def test_limits_travel_with_the_readings(library: Path) -> None:
    """A hot GPU and one uncorrected error are over the default limits."""
    found = read(library, {"power_limit": 300})

    assert by_name(found, "temperature")["upper"] == 85
    assert by_name(found, "ecc errors")["upper"] == 0
    assert by_name(found, "power")["upper"] == 300


@needs_gcc
def test_an_unsupported_metric_is_absent_and_no_fault(library: Path) -> None:
    """A metric "not supported" is no number and held against nobody; the others are read."""
    found = read(library, FAULTS="nvmlDeviceGetTotalEccErrors:3")

    ecc = by_name(found, "ecc errors")
    assert (ecc["value"], ecc["expected_absent"]) == (None, True)
    assert "not supported" in ecc["note"]
    assert sum(reading["value"] is not None for reading in found) == 4


@needs_gcc
@pytest.mark.parametrize(
    ("code", "words"), [("15", "fallen off the bus"), ("999", "999")]
)
def test_a_failing_metric_is_unknown(library: Path, code: str, words: str) -> None:
    """A metric that fails is unknown with its reason, and never 0."""
    found = read(library, FAULTS=f"nvmlDeviceGetPowerUsage:{code}")

    power = by_name(found, "power")
    assert (power["value"], power["expected_absent"]) == (None, False)
    assert words in power["note"]
    assert sum(reading["value"] is not None for reading in found) == 4


@needs_gcc
def test_a_driver_that_lacks_a_function_is_named(tmp_path: Path) -> None:
    """A driver older than the binding costs one metric, whatever the binding raises."""
    found = read(compiled(tmp_path, "-DOLD_DRIVER"))

    ecc = by_name(found, "ecc errors")
    assert (ecc["value"], ecc["expected_absent"]) == (None, False)
    assert "driver" in ecc["note"]
    assert "older than nvidia-ml-py" in ecc["note"]
    assert by_name(found, "power")["value"] == 250.5


@needs_gcc
@pytest.mark.parametrize("function", ["nvmlInitWithFlags", "nvmlDeviceGetCount_v2"])
def test_a_driver_mismatch_is_unknown(library: Path, function: str) -> None:
    """Driver and library of different versions are a fault, not a machine without GPU."""
    (reading,) = read(library, FAULTS=f"{function}:18")

    assert (reading["value"], reading["expected_absent"]) == (None, False)
    assert "different versions" in reading["note"]


@needs_gcc
def test_a_lost_gpu_leaves_the_others(library: Path) -> None:
    """A device without a handle is one reading that says so."""
    found = read(library, FAULTS="nvmlDeviceGetHandleByIndex_v2:15", GPUS="2")

    assert [reading["statistic"] for reading in found] == ["device", "device"]
    assert all("fallen off the bus" in reading["note"] for reading in found)


@needs_gcc
@pytest.mark.parametrize(
    "environment", [{"GPUS": "0"}, {"FAULTS": "nvmlInitWithFlags:9"}]
)
def test_no_gpu_is_stated(library: Path, environment: dict[str, str]) -> None:
    """No device or no driver is one reading that is held against nobody."""
    assert_no_gpu(read(library, **environment))


def test_no_library_is_stated() -> None:
    """A machine without NVIDIA's library says "no GPU" and goes on."""
    try:
        import ctypes

        ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        assert_no_gpu(read(None))


@needs_gcc
def test_a_gpu_that_is_expected_is_missed(library: Path) -> None:
    """With `expected` set, fewer GPUs are unknown."""
    (none,) = read(library, {"expected": 1}, FAULTS="nvmlInitWithFlags:9")
    fewer = read(library, {"expected": 2})[-1]

    assert (none["value"], none["expected_absent"]) == (None, False)
    assert (fewer["value"], fewer["expected_absent"]) == (None, False)
    assert fewer["note"] == "1 of 2 GPUs answer"


@needs_gcc
def test_an_old_package_that_hides_the_binding_is_named(
    library: Path, tmp_path: Path
) -> None:
    """A package `pynvml`, rather than the module, warns with the remedy."""
    import pynvml

    package = tmp_path / "pynvml"
    package.mkdir()
    shutil.copy(pynvml.__file__, package / "__init__.py")
    environment = {
        **os.environ,
        "LD_LIBRARY_PATH": str(library),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
    }
    process = subprocess.run(
        [sys.executable, "-c", READ, "{}"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "pip uninstall pynvml" in process.stderr
    assert len(json.loads(process.stdout)) == 5


def assert_no_gpu(readings: list[dict[str, Any]]) -> None:
    """Exactly one reading, without a value, expected and in words."""
    (reading,) = readings
    assert reading["value"] is None
    assert reading["expected_absent"]
    assert reading["note"] == "no GPU"
