"""A real Triton Inference Server on this machine's processor: `make triton`.

PyPI's nvidia-pytriton carries the server's program. It lies in an environment of its own,
since it wants an older NumPy.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.servers.http import free_port
from tests.servers.prometheus import wait_for

HOME = Path(__file__).parents[2] / ".triton"
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
START_S = 120

MODEL = "orders"
CONFIG = f"""
name: "{MODEL}"
backend: "python"
max_batch_size: 8
input [{{name: "x" data_type: TYPE_FP32 dims: [1]}}]
output [{{name: "y" data_type: TYPE_FP32 dims: [1]}}]
instance_group [{{kind: KIND_CPU count: 1}}]
"""
CODE = """
import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(request) for request in requests]

    def answer(self, request):
        x = triton.get_input_tensor_by_name(request, "x").as_numpy()
        if (x < 0).any():
            return triton.InferenceResponse(error=triton.TritonError("below zero"))
        return triton.InferenceResponse([triton.Tensor("y", x)])
"""


@dataclass(frozen=True, slots=True)
class Triton:
    """A server that serves `MODEL`."""

    metrics: str
    http: str

    def ask(self, x: float) -> None:
        """One request; raises `HTTPError` where x is below zero."""
        tensor = {"name": "x", "shape": [1, 1], "datatype": "FP32", "data": [x]}
        # In JSON, Triton 2.51 takes this backend's answers for too short, and says 500.
        wanted = {"binary_data_output": True}
        body = json.dumps({"inputs": [tensor], "parameters": wanted}).encode()
        urlopen(
            Request(f"{self.http}/v2/models/{MODEL}/infer", body), timeout=30
        ).close()


@contextmanager
def triton(folder: Path) -> Iterator[Triton]:
    """A new server, counting from 0; the test is skipped where `make triton` did not run."""
    if not (HOME / ".installed").exists():
        # `.ci/run` fetches it, and then fails for a skip; a first try need not wait for it.
        pytest.skip("no triton here (`make triton`): no page of a real one was read")
    port, metrics = free_port(), free_port()
    site = HOME / "lib" / f"python{PYTHON}" / "site-packages"
    command = [
        str(site / "pytriton/tritonserver/bin/tritonserver"),
        f"--model-repository={_models(folder)}",
        f"--backend-directory={_backends(folder, site)}",
        *("--allow-grpc=false", "--log-info=false", "--log-warning=false"),
        *("--http-address=127.0.0.1", f"--http-port={port}"),
        *("--metrics-address=127.0.0.1", f"--metrics-port={metrics}"),
    ]
    libraries = f"{site / 'nvidia_pytriton.libs'}:{sysconfig.get_config_var('LIBDIR')}"
    places = {"LD_LIBRARY_PATH": libraries, "PYTHONPATH": str(site)}
    with subprocess.Popen(command, env={**os.environ, **places}) as process:
        try:
            server = Triton(
                f"http://127.0.0.1:{metrics}/metrics", f"http://127.0.0.1:{port}"
            )
            for page in (f"{server.http}/v2/health/ready", server.metrics):
                wait_for(page, process, START_S)
            yield server
        finally:
            process.terminate()


def _models(folder: Path) -> Path:
    version = folder / "models" / MODEL / "1"
    version.mkdir(parents=True, exist_ok=True)
    (version.parent / "config.pbtxt").write_text(CONFIG, encoding="utf-8")
    (version / "model.py").write_text(CODE, encoding="utf-8")
    return version.parents[1]


def _backends(folder: Path, site: Path) -> Path:
    """The Python backend beside the stub for this Python, and NumPy, which it imports.

    Not every Python that is embedded looks where `PYTHONPATH` says.
    """
    server, target = site / "pytriton" / "tritonserver", folder / "backends" / "python"
    shutil.copytree(server / "backends" / "python", target, dirs_exist_ok=True)
    stub = server / "python_backend_stubs" / PYTHON / "triton_python_backend_stub"
    shutil.copy(stub, target)
    for package in ("numpy", "numpy.libs"):
        (target / package).unlink(missing_ok=True)
        (target / package).symlink_to(site / package)
    return target.parent
