"""What a Triton Inference Server counts about one model, read from its `/metrics`.

Counters grow from the server's start. What they grew by since an earlier verdict is judged,
so that a day's figures are of that day's requests (`core/health.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import isfinite

from pydantic import Field

from driftline.adapters.probes._http import Address, Server, Unanswered
from driftline.core.health import Reading, Traffic
from driftline.ports import Context, HealthProbe

SUCCESS = "nv_inference_request_success"
FAILURE = "nv_inference_request_failure"
DURATION = "nv_inference_request_duration_us"
QUEUE = "nv_inference_queue_duration_us"
FAMILIES = (SUCCESS, FAILURE, DURATION, QUEUE)

LONGEST_LINE = 4096
"""In characters. What is longer names no model: a model's name is that of a folder."""

Counters = dict[str, dict[str, float]]
"""By model and family, summed over versions and reasons."""


class Settings(Server):
    """Which model, and what a request may take. A limit of null only shows the number.

    Triton counts a request as a success that a Python backend answered with an error, and
    does not count one of a wrong shape.
    """

    url: Address = Field(
        description="Its metrics, such as http://HOST:8002/metrics: of one server, since "
        "behind a load balancer each scrape would be of another",
    )
    model: str = Field(min_length=1, description="Its name in the model repository")
    failure_limit: float | None = Field(
        default=1.0,
        ge=0,
        le=100,
        description="Failed requests in percent. At least so many failed: an error that a "
        "Python backend answers counts as a success in Triton",
    )
    queue_limit: float | None = Field(
        default=None, gt=0, description="Mean time in the queue, in ms"
    )
    latency_limit: float | None = Field(
        default=None, gt=0, description="Mean time of a request, queue included, in ms"
    )


class Triton(HealthProbe):
    """Every counter on its own: one that is missing leaves the others standing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def read(self) -> list[Reading]:
        """Failed requests, time in the queue and latency, each as counted so far."""
        try:
            found = counters(self._settings.get("", "text/plain"))
            counts = _of(self._settings.model, found)
        except Unanswered as error:
            return [self._absent(blank, error) for blank, _ in self._metrics()]
        return [self._read(blank, counts, make) for blank, make in self._metrics()]

    def _metrics(self) -> list[tuple[Reading, Callable[[dict[str, float]], Traffic]]]:
        limits, subject = self._settings, f"triton {self._settings.model}"
        rows = [
            ("failure share", "%", limits.failure_limit, _failed),
            ("mean queue time", " ms", limits.queue_limit, _queue),
            ("mean latency", " ms", limits.latency_limit, _latency),
        ]
        return [
            (Reading(subject, n, None, u, limit), make) for n, u, limit, make in rows
        ]

    def _read(
        self,
        blank: Reading,
        counts: dict[str, float],
        make: Callable[[dict[str, float]], Traffic],
    ) -> Reading:
        try:
            traffic = make(counts)
        except KeyError as missing:
            return self._absent(blank, Unanswered(f"the page has no {missing}"))
        if not all(isfinite(n) and n >= 0 for n in (traffic.amount, traffic.requests)):
            return self._absent(blank, Unanswered("the page's counts are no numbers"))
        return replace(blank, traffic=traffic)

    def _absent(self, blank: Reading, error: Unanswered) -> Reading:
        name = f"{blank.subject} {blank.statistic}"
        return replace(blank, note=f"{name} could not be read: {error}")


def _failed(counts: dict[str, float]) -> Traffic:
    failed = counts[FAILURE]
    return Traffic(failed, failed + counts[SUCCESS], share=True)


def _queue(counts: dict[str, float]) -> Traffic:
    return Traffic(counts[QUEUE] / 1000, counts[SUCCESS])


def _latency(counts: dict[str, float]) -> Traffic:
    return Traffic(counts[DURATION] / 1000, counts[SUCCESS])


def counters(text: str) -> Counters:
    r"""What a page of metrics counts. Raises `Unanswered`.

    >>> counters('nv_inference_request_success{model="m",version="1"} 1.5e+06\n')
    {'m': {'nv_inference_request_success': 1500000.0}}
    """
    from prometheus_client.parser import text_string_to_metric_families

    if text[-1:] != "\n":
        raise Unanswered("the page is not whole")
    found: Counters = {}
    try:
        for family in text_string_to_metric_families("\n".join(_lines(text))):
            for sample in family.samples:
                counts = found.setdefault(sample.labels.get("model", ""), {})
                counts[sample.name] = counts.get(sample.name, 0.0) + float(sample.value)
    except (ValueError, IndexError, OverflowError):
        raise Unanswered("the page is not in Prometheus's format") from None
    return found


def _lines(text: str) -> Iterator[str]:
    """The samples that are read. Without the comments the parser renames no counter."""
    for line in text.split("\n"):
        if line.startswith(FAMILIES):
            if len(line) > LONGEST_LINE:
                raise ValueError(f"a line of {len(line)} characters")
            yield line


def _of(model: str, found: Counters) -> dict[str, float]:
    if model not in found:
        raise Unanswered(
            f"the page counts requests of {len(found)} models, and {model!r} is none of "
            "them: compare `model` with the model repository, and `url` with Triton's"
        )
    return found[model]


def build(settings: Settings, context: Context) -> Triton:
    """A probe that asks the server when it is read."""
    return Triton(settings)
