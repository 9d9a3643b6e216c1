"""When a call to Slack is made again at once, and when a later run has to."""

from collections.abc import Mapping
from urllib.error import URLError

from slack_sdk.http_retry import (
    ConnectionErrorRetryHandler,
    HttpRequest,
    HttpResponse,
    RateLimitErrorRetryHandler,
    RetryHandler,
    RetryState,
)


class PatientRateLimit(RateLimitErrorRetryHandler):
    """Waits as long as Slack's `Retry-After` says, unless that is longer than the cap."""

    def __init__(self, cap_s: float) -> None:
        super().__init__(max_retry_count=2)
        self._cap_s = cap_s

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or response.status_code != 429:
            return False
        pause = retry_after_s(response.headers)
        return pause is not None and pause <= self._cap_s


def retry_after_s(headers: Mapping[str, list[str] | str]) -> int | None:
    """The pause that Slack asks for in whole seconds, or None when it names none.

    >>> retry_after_s({"Retry-After": ["30"]})
    30
    """
    for name, value in headers.items():
        first = value if isinstance(value, str) else value[0]
        if name.lower() == "retry-after" and first.isdigit():
            return int(first)
    return None


def handlers(cap_s: float) -> list[RetryHandler]:
    """Refused connections and rate limits are tried again twice.

    What may have been posted all the same is not: an answer that did not come, a
    connection that broke, a server error.
    """
    return [
        ConnectionErrorRetryHandler(max_retry_count=2, error_types=[URLError]),
        PatientRateLimit(cap_s),
    ]
