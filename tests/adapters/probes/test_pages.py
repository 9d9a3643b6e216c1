"""Servers that misbehave cost their own readings, within time and size, and leak nothing."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from pydantic import ValidationError

from driftline.adapters.probes._http import Server
from driftline.core.finding import Outcome
from driftline.core.health import judge
from driftline.ports import HealthProbe
from tests.adapters.probes.pages import BUSY, asking, numbers, page, scraping
from tests.servers.http import Answer, Request, free_port, http_server

Make = Callable[..., HealthProbe]
SOUND = {asking: numbers("3"), scraping: page(BUSY)}
MAKERS = pytest.mark.parametrize("make", SOUND, ids=["prometheus", "triton"])

TEXT = {"content-type": "text/plain"}
JSON = {"content-type": "application/json"}

ANSWERS = {
    "no such page": (Answer(404), "answers 404: check `url`"),
    "no credentials": (Answer(401), "set `token`"),
    "wrong credentials": (Answer(403), "may not read"),
    "too often": (Answer(429), "too often"),
    "restarting": (Answer(503), "is it starting"),
    "broken": (Answer(500), "answers 500"),
    "page of HTML": (
        Answer(body=b"<html>log in</html>", headers={"content-type": "text/html"}),
        "check `url`",
    ),
    "hangs up": (Answer(drop=True), "is it running there?"),
    "redirects": (
        Answer(302, headers={"location": "https://login.example/?token=planted"}),
        "redirects (302), and no redirection is followed",
    ),
}
"""What a server may say instead of its page, and what is told of it."""

BODIES = {
    "empty": b"",
    "zeros": bytes(1000),
    "noise": bytes(range(256)),
    "latin-1": 'nv_inference_request_success{model="é"} 1\n'.encode("latin-1"),
    "deep": b"[" * 100_000,
    "null": b"null\n",
    "cut": b'nv_inference_request_success{model="churn"} 5',
    "long line": b'nv_inference_request_success{model="' + b"a" * 10_000 + b'"} 1\n',
    "other page": b"# TYPE up gauge\nup 1\n",
}


def told(probe: HealthProbe) -> str:
    """The notes of readings none of which has a value."""
    readings = probe.read()
    assert readings
    findings = [judge(reading) for reading in readings]
    assert {finding.outcome for finding in findings} == {Outcome.UNKNOWN}
    assert all("could not be read" in finding.message for finding in findings)
    return " ".join(finding.message for finding in findings)


@MAKERS
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none_is_unknown_with_its_remedy(
    make: Make, name: str
) -> None:
    """The address is named, and nothing that the server said."""
    answer, words = ANSWERS[name]
    with http_server(lambda _: answer) as url:
        said = told(make(url, timeout_s=5))

    assert words in said
    assert url in said
    assert "planted" not in said


@MAKERS
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_page_is_unknown(make: Make, name: str) -> None:
    """Of the right kind, and still nothing that could be read."""
    kind = TEXT if make is scraping else JSON
    with http_server(lambda _: Answer(body=BODIES[name], headers=kind)) as url:
        told(make(url, timeout_s=5))


@MAKERS
def test_a_page_of_another_kind_is_not_read(make: Make) -> None:
    """A sound body under a wrong content type, or under none, is not trusted."""
    body = SOUND[make].body
    for headers in ({"content-type": "text/html"}, {}):
        with http_server(lambda _, h=headers: Answer(body=body, headers=h)) as url:
            assert "check `url`" in told(make(url))


@MAKERS
def test_a_huge_body_is_not_held(make: Make) -> None:
    """Reading stops at the cap, whatever the page would have been."""
    sound = SOUND[make]
    body = sound.body.replace(b"\n", b"\n" * 2000).replace(b" ", b" " * 2000)
    with http_server(lambda _: Answer(body=body, headers=sound.headers)) as url:
        assert "more than 1000 bytes" in told(make(url, max_bytes=1000))


@MAKERS
def test_packed_text_is_not_unpacked(make: Make) -> None:
    """Nobody asked for it, and a little of it may be gigabytes."""
    sound = SOUND[make]
    headers = {**sound.headers, "content-encoding": "gzip"}
    packed = Answer(body=gzip.compress(sound.body), headers=headers)
    with http_server(lambda _: packed) as url:
        assert "packed" in told(make(url))


@MAKERS
def test_nobody_else_is_asked(make: Make) -> None:
    """A redirection is not followed, to whichever host."""
    asked: list[str] = []

    def elsewhere(request: Request) -> Answer:
        asked.append(request.path)
        return SOUND[make]

    with http_server(elsewhere) as other:
        for status in (301, 302, 303, 307, 308):
            there = Answer(status, headers={"location": f"{other}/x"})
            with http_server(lambda _, a=there: a) as url:
                told(make(url))

    assert asked == []


@contextmanager
def speaking(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says raw bytes to whoever connects."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=_spoken, args=(client, say), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _spoken(client: socket.socket, say: Callable[[socket.socket], None]) -> None:
    try:
        client.recv(65_536)
        say(client)
    except OSError:
        pass
    finally:
        client.close()


def _trickle(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def say(client: socket.socket) -> None:
        client.sendall(head)
        for _ in range(600):
            client.sendall(drop)
            time.sleep(0.05)

    return say


@MAKERS
@pytest.mark.parametrize(
    "say",
    [
        _trickle(b"", b""),
        _trickle(b"HTTP/1.1 200 OK\r\nx-a: ", b"b"),
        _trickle(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n", b"\n"),
        _trickle(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n", b" "),
    ],
    ids=["mute", "headers", "text", "json"],
)
def test_an_answer_that_trickles_is_given_up(
    make: Make, say: Callable[[socket.socket], None]
) -> None:
    """The deadline is for the whole answer, and not for each piece of it."""
    begun = time.monotonic()
    with speaking(say) as url:
        told(make(url, timeout_s=0.5))
    assert time.monotonic() - begun < 15


@MAKERS
def test_an_answer_that_breaks_off_is_not_half_used(make: Make) -> None:
    """However much of it came: its length was stated, or chunked, or its end is missing."""
    sound = SOUND[make]
    kind, body = sound.headers["content-type"], sound.body
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\n".encode()
    ends = [
        b"content-length: 100000\r\n\r\n" + body,
        b"transfer-encoding: chunked\r\n\r\nffff\r\n" + body,
        b"\r\n" + body[:-1],
    ]
    for rest in ends:
        with speaking(lambda client, r=rest: client.sendall(head + r)) as url:
            told(make(url))


@MAKERS
def test_a_server_that_is_away_is_unknown(make: Make) -> None:
    """Nobody listens there."""
    assert "is it running there?" in told(make(f"http://127.0.0.1:{free_port()}"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"token": "planted"}, "Bearer planted"),
        ({"token": "planted", "user": "me"}, "Basic bWU6cGxhbnRlZA=="),
        ({}, None),
    ],
)
def test_credentials_are_those_of_the_settings(
    settings: dict[str, str], said: str | None
) -> None:
    """A bearer token, or the password of a user; none where none is given."""
    heard: list[str | None] = []

    def listen(request: Request) -> Answer:
        heard.append(request.headers.get("authorization"))
        return SOUND[asking]

    with http_server(listen) as url:
        [reading] = asking(url, "up", **settings).read()

    assert heard == [said]
    assert reading.value == 3


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://host/metrics",
        "http://me:planted@host/metrics",
        "http://host/metrics?token=planted",
        "http://host/metrics#planted",
        "http://",
        "host:8002/metrics",
        "http://host name/",
    ],
)
def test_an_address_is_of_http_and_holds_no_secret(url: str) -> None:
    """It is shown in findings, so that nothing in it may be a secret."""
    with pytest.raises(ValidationError, match="url"):
        Server(url=url)
