"""Slack's Web API, as far as a notifier needs it: it keeps messages and checks them."""

import json
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.servers.http import Answer, Request, http_server

TOKEN = "xoxb-planted-secret"
CHANNEL_ID = "C0ALERTS"
LIMITS = {"header": 150, "section": 3000}


@dataclass
class SlackServer:
    """One workspace with one channel.

    `faults` are answers given before anything is looked at, in turn; None in it lets one
    call pass. `calls` are the methods that were asked, faults included.
    """

    url: str = ""
    scopes: set[str] = field(default_factory=lambda: {"chat:write", "channels:history"})
    messages: list[dict[str, Any]] = field(default_factory=list)
    faults: deque[Answer | None] = field(default_factory=deque)
    calls: list[str] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        """Slack's answer to one call."""
        method = request.path.removeprefix("/api/")
        self.calls.append(method)
        fault = self.faults.popleft() if self.faults else None
        if fault is not None:
            return fault
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _json({"ok": False, "error": "invalid_auth"})
        return _json(getattr(self, method.replace(".", "_"))(_arguments(request)))

    def auth_test(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Who the token is."""
        return {"ok": True, "user_id": "U0BOT"}

    def chat_postMessage(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Keep a message, or say what is wrong with it."""
        if error := self._wrong(arguments):
            return {"ok": False, "error": error}
        ts = f"17{len(self.messages):08d}.000100"
        self.messages.append({**arguments, "ts": ts, "channel": CHANNEL_ID})
        return {
            "ok": True,
            "channel": CHANNEL_ID,
            "ts": ts,
            "message": self.messages[-1],
        }

    def chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Replace a message's text and blocks."""
        found = [m for m in self.messages if m["ts"] == arguments["ts"]]
        if not found:
            return {"ok": False, "error": "message_not_found"}
        if error := self._wrong(arguments):
            return {"ok": False, "error": error}
        found[0].update(arguments)
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
    with http_server(server.answer) as url:
        server.url = f"{url}/api/"
        yield server


def _block_is_wrong(block: dict[str, Any]) -> bool:
    """Whether Slack would refuse it: a text too short, too long or badly escaped."""
    texts = [block["text"], *block.get("fields", [])] if "text" in block else []
    texts += block.get("elements", [])
    if block["type"] not in ("header", "section", "context") or len(texts) > 10:
        return True
    limit = LIMITS.get(block["type"], 3000)
    return any(
        not 1 <= len(text["text"]) <= limit or _badly_escaped(text["text"])
        for text in texts
    )


def _badly_escaped(text: str) -> bool:
    """Whether something is left that Slack would obey, other than a link to a page."""
    rest = re.sub(r"<https?://[^|<>\s]+\|[^|<>]+>", "", text)
    rest = re.sub("&(amp|lt|gt);", "", rest)
    return any(char in rest for char in "<>&")


def _arguments(request: Request) -> dict[str, Any]:
    if "json" in request.headers["content-type"]:
        return json.loads(request.body)
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def _json(body: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(body).encode(), {"content-type": "application/json"})
