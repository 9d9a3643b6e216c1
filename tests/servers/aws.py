"""AWS: a real moto server, and a small server for what moto lacks (forecasts, faults)."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from urllib.error import URLError
from urllib.request import Request as UrlRequest
from urllib.request import urlopen

from tests.servers.http import Answer, Request, free_port, http_server


@contextmanager
def moto() -> Iterator[str]:
    """A moto server in a process of its own; yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(f"{url}/moto-api/data.json", process)
            yield url
        finally:
            process.terminate()


def moto_reset(url: str) -> None:
    """Forget everything that moto was told."""
    urlopen(UrlRequest(f"{url}/moto-api/reset", method="POST"), timeout=10).close()


def moto_costs(url: str, pages: list[dict[str, object]]) -> None:
    """Queue Cost Explorer's next answers."""
    body = json.dumps({"results": pages}).encode()
    path = f"{url}/moto-api/static/ce/cost-and-usage-results"
    headers = {"content-type": "application/json"}
    urlopen(UrlRequest(path, body, headers), timeout=10).close()


def cost_page(
    amounts: dict[date, str],
    currency: str = "USD",
    estimated: bool = False,
    token: str | None = None,
) -> dict[str, object]:
    """One page of Cost Explorer's daily costs, as AWS writes it."""
    results = [
        {
            "TimePeriod": {"Start": day.isoformat(), "End": day.isoformat()},
            "Total": {"UnblendedCost": {"Amount": amount, "Unit": currency}},
            "Groups": [],
            "Estimated": estimated,
        }
        for day, amount in amounts.items()
    ]
    page = {"ResultsByTime": results, "DimensionValueAttributes": []}
    return page if token is None else {**page, "NextPageToken": token}


@dataclass
class FakeAws:
    """AWS's JSON protocol with scripted answers; `calls` is what was asked.

    `answers` maps an operation to its answers in turn, the last one for ever; a string
    is an error code. `now` is what the server's clock says.
    """

    now: str = "Fri, 20 Nov 2026 12:00:00 GMT"
    answers: dict[str, list[dict[str, object] | str]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    url: str = ""

    def asked(self, operation: str) -> list[dict[str, object]]:
        """The arguments of every call of an operation."""
        return [arguments for name, arguments in self.calls if name == operation]

    def answer(self, request: Request) -> Answer:
        """What the script has next for this operation."""
        operation = request.headers["x-amz-target"].rpartition(".")[2]
        self.calls.append((operation, json.loads(request.body)))
        script = self.answers[operation]
        reply = script.pop(0) if len(script) > 1 else script[0]
        headers = {"content-type": "application/x-amz-json-1.1", "date": self.now}
        if not isinstance(reply, str):
            return Answer(200, json.dumps(reply).encode(), headers)
        text = (
            f"AWS's own words about arn:aws:iam::1:user/jo and key AKIAPLANTED: {reply}"
        )
        body = json.dumps({"__type": reply, "message": text}).encode()
        return Answer(500 if reply == "InternalFailure" else 400, body, headers)


@contextmanager
def fake_aws(**answers: list[dict[str, object] | str]) -> Iterator[FakeAws]:
    """A running `FakeAws`; keywords are operations."""
    server = FakeAws(answers=answers)
    with http_server(server.answer) as server.url:
        yield server


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            return urlopen(url, timeout=5).close()
        except URLError:
            time.sleep(0.1)
    raise RuntimeError(f"nothing answers at {url}")
