"""Slack through its Web API: one message per incident, its news as replies.

The bot needs the scope `chat:write`; with `channels:history` (or `groups:history`) it
also marks an incident's first message as resolved.
"""

import re
import warnings
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.adapters.notifiers import console
from driftline.core.action import Message, Tone
from driftline.errors import DeliveryFailed, DriftlineWarning
from driftline.ports import Context, Notifier, Receipt

if TYPE_CHECKING:
    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

EVENT_TYPE = "driftline_message"
THREAD = re.compile(r"(?P<channel>[A-Z0-9]+):(?P<ts>\d+\.\d+)")
CODE = re.compile("[a-z0-9_]{1,60}")

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
REMEDIES = {
    "account_inactive": "the bot's user was removed; install the app again",
    "channel_not_found": "check `channel`, and invite the bot to it if it is private",
    "invalid_auth": "set `token` to the app's bot token (it starts with xoxb-)",
    "is_archived": "the channel is archived; choose another `channel`",
    "missing_scope": "give the app the scope chat:write and install it again",
    "not_authed": "set `token` to the app's bot token (it starts with xoxb-)",
    "not_in_channel": "invite the bot to the channel, or give the app chat:write.public",
    "restricted_action": "an administrator restricts who may post in this channel",
    "token_expired": "the token has expired; make a new one",
    "token_revoked": "the token was revoked; install the app again",
}


class Settings(BaseModel):
    """Where to, as whom, and how long to try."""

    model_config = ConfigDict(extra="forbid")

    token: SecretStr | None = Field(
        default=None, description="Bot token; without one messages go to the console"
    )
    channel: str = Field(
        min_length=1, description="Channel ID or name", examples=["#model-alerts"]
    )
    base_url: str = Field(
        default="https://slack.com/api/", description="Another server, for tests"
    )
    timeout_s: int = Field(default=10, gt=0, description="For one answer, in seconds")
    wait_s: float = Field(
        default=30.0,
        ge=0,
        description="The longest pause that Slack may ask for and get, in seconds; "
        "after a longer one the message is sent by a later run",
    )


class Slack(Notifier):
    """Block Kit messages. A thread is `channel:ts` of the incident's first message."""

    def __init__(self, token: SecretStr, settings: Settings, monitor: str) -> None:
        self._token = token
        self._settings = settings
        self._monitor = monitor

    def send(self, message: Message, thread: str = "") -> Receipt:
        """Post the message, in its thread if it has one; `resolved` retitles the first.

        An answer that was lost on the way counts as a failure: the message may come twice,
        with the same key in its metadata.
        """
        from driftline.adapters.notifiers._slack_blocks import blocks, fallback_text

        known = THREAD.fullmatch(thread)
        body = {
            "text": fallback_text(message),
            "blocks": blocks(message, self._monitor),
        }
        answer = self._call(
            "chat_postMessage",
            channel=known["channel"] if known else self._settings.channel,
            thread_ts=known["ts"] if known else None,
            metadata={
                "event_type": EVENT_TYPE,
                "event_payload": self._payload(message),
            },
            unfurl_links=False,
            unfurl_media=False,
            **body,
        )
        if known and message.tone is Tone.RESOLVED:
            self._retitle(known["channel"], known["ts"], body)
        first = known["ts"] if known else answer["ts"]
        return Receipt(thread=f"{answer['channel']}:{first}")

    def _payload(self, message: Message) -> dict[str, str]:
        return {
            "key": message.key,
            "thread": message.thread,
            "tone": message.tone.value,
            "monitor": self._monitor,
        }

    def _retitle(self, channel: str, ts: str, body: dict[str, Any]) -> None:
        """Give the first message the news's title. The reply has told people already."""
        where = {"channel": channel, "ts": ts}
        try:
            thread = self._call(
                "conversations_replies", **where, limit=1, include_all_metadata=True
            )
            first: dict[str, Any] = next(iter(thread["messages"]), {})
            old = first.get("blocks", [])
            rest = [block for block in old if block["type"] != "header"]
            blocks = [body["blocks"][0], *rest]
            metadata = first.get("metadata")
            self._call(
                "chat_update",
                **where,
                text=body["text"],
                blocks=blocks,
                metadata=metadata,
            )
        except DeliveryFailed as error:
            warnings.warn(
                f"an incident's first message was not marked as resolved: {error}; the "
                "app needs the scope channels:history (or groups:history) for it",
                DriftlineWarning,
                stacklevel=3,
            )

    def _call(self, method: str, **arguments: Any) -> dict[str, Any]:
        """Slack's answer. Raises `DeliveryFailed` with its error code, never its text."""
        from slack_sdk.errors import SlackApiError

        try:
            answer = getattr(self._client(), method)(**arguments)
        except SlackApiError as error:
            raise _refused(error.response, arguments["channel"]) from error
        except (OSError, HTTPException, ValueError) as error:
            raise DeliveryFailed(
                f"Slack did not answer ({type(error).__name__}); what was sent may have "
                "arrived all the same, and a later run sends it again",
                retryable=True,
            ) from error
        return dict(answer.data)

    def _client(self) -> "WebClient":
        from slack_sdk import WebClient

        from driftline.adapters.notifiers._slack_retries import handlers

        settings = self._settings
        return WebClient(
            token=self._token.get_secret_value(),
            base_url=settings.base_url,
            timeout=settings.timeout_s,
            retry_handlers=handlers(settings.wait_s),
        )


def _refused(response: "SlackResponse", channel: str) -> DeliveryFailed:
    data = response.data if isinstance(response.data, dict) else {}
    code, status = str(data.get("error", "")), response.status_code
    # A proxy's page comes back as the "error": only what looks like a code is one.
    if not CODE.fullmatch(code):
        return DeliveryFailed(
            f"something that is not Slack answered with status {status}; check `base_url` "
            "and the proxy",
            retryable=status in (200, 429) or status >= 500,
        )
    transient = code in TRANSIENT or status == 429 or status >= 500
    remedy = "a later run sends it" if transient else "look the code up in Slack's docs"
    return DeliveryFailed(
        f"Slack refused a message to {channel} ({code}): {REMEDIES.get(code, remedy)}",
        retryable=transient,
    )


def build(settings: Settings, context: Context) -> Notifier:
    """Slack, or without a token the console."""
    if settings.token is None or not settings.token.get_secret_value():
        return console.build(console.Settings(), context)
    return Slack(settings.token, settings, context.monitor)
