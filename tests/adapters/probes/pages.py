"""What servers answer, and probes that ask them."""

import json
from pathlib import Path
from typing import Any

from driftline.adapters.probes import prometheus, triton
from driftline.core.health import Reading
from driftline.core.roles import Roles, Task
from driftline.ports import Context, HealthProbe
from tests.servers.http import Answer

HERE = Path(__file__).parent
CONTEXT = Context("m", ".", "UTC", Roles(Task.BINARY, "at", "p"))

BUSY = (HERE / "triton_busy.txt").read_text(encoding="utf-8")
"""Of Triton 2.51 on a processor, after 51 requests to a model `churn`."""

IDLE = (HERE / "triton_idle.txt").read_text(encoding="utf-8")
"""Of the same server when nobody had asked it for a while."""


def page(text: str) -> Answer:
    """A page of metrics."""
    return Answer(
        body=text.encode(), headers={"content-type": "text/plain; charset=utf-8"}
    )


def numbers(*values: str) -> Answer:
    """Prometheus's answer with so many series."""
    result = [{"metric": {}, "value": [1772431200.0, value]} for value in values]
    data = {"resultType": "vector", "result": result}
    body = json.dumps({"status": "success", "data": data}).encode()
    return Answer(body=body, headers={"content-type": "application/json"})


def asking(url: str, *queries: str, **settings: Any) -> HealthProbe:
    """A probe of a Prometheus; queries are called a, b and so on."""
    given = [
        {"name": name, "query": query}
        for name, query in zip("abcdef", queries, strict=False)
    ]
    made = prometheus.Settings.model_validate(
        {"url": url, "queries": given or [{"name": "a", "query": "up"}], **settings}
    )
    return prometheus.build(made, CONTEXT)


def scraping(url: str, model: str = "churn", **settings: Any) -> HealthProbe:
    """A probe of a Triton."""
    made = triton.Settings.model_validate({"url": url, "model": model, **settings})
    return triton.build(made, CONTEXT)


def by_name(probe: HealthProbe) -> dict[str, Reading]:
    """The readings by their statistic."""
    return {reading.statistic: reading for reading in probe.read()}
