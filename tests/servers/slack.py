"""Slack as far as Driftline needs it: its Web API, files, and Socket Mode.

It keeps messages and checks them as Slack does, and holds a real websocket through which
a test presses buttons.
"""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Queue
from typing import Any
from urllib.parse import parse_qs

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tests.servers.http import Answer, Request, http_server

TOKEN = "xoxb-planted-secret"
APP_TOKEN = "xapp-planted-secret"
CHANNEL_ID = "C0ALERTS"
LIMITS = {"header": 150, "section": 3000}
SCOPES = {"chat:write", "channels:history", "channels:read", "files:write"}


@dataclass
class SlackServer:
    """One workspace with one channel.

    `faults` are answers given before anything is looked at, in turn; None in it lets one
    call pass. A fault whose `status` is `LATE` does what it was asked and then answers
    with 500. `taken_as` is the answer to a message that was kept, where it is not Slack's
    usual one. `calls` are the methods that were asked, faults included. `told` is what
    people were shown after a press, `acknowledged` the envelopes that were answered.
    """

    url: str = ""
    socket: str = ""
    scopes: set[str] = field(default_factory=SCOPES.copy)
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    faults: deque[Answer | None] = field(default_factory=deque)
    taken_as: dict[str, Any] | None = None
    calls: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    connections: "Queue[ServerConnection]" = field(default_factory=Queue)
    acknowledged: "Queue[str]" = field(default_factory=Queue)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Answer:
        """Slack's answer to one call."""
        method = request.path.removeprefix("/api/").partition("?")[0]
        if method.startswith("upload/"):
            self.files[method.removeprefix("upload/")]["bytes"] = request.body
            return Answer(200, b"OK")
        if method.endswith("respond"):
            self.told.append(json.loads(request.body)["text"])
            return Answer(200, b"ok")
        self.calls.append(method)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None and fault.status != LATE:
            return fault
        token = APP_TOKEN if method == "apps.connections.open" else TOKEN
        if request.headers.get("authorization") != f"Bearer {token}":
            return _json({"ok": False, "error": "invalid_auth"})
        with self._one_at_a_time:
            done = _json(getattr(self, method.replace(".", "_"))(_arguments(request)))
        return done if fault is None else Answer(500, b"oops", pause_s=fault.pause_s)

    def apps_connections_open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Where Socket Mode is."""
        return {"ok": True, "url": f"{self.socket}/?ticket=planted"}

    def conversations_list(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The one channel, on the second page."""
        if "channels:read" not in self.scopes:
            return {"ok": False, "error": "missing_scope"}
        if arguments.get("cursor") != "second":
            other = [{"id": "C0OTHER", "name": "general"}]
            pages = {"next_cursor": "second"}
            return {"ok": True, "channels": other, "response_metadata": pages}
        return {"ok": True, "channels": [{"id": CHANNEL_ID, "name": "alerts"}]}

    def files_getUploadURLExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Where to put the bytes of a file."""
        if "files:write" not in self.scopes:
            return {"ok": False, "error": "missing_scope"}
        name = f"F{len(self.files)}"
        self.files[name] = dict(arguments)
        return {"ok": True, "upload_url": f"{self.url}upload/{name}", "file_id": name}

    def files_completeUploadExternal(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The files are in the thread."""
        done = arguments["files"]
        listed = json.loads(done) if isinstance(done, str) else done
        names = [{"name": self.files[f["id"]]["filename"]} for f in listed]
        where = {k: arguments.get(k) for k in ("thread_ts",)}
        ts = f"17{len(self.messages):08d}.000200"
        self.messages.append({**where, "ts": ts, "files": names})
        return {"ok": True, "files": [{"id": f["id"]} for f in listed]}

    def press(
        self,
        action: str,
        value: str,
        user: str = "U0ANN",
        ts: str = "1.1",
        answer_to: str = "",
    ) -> str:
        """Somebody presses a button; returns the envelope's id."""
        connection = self.connections.get(timeout=10)
        self.connections.put(connection)
        envelope = f"envelope-{ts}-{user}"
        pressed = {"action_id": action, "action_ts": ts, "value": value}
        payload = {
            "type": "block_actions",
            "user": {"id": user},
            "response_url": answer_to or f"{self.url}respond",
            "actions": [pressed],
        }
        sent = {"envelope_id": envelope, "type": "interactive", "payload": payload}
        connection.send(json.dumps(sent))
        return envelope

    def hang_up(self) -> None:
        """Slack closes the connection, as it does every few hours."""
        self.connections.get(timeout=10).send(json.dumps({"type": "disconnect"}))

    def serve_socket(self, connection: ServerConnection) -> None:
        """Greet, keep the connection for presses, note what is acknowledged."""
        connection.send(json.dumps({"type": "hello"}))
        self.connections.put(connection)
        with suppress(ConnectionClosed):
            self._note_answers(connection)

    def _note_answers(self, connection: ServerConnection) -> None:
        for text in connection:
            answered = json.loads(text)
            if "envelope_id" in answered:
                self.acknowledged.put(answered["envelope_id"])

    def auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Who the token is."""
        return {"ok": True, "user_id": "U0BOT"}

    def chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Keep a message, or say what is wrong with it."""
        if error := self._wrong(arguments):
            return {"ok": False, "error": error}
        ts = f"17{len(self.messages):08d}.000100"
        kept = {name: _plain(value) for name, value in arguments.items()}
        self.messages.append({**kept, "ts": ts, "channel": CHANNEL_ID})
        usual = {
            "ok": True,
            "channel": CHANNEL_ID,
            "ts": ts,
            "message": self.messages[-1],
        }
        return usual if self.taken_as is None else self.taken_as

    def chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Replace a message's text and blocks."""
        found = [m for m in self.messages if m["ts"] == arguments["ts"]]
        if not found:
            return {"ok": False, "error": "message_not_found"}
        if error := self._wrong(arguments):
            return {"ok": False, "error": error}
        found[0].update({name: _plain(value) for name, value in arguments.items()})
        return {"ok": True, "channel": CHANNEL_ID, "ts": arguments["ts"]}

    def conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The channel's messages, newest first, without replies."""
        return self._listed([m for m in self.messages[::-1] if not m.get("thread_ts")])

    def conversations_replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A thread: its first message, then the replies."""
        ts = arguments["ts"]
        return self._listed(
            [m for m in self.messages if ts in (m["ts"], m.get("thread_ts"))]
        )

    def _listed(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        if "channels:history" not in self.scopes:
            return {"ok": False, "error": "missing_scope"}
        return {"ok": True, "messages": messages}

    def _wrong(self, arguments: dict[str, Any]) -> str:
        if arguments.get("channel") not in (CHANNEL_ID, "#alerts"):
            return "channel_not_found"
        if not arguments.get("text") or len(arguments["text"]) > 40_000:
            return "no_text"
        blocks = arguments["blocks"]
        wrong = len(blocks) > 50 or any(_block_is_wrong(block) for block in blocks)
        return "invalid_blocks" if wrong else ""


@contextmanager
def slack() -> Iterator[SlackServer]:
    """A running workspace; `url` is what `base_url` is set to."""
    server = SlackServer()
    with (
        http_server(server.answer) as url,
        serve(server.serve_socket, "127.0.0.1", 0) as ws,
    ):
        threading.Thread(target=ws.serve_forever, daemon=True).start()
        server.url = f"{url}/api/"
        server.socket = f"ws://127.0.0.1:{ws.socket.getsockname()[1]}"
        yield server
        ws.shutdown()


LATE = 599
"""The status of a fault that comes after Slack has done what it was asked."""


def _plain(value: Any) -> Any:
    """JSON that was sent inside a form."""
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


def _block_is_wrong(block: dict[str, Any]) -> bool:
    """Whether Slack would refuse it: a text too short, too long or badly escaped."""
    texts = [block["text"], *block.get("fields", [])] if "text" in block else []
    texts += block.get("elements", [])
    if block["type"] == "actions":
        return any(_button_is_wrong(button) for button in block["elements"])
    if block["type"] not in ("header", "section", "context") or len(texts) > 10:
        return True
    limit = LIMITS.get(block["type"], 3000)
    return any(
        not 1 <= len(text["text"]) <= limit or _badly_escaped(text["text"])
        for text in texts
    )


def _button_is_wrong(button: dict[str, Any]) -> bool:
    texts = (button["text"]["text"], button["action_id"], button["value"])
    limits = (75, 255, 2000)
    return any(not 1 <= len(t) <= n for t, n in zip(texts, limits, strict=True))


def _badly_escaped(text: str) -> bool:
    """Whether something is left that Slack would obey, other than a link to a page."""
    rest = re.sub(r"<https?://[^|<>\s]+\|[^|<>]+>", "", text)
    rest = re.sub("&(amp|lt|gt);", "", rest)
    return any(char in rest for char in "<>&")


def _arguments(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        return json.loads(request.body or b"{}")
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def _json(body: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})
