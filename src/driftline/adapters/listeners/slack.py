"""Buttons of Slack's messages through Socket Mode: no port has to be open for it.

The app needs Socket Mode and interactivity switched on, and an app-level token with the
scope `connections:write`. A press is acknowledged once it has taken effect, and only
people on the list can cause one.
"""

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from driftline.core.action import Answer
from driftline.errors import DeliveryFailed, DriftlineError
from driftline.ports import Context, Listener, Reply

if TYPE_CHECKING:
    from slack_sdk.socket_mode import SocketModeClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

ACTION = "driftline:"
"""What the id of a button of ours begins with; the answer follows."""

HOOKS = "https://hooks.slack.com/"
"""Where Slack lets an app answer whoever pressed; nothing is sent anywhere else."""

LOOK_EVERY_S = 0.2
LOG = logging.getLogger("driftline.listen")


class Settings(BaseModel):
    """As which app, and whose answers count."""

    model_config = ConfigDict(extra="forbid")

    app_token: SecretStr = Field(
        description="App-level token with connections:write (it starts with xapp-)"
    )
    users: list[str] = Field(
        min_length=1,
        description="IDs of the people whose answers count, such as U012AB3CD; `*`: all "
        "who can see the message",
    )
    base_url: str = Field(
        default="https://slack.com/api/", description="Another server, for tests"
    )


class SlackListener(Listener):
    """Hears presses on driftline's buttons."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def listen(self, take: Callable[[Reply], str], until: Callable[[], bool]) -> None:
        """Hand every press of somebody on the list to `take`, until told to stop.

        Raises `DeliveryFailed` where Slack does not let the app in.
        """
        client = self._client()

        def hear(_: "BaseSocketModeClient", request: "SocketModeRequest") -> None:
            self._hear(client, request, take)

        client.socket_mode_request_listeners.append(hear)
        try:
            self._connect(client)
            while not until():
                time.sleep(LOOK_EVERY_S)
        finally:
            with suppress(AttributeError):  # the client's own threads close it too
                client.close()

    def _client(self) -> "SocketModeClient":
        from slack_sdk import WebClient
        from slack_sdk.socket_mode import SocketModeClient

        token = self._settings.app_token.get_secret_value()
        return SocketModeClient(
            app_token=token,
            web_client=WebClient(base_url=self._settings.base_url),
            # One press after the other: each is a transaction of the same ledger.
            concurrency=1,
        )

    def _connect(self, client: "SocketModeClient") -> None:
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            client.connect()
        except SlackApiError as error:
            raise DeliveryFailed(
                f"Slack does not let the app listen ({error.response.get('error')}); check "
                "`app_token` (it starts with xapp- and needs connections:write) and that "
                "Socket Mode is on"
            ) from None
        except (SlackClientError, OSError, HTTPException) as error:
            raise DeliveryFailed(
                f"Slack did not answer ({type(error).__name__})", retryable=True
            ) from error

    def _hear(
        self,
        client: "SocketModeClient",
        request: "SocketModeRequest",
        take: Callable[[Reply], str],
    ) -> None:
        """Acknowledge an envelope after its press has taken effect.

        One that could not take effect is not acknowledged: Slack shows that to whoever
        pressed, who presses again.
        """
        from slack_sdk.socket_mode.response import SocketModeResponse

        said: list[str] = []
        try:
            for reply in replies(request.payload, request.type):
                said.append(self._taken(reply, take))
        except DriftlineError as error:
            LOG.warning("a press could not take effect: %s", error)
            self._tell(request.payload, f"That did not work: {error}")
            return
        response = SocketModeResponse(envelope_id=request.envelope_id)
        client.send_socket_mode_response(response)
        for words in said:
            self._tell(request.payload, words)

    def _taken(self, reply: Reply, take: Callable[[Reply], str]) -> str:
        if not self._may_answer(reply.author):
            LOG.info("%s by %s, who is not on the list", reply.answer, reply.author)
            return "You are not on the list of `listen:` in the monitor file."
        said = take(reply)
        LOG.info("%s by %s: %s", reply.answer, reply.author, said)
        return said

    def _may_answer(self, user: str) -> bool:
        return "*" in self._settings.users or user in self._settings.users

    def _tell(self, payload: dict[str, Any], words: str) -> None:
        """What came of the press, to whoever pressed; that it is not seen is no harm."""
        from slack_sdk.webhook import WebhookClient

        address = str(payload.get("response_url", ""))
        if not address.startswith((HOOKS, self._settings.base_url)):
            return
        text = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        try:
            WebhookClient(address, timeout=5).send(
                text=text, response_type="ephemeral", replace_original=False
            )
        except Exception:
            LOG.debug("an answer to a press could not be shown")


def replies(payload: dict[str, Any], kind: str) -> list[Reply]:
    """The presses on our own buttons that an envelope holds.

    >>> value = '{"monitor": "m", "thread": "t"}'
    >>> pressed = {"action_id": "driftline:silence", "action_ts": "1.2", "value": value}
    >>> payload = {"type": "block_actions", "user": {"id": "U1"}, "actions": [pressed]}
    >>> [(r.answer.value, r.author, r.thread) for r in replies(payload, "interactive")]
    [('silence', 'U1', 't')]
    """
    if kind != "interactive" or payload.get("type") != "block_actions":
        return []
    author = str((payload.get("user") or {}).get("id") or "")
    pressed = [each for each in payload.get("actions") or () if isinstance(each, dict)]
    found = (_reply(action, author) for action in pressed)
    return [reply for reply in found if reply is not None]


def _reply(action: dict[str, Any], author: str) -> Reply | None:
    """None for a button that is not ours, or that no message of ours could carry."""
    name = str(action.get("action_id", ""))
    known = {f"{ACTION}{answer.value}": answer for answer in Answer}
    try:
        about = json.loads(action.get("value", ""))
        monitor, thread = str(about["monitor"]), str(about["thread"])
    except (ValueError, KeyError, TypeError):
        return None
    if name not in known or not author:
        return None
    key = f"slack/{action.get('action_ts', '')}/{name}/{author}"
    return Reply(key, known[name], monitor, author, thread)


def build(settings: Settings, context: Context) -> SlackListener:
    """A listener that connects when it is told to listen."""
    return SlackListener(settings)
