"""A way to a real server that a test can break: it may be down, mute, slow or lying."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

CHUNK = 65_536
PAUSE_S = 0.05


class Mode(StrEnum):
    """What becomes of a connection."""

    OPEN = "open"
    DOWN = "refuses connections"
    RESET = "hangs up when it is asked"
    MUTE = "accepts and never answers"
    SLOW = "answers piece by piece"
    NOISE = "answers with noise"
    HTML = "answers with a page of HTML"
    BUSY = "answers 503"
    THROTTLED = "answers 429"
    CUT = "hangs up in the middle of an answer"


def _http(status: str, kind: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}"
    return f"{head}\r\nconnection: close\r\n\r\n".encode() + body


ANSWERS = {
    Mode.RESET: b"",
    Mode.NOISE: bytes(range(256)) * 4,
    Mode.HTML: _http("200 OK", "text/html", b"<html><body>log in</body></html>"),
    Mode.BUSY: _http("503 Service Unavailable", "text/plain", b"oops"),
    Mode.THROTTLED: _http("429 Too Many Requests", "application/json", b"{}"),
}
"""What is said instead of the server's answer, before hanging up."""


class Proxy:
    """Passes everything on to the target, or what its mode says; `port` stays the same.

    With `loses_an_answer` the server does what it is asked next, and nobody hears it.
    While it `holds_back`, no answer arrives and nobody is hung up on. A slow one pauses
    `pause_s` after each `piece` of so many bytes.
    """

    def __init__(self, target: int | str, cut_after: int = 200) -> None:
        self.mode, self.cut_after, self._target = Mode.OPEN, cut_after, target
        self.loses_an_answer = self.holds_back = False
        self.pause_s, self.piece = PAUSE_S, 1
        self._live: set[socket.socket] = set()
        self._listener = self._listening(0)
        self.port = int(self._listener.getsockname()[1])

    def becomes(self, mode: Mode) -> None:
        """From now on the server is so; who is connected is hung up on."""
        self.close()
        self.mode = mode
        if mode is not Mode.DOWN:
            self._listener = self._listening(self.port)

    def close(self) -> None:
        """Nobody is connected and nobody can connect."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for held in list(self._live):
            self._hang_up(held)

    def _listening(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self._live.add(client)
                threading.Thread(
                    target=self._serve, args=(client, self.mode), daemon=True
                ).start()

    def _serve(self, client: socket.socket, mode: Mode) -> None:
        with suppress(OSError):
            if mode is Mode.MUTE:
                while client.recv(CHUNK):
                    pass
            elif mode in ANSWERS:
                client.recv(CHUNK)
                client.sendall(ANSWERS[mode])
                time.sleep(PAUSE_S)
            else:
                self._pass_on(client, mode)
        self._hang_up(client)

    def _pass_on(self, client: socket.socket, mode: Mode) -> None:
        server = _connected(self._target)
        self._live.add(server)
        asking = threading.Thread(target=_copy, args=(client, server), daemon=True)
        asking.start()
        with suppress(OSError):
            if mode is Mode.SLOW:
                self._trickle(server, client)
            elif mode is Mode.CUT:
                client.sendall(_some(server, self.cut_after))
            else:
                self._answer(server, client)
        self._hang_up(server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        while block := server.recv(CHUNK):
            if self.loses_an_answer:
                self.loses_an_answer = False
                return
            while self.holds_back:
                time.sleep(PAUSE_S)
            client.sendall(block)

    def _trickle(self, server: socket.socket, client: socket.socket) -> None:
        while block := server.recv(CHUNK):
            for position in range(0, len(block), self.piece):
                client.sendall(block[position : position + self.piece])
                time.sleep(self.pause_s)

    def _hang_up(self, held: socket.socket) -> None:
        """As a process that dies does: whatever was not read is gone."""
        self._live.discard(held)
        with suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            held.shutdown(socket.SHUT_RDWR)
        held.close()


def _connected(target: int | str) -> socket.socket:
    if isinstance(target, int):
        return socket.create_connection(("127.0.0.1", target), timeout=60)
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    return server


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(CHUNK):
            sink.sendall(block)


def _some(source: socket.socket, size: int) -> bytes:
    held = b""
    while len(held) < size and (block := source.recv(size - len(held))):
        held += block
    return held


@contextmanager
def proxy(target: int | str) -> Iterator[Proxy]:
    """A way to a port or socket of this machine, open until a test says otherwise."""
    made = Proxy(target)
    try:
        yield made
    finally:
        made.close()
