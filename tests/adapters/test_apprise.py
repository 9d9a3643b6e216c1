"""What arrives at a service through Apprise, and what its refusals become."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from driftline.adapters.notifiers import apprise as adapter
from driftline.core.action import Message, Tone
from driftline.core.roles import Roles, Task
from driftline.errors import DeliveryFailed, SettingsError
from driftline.ports import Context, Notifier
from tests.servers.http import Answer, Request, http_server
from tests.servers.mail import mail_server
from tests.servers.tls import self_signed

CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
MESSAGE = Message("k", "t", Tone.OPENED, "flights: act", "delay <!channel> moved up")


@pytest.fixture
def sent() -> list[Request]:
    """What arrived."""
    return []


@pytest.fixture
def serve(sent: list[Request]) -> Iterator[Callable[[int], str]]:
    """A webhook that answers with a status."""
    status = [200]

    def answer(request: Request) -> Answer:
        sent.append(request)
        return Answer(status[0], b"ok")

    with http_server(answer) as url:

        def at(wanted: int) -> str:
            status[0] = wanted
            return url.replace("http://", "json://user:planted-secret@")

        yield at


def notifier(url: str) -> Notifier:
    return adapter.build(adapter.Settings(webhook_url=url), CONTEXT)


def test_a_webhook_gets_the_message_as_plain_text(serve, sent) -> None:
    """Title, text and kind; nothing in it is markup."""
    notifier(serve(200)).send(MESSAGE)
    [request] = sent
    body = json.loads(request.body)
    assert body["title"] == "[Opened] flights: act"
    assert "delay <!channel> moved up" in body["message"]
    assert body["type"] == "failure"


def test_a_refusal_is_tried_again_and_shows_no_secret(serve, sent) -> None:
    """Apprise does not say whether it will pass."""
    mail = notifier(serve(500))
    with pytest.raises(DeliveryFailed) as raised:
        mail.send(MESSAGE)
    assert raised.value.retryable
    for words in (str(raised.value), mail.place, str(vars(mail))):
        assert "planted-secret" not in words


@pytest.mark.parametrize("url", ["nonsense", "xyz://a/b", None])
def test_an_address_that_is_none_is_refused_at_once(url: str | None) -> None:
    """Before anything is judged, without repeating it."""
    with pytest.raises(SettingsError, match="webhook_url"):
        notifier(url)


@pytest.mark.parametrize(
    "url",
    [
        "mailtos://user:pass@example.com?to=ann@example.com",
        f"pagerduty://{'a' * 32}@{'b' * 20}",
        f"workflows://example.com/{'a' * 32}/{'b' * 43}",
        "jsons://example.com/hook",
    ],
)
def test_mail_pagerduty_teams_and_webhooks_are_known(url: str) -> None:
    """The addresses of the documentation build."""
    assert notifier(url).place.startswith("apprise/")


def test_a_letter_arrives_as_it_was_composed() -> None:
    """At a real mail server: to whom, about what; no name in it is an element."""
    hostile = replace(MESSAGE, summary="delay <!channel> <script>alert(1)</script>")
    with mail_server() as server:
        notifier(_mail_at(server.port)).send(hostile)
        [letter] = server.letters
    assert "ann@example.com" in letter["To"]
    assert letter["Subject"] == "[Opened] flights: act"
    plain, html = letter.get_body(["plain"]), letter.get_body(["html"])
    assert plain is not None
    assert html is not None
    assert "delay <!channel> <script>alert(1)</script>" in plain.get_content()
    assert "&lt;script&gt;alert(1)" in html.get_content()
    assert "<script" not in html.get_content()


@pytest.mark.parametrize("trusted", [True, False])
def test_teams_gets_a_card_over_tls(tmp_path, sent, trusted: bool) -> None:
    """One card with title and text; a certificate of nobody's is refused, or allowed."""

    def answer(request: Request) -> Answer:
        sent.append(request)
        return Answer(202, b"")

    with http_server(answer, self_signed(tmp_path)) as url:
        where = url.replace("https://", "workflows://")
        known = "?verify=no" if trusted else ""
        teams = notifier(f"{where}/{'a' * 32}/{'b' * 43}/{known}")
        if not trusted:
            with pytest.raises(DeliveryFailed):
                teams.send(MESSAGE)
            assert sent == []
            return
        teams.send(MESSAGE)
    [request] = sent
    assert request.path.startswith(
        f"/workflows/{'a' * 32}/triggers/manual/paths/invoke"
    )
    assert f"sig={'b' * 43}" in request.path
    [attached] = json.loads(request.body)["attachments"]
    texts = [part["text"] for part in attached["content"]["body"] if "text" in part]
    assert "[Opened] flights: act" in texts
    assert any("delay <!channel> moved up" in text for text in texts)


def test_nobody_at_the_mail_server_is_tried_again() -> None:
    """The message stays in the outbox."""
    with mail_server() as server:
        port = server.port
    gone = notifier(_mail_at(port))
    with pytest.raises(DeliveryFailed) as raised:
        gone.send(MESSAGE)
    assert raised.value.retryable


def test_pagerduty_is_not_woken_by_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every event opens an incident there: an end would, and a note is the least urgent."""
    paged: list[Request] = []

    def answer(request: Request) -> Answer:
        paged.append(request)
        return Answer(202, b"{}")

    with http_server(answer) as url:
        monkeypatch.setattr(
            "apprise.plugins.pagerduty.PAGERDUTY_API_LOOKUP", {"us": url, "eu": url}
        )
        pager = notifier(f"pagerduty://{'a' * 32}@{'b' * 20}")
        for tone in Tone:
            pager.send(replace(MESSAGE, tone=tone))
    severities = [json.loads(each.body)["payload"]["severity"] for each in paged]
    assert severities == ["critical", "warning", "info"]


def _mail_at(port: int) -> str:
    """A letter to ann by the server at a port of this machine."""
    who = "from=driftline@example.com&to=ann@example.com"
    return f"mailto://example.com:{port}?smtp=127.0.0.1&mode=insecure&{who}"
