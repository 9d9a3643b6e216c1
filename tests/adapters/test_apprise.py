"""What arrives at a service through Apprise, and what its refusals become."""

import json
from collections.abc import Callable, Iterator

import pytest

from driftline.adapters.notifiers import apprise as adapter
from driftline.core.action import Message, Tone
from driftline.core.roles import Roles, Task
from driftline.errors import DeliveryFailed, SettingsError
from driftline.ports import Context, Notifier
from tests.servers.http import Answer, Request, http_server

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
