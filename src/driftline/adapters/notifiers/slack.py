"""Slack through its Web API: one message per incident, its news as replies.

The bot needs the scope `chat:write`. With `channels:history` (or `groups:history`), and
`channels:read` where the channel is given by name, a message whose answer was lost is
looked for before it is sent again; with `files:write` a chart is attached.
"""

import json
import re
import warnings
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.adapters.notifiers import console
from driftline.adapters.notifiers._slack_api import SlackApi, Unclear
from driftline.core.action import Chart, Message
from driftline.errors import DeliveryFailed, DriftlineWarning
from driftline.ports import Context, Notifier, Receipt

EVENT_TYPE = "driftline_message"
THREAD = re.compile(r"(?P<channel>[A-Z0-9]+):(?P<ts>\d+\.\d+)")
CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{5,}")
# A first message that somebody removed, or that Slack lets nobody change any more.
UNCHANGEABLE = {"message_not_found", "cant_update_message", "edit_window_closed"}


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

    threads = True

    def __init__(self, token: SecretStr, settings: Settings, monitor: str) -> None:
        self._api = SlackApi(
            token,
            settings.channel,
            settings.base_url,
            settings.timeout_s,
            settings.wait_s,
        )
        self._settings = settings
        self._monitor = monitor
        self.place = f"slack/{settings.channel}"

    def send(self, message: Message, thread: str = "") -> Receipt:
        """Post the message, in its thread if it has one.

        When the answer is lost, the message is looked for, and posted once more only
        where it is known not to be there; else a later run looks again.
        """
        try:
            return self._post(message, thread)
        except Unclear as unclear:
            try:
                found = self._search(message, thread)
            except DeliveryFailed:
                raise unclear from None
            return found or self._post(message, thread)

    def find(self, message: Message, thread: str = "") -> Receipt | None:
        """The receipt of a message that bears the same key in its metadata."""
        try:
            return self._search(message, thread)
        except DeliveryFailed as error:
            if error.retryable:
                raise
            return None  # the app may not read: sending again is the lesser evil

    def draft(self, message: Message) -> str:
        """The text and the blocks that would be posted, as JSON."""
        return json.dumps(self._body(message), ensure_ascii=False)

    def redraw(self, message: Message, thread: str) -> None:
        """The thread's first message says this now; one that is gone stays gone."""
        known = THREAD.fullmatch(thread)
        if known is None:
            return
        where = {"channel": known["channel"], "ts": known["ts"]}
        answer = self._api.call(
            "chat_update", {**where, **self._body(message)}, UNCHANGEABLE
        )
        if not answer["ok"]:
            _warn(f"an incident's first message was not changed: {answer['error']}")

    def attach(self, chart: Chart, key: str, thread: str) -> None:
        """The chart is in the thread, unless it cannot be drawn or the app may not."""
        from driftline.adapters.notifiers._charts import png

        known = THREAD.fullmatch(thread)
        picture = png(chart) if known else None
        if known is None or picture is None:
            return
        name = f"{blake2b(key.encode(), digest_size=8).hexdigest()}.png"
        where = {"channel": known["channel"], "thread_ts": known["ts"]}
        if self._has_file(where, name):
            return
        file = {"file": picture, "filename": name, "title": chart.title[:200]}
        answer = self._api.call("files_upload_v2", {**where, **file}, {"missing_scope"})
        if not answer["ok"]:
            _warn(
                "a chart was not attached; the app needs the scope files:write for it"
            )

    def _post(self, message: Message, thread: str) -> Receipt:
        known = THREAD.fullmatch(thread)
        arguments = {
            "channel": known["channel"] if known else self._settings.channel,
            "thread_ts": known["ts"] if known else None,
            "metadata": {
                "event_type": EVENT_TYPE,
                "event_payload": self._payload(message),
            },
            "unfurl_links": False,
            "unfurl_media": False,
            **self._body(message),
        }
        answer = self._api.call("chat_postMessage", arguments)
        return self._receipt_of(answer, message, thread)

    def _receipt_of(
        self, answer: dict[str, Any], message: Message, thread: str
    ) -> Receipt:
        """Where the message is; looked up where an answer that accepts it does not say.

        Nobody sends it again: it is there. One whose place stays unknown has no thread.
        """
        if THREAD.fullmatch(thread):
            return Receipt(thread)
        channel, ts = answer.get("channel"), answer.get("ts")
        if channel and ts:
            return _receipt(str(channel), str(ts))
        _warn(
            "Slack took a message and did not say where it is; its news may stand alone"
        )
        try:
            return self._search(message, thread) or Receipt()
        except DeliveryFailed:
            return Receipt()

    def _body(self, message: Message) -> dict[str, Any]:
        from driftline.adapters.notifiers._slack_blocks import blocks, fallback_text

        return {
            "text": fallback_text(message),
            "blocks": blocks(message, self._monitor),
        }

    def _payload(self, message: Message) -> dict[str, str]:
        return {
            "key": message.key,
            "thread": message.thread,
            "tone": message.tone.value,
            "monitor": message.monitor or self._monitor,
        }

    def _search(self, message: Message, thread: str) -> Receipt | None:
        """The receipt of a message with this key. Raises where the app cannot look."""
        known = THREAD.fullmatch(thread)
        channel = known["channel"] if known else self._channel_id()
        method = "conversations_replies" if known else "conversations_history"
        where = {"channel": channel, "include_all_metadata": True}
        for said in self._api.pages(
            method, where | ({"ts": known["ts"]} if known else {})
        ):
            payload = (said.get("metadata") or {}).get("event_payload") or {}
            if payload.get("key") == message.key:
                ts = known["ts"] if known else said.get("ts")
                return _receipt(channel, str(ts)) if ts else Receipt()
        return None

    def _channel_id(self) -> str:
        """The channel's ID, which is what Slack lets messages be read by."""
        channel = self._settings.channel
        if CHANNEL_ID.fullmatch(channel):
            return channel
        kinds = {"types": "public_channel,private_channel", "exclude_archived": True}
        for found in self._api.pages("conversations_list", kinds, "channels"):
            if found.get("name") == channel.removeprefix("#") and found.get("id"):
                return str(found["id"])
        raise DeliveryFailed(f"Slack lists no channel {channel}")

    def _has_file(self, where: dict[str, str], name: str) -> bool:
        """Whether a picture of that name is in the thread, as far as can be seen."""
        asked = {"channel": where["channel"], "ts": where["thread_ts"]}
        try:
            said = list(self._api.pages("conversations_replies", asked))
        except DeliveryFailed as error:
            if error.retryable:
                raise
            return False
        files = [file for each in said for file in each.get("files") or []]
        return any(file.get("name") == name for file in files)


def _receipt(channel: str, ts: str) -> Receipt:
    return Receipt(thread=f"{channel}:{ts}")


def _warn(words: str) -> None:
    warnings.warn(words, DriftlineWarning, stacklevel=3)


def build(settings: Settings, context: Context) -> Notifier:
    """Slack, or without a token the console."""
    if settings.token is None or not settings.token.get_secret_value():
        return console.build(console.Settings(), context)
    return Slack(settings.token, settings, context.monitor)
