"""What every notifier must do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from driftline.core.action import Answer as Answer_
from driftline.core.action import Chart, Message, Tone
from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.ports import Context, Notifier
from driftline.testing import RecordingNotifier
from tests.servers.http import Answer, http_server
from tests.servers.slack import TOKEN, slack

PACKAGE = "driftline.adapters.notifiers"
CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
HOSTILE = (
    "<!channel> @here [bold red]\x1b[2J *_~` & <http://evil.example|x> \u202e\n" * 99
)


@contextmanager
def _slack() -> Iterator[dict[str, Any]]:
    with slack() as server:
        yield {"token": TOKEN, "channel": "#alerts", "base_url": server.url}


@contextmanager
def _console() -> Iterator[dict[str, Any]]:
    yield {}


@contextmanager
def _apprise() -> Iterator[dict[str, Any]]:
    with http_server(lambda _: Answer(200, b"ok")) as url:
        yield {"webhook_url": url.replace("http://", "json://")}


# What it takes to have each of them work; a file without an entry fails the suite.
SEEDS = {"slack": _slack, "console": _console, "apprise": _apprise}


@pytest.fixture(params=names(PACKAGE))
def notifier(request: pytest.FixtureRequest) -> Iterator[Notifier]:
    """Every registered notifier, working."""
    module = load(PACKAGE, request.param)
    with SEEDS[request.param]() as settings:
        yield module.build(module.Settings(**settings), CONTEXT)


def message(tone: Tone, text: str = "dep_delay is late") -> Message:
    """A message with something in every part."""
    return Message(
        key="flights/2013-04-21/1",
        thread="flights/drift",
        tone=tone,
        title=f"Act: {text}",
        summary=text,
        facts=tuple((f"{text} {n}", text) for n in range(5)),
        advice=text,
        links={"report": "https://example.com/r?a=1&b=2|x", text: "reports/day.html"},
    )


@pytest.mark.parametrize("name", names(PACKAGE))
def test_unknown_settings_are_refused(name: str) -> None:
    """A misspelt key is an error, never ignored."""
    with pytest.raises(ValidationError, match="no_such_key"):
        load(PACKAGE, name).Settings(no_such_key=1)


@pytest.mark.parametrize("name", names(PACKAGE))
def test_secrets_are_not_shown(name: str) -> None:
    """A field that sounds like a secret is one that prints as stars."""
    fields = load(PACKAGE, name).Settings.model_fields
    for field in {"token", "password", "secret", "webhook_url"} & fields.keys():
        assert SecretStr in fields[field].annotation.__args__


@pytest.mark.parametrize("tone", list(Tone))
def test_every_tone_is_delivered(notifier: Notifier, tone: Tone) -> None:
    """A message of any tone is accepted, with or without a thread."""
    receipt = notifier.send(message(Tone.OPENED))

    assert notifier.send(message(tone), receipt.thread) == receipt


def test_hostile_text_is_delivered(notifier: Notifier) -> None:
    """No text in a message makes its delivery fail."""
    receipt = notifier.send(message(Tone.OPENED, HOSTILE))

    assert notifier.send(message(Tone.RESOLVED, HOSTILE), receipt.thread) == receipt


def test_a_bare_message_is_delivered(notifier: Notifier) -> None:
    """Facts, advice and links may all be absent."""
    bare = Message("k", "t", Tone.NOTE, "All is well", "Nothing to do.")

    receipt = notifier.send(bare)

    assert notifier.send(bare, receipt.thread) == receipt


def test_an_incidents_message_is_delivered_whole(notifier: Notifier) -> None:
    """State, meaning, members and answers are accepted by every notifier."""
    whole = replace(
        message(Tone.OPENED, HOSTILE),
        state=HOSTILE,
        matters=HOSTILE,
        doing=HOSTILE,
        members=tuple((f"m{n}", HOSTILE) for n in range(99)),
        answers=tuple(Answer_),
    )
    receipt = notifier.send(whole)
    notifier.redraw(whole, receipt.thread)
    notifier.attach(Chart(HOSTILE, ("a",), (1.0,)), "k", receipt.thread)


def test_what_was_sent_is_found_or_not_known(notifier: Notifier) -> None:
    """A notifier never claims a message that it was not given."""
    said = message(Tone.OPENED)
    assert notifier.find(said) is None
    receipt = notifier.send(said)
    assert notifier.find(said) in (None, receipt)


def test_a_place_holds_no_secret(notifier: Notifier) -> None:
    """It is written to the ledger."""
    assert TOKEN not in notifier.place
    assert "://" not in notifier.place


def test_a_thread_of_another_notifier_is_no_obstacle(notifier: Notifier) -> None:
    """A receipt from before the notifier was changed does not stop a message."""
    assert notifier.send(message(Tone.UPDATED), "smtp:<1@mail.example>") is not None


def test_a_draft_says_what_would_be_sent_and_sends_nothing(notifier: Notifier) -> None:
    """Title and summary are in it, in the service's own form; hostile text too is drawn."""
    said = message(Tone.OPENED)
    draft = notifier.draft(said)
    assert "dep_delay is late" in draft
    assert notifier.find(said) is None
    assert notifier.draft(message(Tone.OPENED, HOSTILE))


def test_a_notifier_without_a_drawing_shows_the_words() -> None:
    """One of your own need not know of drafts."""
    drawn = RecordingNotifier().draft(Message("k", "t", Tone.NOTE, "Well", "All of it"))
    assert drawn == "Well\nAll of it"
