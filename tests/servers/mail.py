"""A mail server of the oldest kind: it takes every letter and keeps it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

REPLIES = {b"EHLO": b"250 here", b"HELO": b"250 here", b"DATA": b"354 go on"}
"""Everything else is fine."""


class MailServer(socketserver.ThreadingTCPServer):
    """Where it listens is `port`; `letters` is what arrived."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.letters: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        """One conversation, as RFC 5321 has it."""
        self._say(b"220 ready")
        for line in self.rfile:
            word = line[:4].upper().strip()
            self._say(REPLIES.get(word, b"250 fine"))
            if word == b"QUIT":
                return
            if word == b"DATA":
                self._keep()

    def _keep(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        letter = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.server.letters.append(letter)
        self._say(b"250 kept")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server for as long as the block."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
