"""Slack's own client, made more discreet."""

import logging
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient

QUIET = logging.getLogger("driftline.slack_sdk")
"""Slack's client logs the beginning of what it cannot read; our errors say enough."""
QUIET.setLevel(logging.CRITICAL)


class DiscreetClient(WebClient):
    """A redirection does not take the token along to another server."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(logger=QUIET, **settings)

    def _perform_urllib_http_request_internal(
        self, url: str, req: Request
    ) -> dict[str, Any]:
        if token := req.headers.pop("Authorization", None):  # gone at a second try
            req.add_unredirected_header("Authorization", token)
        return super()._perform_urllib_http_request_internal(url, req)
