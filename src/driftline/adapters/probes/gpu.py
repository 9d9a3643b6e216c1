"""NVIDIA GPUs through NVML: the `pynvml` module of the package nvidia-ml-py."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from driftline.core.health import Reading
from driftline.errors import DependencyMissing, DriftlineWarning
from driftline.ports import Context, HealthProbe


class Settings(BaseModel):
    """What a GPU may reach before it is a warning. A limit of null only shows the number."""

    model_config = ConfigDict(extra="forbid")

    expected: int = Field(
        default=0, ge=0, description="GPUs that must answer; 0 when none is fine"
    )
    utilisation_limit: float | None = Field(
        default=None, gt=0, le=100, description="Busy time in percent"
    )
    memory_limit: float | None = Field(
        default=95.0,
        gt=0,
        le=100,
        description=(
            "Memory that is not free, in percent; the driver's own reserve counts, so a "
            "GPU at rest shows a little where `nvidia-smi` shows 0 MiB"
        ),
    )
    temperature_limit: float | None = Field(default=85.0, gt=0, description="In °C")
    power_limit: float | None = Field(default=None, gt=0, description="In watts")
    ecc_limit: float | None = Field(
        default=0.0,
        ge=0,
        description="Uncorrected memory errors since the driver started",
    )


class Gpu(HealthProbe):
    """Every GPU's readings, each on its own: one that fails leaves the others standing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> list[Reading]:
        """Five readings per GPU, or one that says why there is none."""
        nvml = _nvml()
        try:
            nvml.nvmlInit()
        except (
            Exception
        ) as error:  # the binding's two trees share no base but Exception
            return [self._absent(nvml, error)]
        try:
            return self._all(nvml)
        finally:
            with suppress(Exception):  # nothing is left to read
                nvml.nvmlShutdown()

    def _all(self, nvml: Any) -> list[Reading]:
        try:
            count = nvml.nvmlDeviceGetCount()
        except Exception as error:  # as above
            return [self._absent(nvml, error)]
        readings = [r for index in range(count) for r in self._device(nvml, index)]
        if count < self._settings.expected:
            note = f"{count} of {self._settings.expected} GPUs answer"
            readings.append(Reading("gpu", "count", None, note=note))
        elif not count:
            readings.append(_no_gpu())
        return readings

    def _device(self, nvml: Any, index: int) -> list[Reading]:
        subject = f"gpu {index}"
        try:
            device = nvml.nvmlDeviceGetHandleByIndex(index)
        except Exception as error:  # as above
            return [_failed(nvml, Reading(subject, "device", None), error)]
        return [
            _read(nvml, blank, partial(metric, nvml, device))
            for blank, metric in self._metrics(subject)
        ]

    def _metrics(
        self, subject: str
    ) -> list[tuple[Reading, Callable[[Any, Any], float]]]:
        limits = self._settings
        rows: list[tuple[str, str, float | None, Callable[[Any, Any], float]]] = [
            ("utilisation", "%", limits.utilisation_limit, _utilisation),
            ("memory", "%", limits.memory_limit, _memory),
            ("temperature", "°C", limits.temperature_limit, _temperature),
            ("power", " W", limits.power_limit, _power),
            ("ecc errors", "", limits.ecc_limit, _ecc_errors),
        ]
        return [
            (Reading(subject, name, None, unit, upper), metric)
            for name, unit, upper, metric in rows
        ]

    def _absent(self, nvml: Any, error: Exception) -> Reading:
        none_here = (
            getattr(nvml, "NVML_ERROR_LIBRARY_NOT_FOUND", 12),
            getattr(nvml, "NVML_ERROR_DRIVER_NOT_LOADED", 9),
        )
        if getattr(error, "value", None) in none_here and not self._settings.expected:
            return _no_gpu()
        return _failed(nvml, Reading("gpu", "driver", None), error)


def _no_gpu() -> Reading:
    return Reading("gpu", "present", None, note="no GPU", expected_absent=True)


def _read(nvml: Any, blank: Reading, metric: Callable[[], float]) -> Reading:
    try:
        value = metric()
    except Exception as error:  # NVML's errors, the binding's own, or a missing name
        return _failed(nvml, blank, error)
    return Reading(blank.subject, blank.statistic, value, blank.unit, blank.upper)


def _failed(nvml: Any, blank: Reading, error: Exception) -> Reading:
    """The reading without a value. What a GPU does not support is no fault of it."""
    code = getattr(error, "value", None)
    unsupported = code == getattr(nvml, "NVML_ERROR_NOT_SUPPORTED", 3)
    name = f"{blank.subject} {blank.statistic}"
    note = f"{name} could not be read: {_reason(code, error)}"
    if unsupported:
        note = f"{name} is not supported by this GPU"
    return Reading(
        blank.subject,
        blank.statistic,
        None,
        blank.unit,
        blank.upper,
        note,
        expected_absent=unsupported,
    )


def _reason(code: int | None, error: Exception) -> str:
    known = {
        9: "the driver is not loaded",
        12: "the driver's library libnvidia-ml.so.1 is not installed",
        13: "the driver is older than nvidia-ml-py; update it",
        15: "the GPU has fallen off the bus; restart the machine",
        18: "driver and library are of different versions; restart the machine",
    }
    if code is None:
        return f"{type(error).__name__}; the driver may be older than nvidia-ml-py"
    return (
        f"{known[code]} (NVML error {code})" if code in known else f"NVML error {code}"
    )


def _utilisation(nvml: Any, device: Any) -> float:
    return float(nvml.nvmlDeviceGetUtilizationRates(device).gpu)


def _memory(nvml: Any, device: Any) -> float:
    """Percent that nobody can allocate any more.

    NVML's first version of this call counts what the driver keeps for itself as used
    (615 of an H200's 143,771 MiB, 0.43 %); its second, as `nvidia-smi`, does not.
    """
    memory = nvml.nvmlDeviceGetMemoryInfo(device)
    return 100.0 * float(memory.used) / float(memory.total)


def _temperature(nvml: Any, device: Any) -> float:
    return float(nvml.nvmlDeviceGetTemperature(device, nvml.NVML_TEMPERATURE_GPU))


def _power(nvml: Any, device: Any) -> float:
    return float(nvml.nvmlDeviceGetPowerUsage(device)) / 1000


def _ecc_errors(nvml: Any, device: Any) -> float:
    kind, since = nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
    return float(nvml.nvmlDeviceGetTotalEccErrors(device, kind, since))


def _nvml() -> Any:
    """The binding; a warning when an old package hides it."""
    try:
        import pynvml
    except ImportError as error:
        raise DependencyMissing(
            "the gpu probe needs the module pynvml: pip install nvidia-ml-py"
        ) from error
    if (pynvml.__file__ or "").endswith("__init__.py"):
        warnings.warn(
            "an old package `pynvml` hides nvidia-ml-py and may read GPUs wrongly: "
            "pip uninstall pynvml, then pip install --force-reinstall nvidia-ml-py",
            DriftlineWarning,
            stacklevel=2,
        )
    return pynvml


def build(settings: Settings, context: Context) -> Gpu:
    """A probe that asks the driver when it is read."""
    return Gpu(settings)
