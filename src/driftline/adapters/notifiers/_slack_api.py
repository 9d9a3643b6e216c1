"""Calls to Slack's Web API: which answers are answers, and what its refusals mean."""

import re
from collections.abc import Collection, Iterator
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from driftline.errors import DeliveryFailed, DeliveryRefused

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

CODE = re.compile("[a-z0-9_]{1,60}")
PAGE = 200
"""Messages or channels in one answer of Slack's."""

PAGES_SEARCHED = 5
"""How far back a message is looked for: a thousand messages of a channel."""

# Slack's codes that pass by themselves; every other one needs a person.
TRANSIENT = {
    "accesslimited",
    "fatal_error",
    "internal_error",
    "ratelimited",
    "rate_limited",
    "request_timeout",
    "service_unavailable",
    "team_added_to_org",
}
# What a person mends outside the message, which is then sent.
REMEDIES = {
    "account_inactive": "the bot's user was removed; install the app again",
    "channel_not_found": "check `channel`, and invite the bot to it if it is private",
    "invalid_auth": "set `token` to the app's bot token (it starts with xoxb-)",
    "is_archived": "the channel is archived; choose another `channel`",
    "missing_scope": "give the app the scope that it lacks and install it again",
    "not_authed": "set `token` to the app's bot token (it starts with xoxb-)",
    "not_in_channel": "invite the bot to the channel, or give the app chat:write.public",
    "restricted_action": "an administrator restricts who may post in this channel",
    "token_expired": "the token has expired; make a new one",
    "token_revoked": "the token was revoked; install the app again",
}


INCOMPLETE = (ValueError, LookupError, TypeError, AttributeError)
"""What an answer that lacks a part makes Slack's own client raise, between two calls."""


class Unclear(DeliveryFailed):
    """Nobody can say whether Slack did what it was asked."""


class SlackApi:
    """One bot's calls. `channel` is named where one is refused."""

    def __init__(
        self,
        token: SecretStr,
        channel: str,
        base_url: str,
        timeout_s: int,
        wait_s: float,
    ) -> None:
        self._token = token
        self._channel = channel
        self._base_url = base_url
        self._timeout_s = timeout_s
        self._wait_s = wait_s

    def pages(
        self, method: str, arguments: dict[str, Any], of: str = "messages"
    ) -> Iterator[dict[str, Any]]:
        cursor = ""
        for _ in range(PAGES_SEARCHED):
            asked = {
                **arguments,
                "limit": PAGE,
                **({"cursor": cursor} if cursor else {}),
            }
            answer = self.call(method, asked)
            listed = answer.get(of)
            if not isinstance(listed, list):
                raise Unclear(
                    f"Slack's answer to {method} lacks {of!r}; check `base_url` and the "
                    "proxy",
                    retryable=True,
                )
            yield from (each for each in listed if isinstance(each, dict))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return

    def call(
        self, method: str, arguments: dict[str, Any], expected: Collection[str] = ()
    ) -> dict[str, Any]:
        """Slack's answer; a refusal too where it is expected.

        Raises `DeliveryFailed` with Slack's error code, never its text, and `Unclear`
        where it may have done what it was asked.
        """
        from slack_sdk.errors import SlackApiError, SlackRequestError

        try:
            answer = getattr(self._client(), method)(**arguments)
        except SlackApiError as error:
            code = _code(error.response)
            if code in expected:
                return {"ok": False, "error": code}
            raise _refused(error.response, self._channel) from None
        except (OSError, HTTPException, *INCOMPLETE, SlackRequestError) as error:
            raise Unclear(
                f"Slack did not answer ({type(error).__name__}); what was sent may have "
                "arrived all the same, and a later run looks for it",
                retryable=True,
            ) from None  # an answer's own text would stand in the traceback
        data: dict[str, Any] = {"ok": True, **answer.data}
        return data

    def _client(self) -> "WebClient":
        from driftline.adapters.notifiers._slack_client import DiscreetClient
        from driftline.adapters.notifiers._slack_retries import handlers

        return DiscreetClient(
            token=self._token.get_secret_value(),
            base_url=self._base_url,
            timeout=self._timeout_s,
            retry_handlers=handlers(self._wait_s),
        )


def _code(response: "SlackResponse") -> str:
    data = response.data if isinstance(response.data, dict) else {}
    return str(data.get("error", ""))


def _refused(response: "SlackResponse", channel: str) -> DeliveryFailed:
    code, status = _code(response), response.status_code
    # A proxy's page comes back as the "error": only what looks like a code is one.
    if not CODE.fullmatch(code):
        words = (
            f"something that is not Slack answered with status {status}; check "
            "`base_url` and the proxy"
        )
        kind = Unclear if status == 200 or status >= 500 else DeliveryFailed
        return kind(words, retryable=status in (200, 429) or status >= 500)
    transient = code in TRANSIENT or status == 429 or status >= 500
    remedy = "a later run sends it" if transient else "look the code up in Slack's docs"
    words = (
        f"Slack refused a message to {channel} ({code}): {REMEDIES.get(code, remedy)}"
    )
    if transient:
        return (DeliveryFailed if status == 429 else Unclear)(words, retryable=True)
    return (DeliveryRefused if code in REMEDIES else DeliveryFailed)(words)
