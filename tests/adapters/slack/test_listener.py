"""Buttons through Socket Mode, against a websocket that speaks it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from driftline.adapters.listeners import slack as adapter
from driftline.core.action import Answer
from driftline.errors import DeliveryFailed, LedgerUnavailable
from driftline.ports import Reply
from tests.adapters.slack.workspace import CONTEXT
from tests.servers.slack import APP_TOKEN, SlackServer

ABOUT = json.dumps({"monitor": "flights", "thread": "flights/data/w"})


def listener(server: SlackServer, **settings: object) -> adapter.SlackListener:
    given = {"app_token": APP_TOKEN, "users": ["U0ANN"], "base_url": server.url}
    return adapter.build(adapter.Settings(**{**given, **settings}), CONTEXT)


@contextmanager
def listening(
    server: SlackServer, take: Callable[[Reply], str], **settings: object
) -> Iterator[None]:
    """A listener on a thread of its own, stopped at the end."""
    over = threading.Event()
    chosen = listener(server, **settings)
    thread = threading.Thread(target=chosen.listen, args=(take, over.is_set))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def until(seen: Callable[[], object]) -> None:
    """Wait for something that another thread does."""
    for _ in range(2000):
        if seen():
            return
        time.sleep(0.01)
    raise TimeoutError


def test_a_press_is_taken_then_acknowledged_and_answered(server: SlackServer) -> None:
    """Who, what and about which incident; the person sees what came of it."""
    heard: list[Reply] = []

    def take(reply: Reply) -> str:
        assert server.acknowledged.empty()
        heard.append(reply)
        return "silenced <until> Friday"

    with listening(server, take):
        envelope = server.press("driftline:silence", ABOUT)
        assert server.acknowledged.get(timeout=20) == envelope
        until(lambda: server.told)
    key = "slack/1.1/driftline:silence/U0ANN"
    expected = Reply(key, Answer.SILENCE, "flights", "U0ANN", "flights/data/w")
    assert heard == [expected]
    assert server.told == ["silenced &lt;until&gt; Friday"]


def test_the_same_press_has_the_same_key(server: SlackServer) -> None:
    """An envelope that comes twice is one answer to whoever keeps keys."""
    heard: list[Reply] = []

    def take(reply: Reply) -> str:
        heard.append(reply)
        return ""

    with listening(server, take):
        for ts in ("1.1", "1.1", "1.2"):
            server.press("driftline:acknowledge", ABOUT, ts=ts)
            server.acknowledged.get(timeout=20)
    assert len({reply.key for reply in heard}) == 2


def test_only_people_on_the_list_are_heard(server: SlackServer) -> None:
    """Others are told so; with `*` everybody may."""
    heard: list[Reply] = []

    def take(reply: Reply) -> str:
        heard.append(reply)
        return ""

    with listening(server, take):
        server.press("driftline:retrain", ABOUT, user="U0EVE")
        server.acknowledged.get(timeout=20)
        until(lambda: server.told)
    assert heard == []
    assert "not on the list" in server.told[0]


def test_what_did_not_take_effect_is_not_acknowledged(server: SlackServer) -> None:
    """Slack shows that the press failed, and the next one is heard."""
    answers = iter([LedgerUnavailable("the ledger was locked"), "done"])

    def take(_: Reply) -> str:
        said = next(answers)
        if isinstance(said, Exception):
            raise said
        return said

    with listening(server, take):
        server.press("driftline:acknowledge", ABOUT, ts="1.1")
        second = server.press("driftline:acknowledge", ABOUT, ts="1.2")
        assert server.acknowledged.get(timeout=20) == second
    assert "the ledger was locked" in server.told[0]


def test_an_answer_goes_to_slack_alone(server: SlackServer) -> None:
    """A payload that names another address sends nothing there."""
    heard: list[Reply] = []

    def take(reply: Reply) -> str:
        heard.append(reply)
        return "done"

    elsewhere = server.url.replace("/api/", "/other/respond")
    with listening(server, take):
        server.press("driftline:acknowledge", ABOUT, answer_to=elsewhere)
        server.acknowledged.get(timeout=20)
        server.press("driftline:acknowledge", ABOUT, ts="1.2")
        server.acknowledged.get(timeout=20)
        until(lambda: server.told)
    assert (len(heard), server.told) == (2, ["done"])


def test_it_comes_back_when_slack_hangs_up(server: SlackServer) -> None:
    """Slack renews connections every few hours; presses after that are heard."""
    with listening(server, lambda _: "done"):
        server.hang_up()
        envelope = server.press("driftline:acknowledge", ABOUT)
        assert server.acknowledged.get(timeout=20) == envelope


def test_a_wrong_token_is_said_without_the_token(server: SlackServer) -> None:
    """With what to mend."""
    wrong = listener(server, app_token="xapp-wrong")
    with pytest.raises(DeliveryFailed, match="invalid_auth") as raised:
        wrong.listen(lambda _: "", lambda: True)
    assert "xapp-wrong" not in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("events_api", {"type": "block_actions"}),
        ("interactive", {"type": "view_submission"}),
        ("interactive", {"type": "block_actions"}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "x"}]}),
    ],
)
def test_what_is_not_ours_is_left_alone(kind: str, payload: dict[str, object]) -> None:
    """Events, other apps' buttons and halves of payloads are no answers."""
    assert adapter.replies(payload, kind) == []


@pytest.mark.parametrize("value", ["", "1", "[]", '{"monitor": "m"}', "null"])
def test_a_button_with_another_value_is_not_ours(value: str) -> None:
    """Nothing is guessed."""
    pressed = {"action_id": "driftline:retrain", "action_ts": "1", "value": value}
    payload = {"type": "block_actions", "user": {"id": "U"}, "actions": [pressed]}
    assert adapter.replies(payload, "interactive") == []


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "block_actions"},
        {"type": "block_actions", "user": None, "actions": None},
        {"type": "block_actions", "user": {"id": None}, "actions": [{"value": ABOUT}]},
        {"type": "block_actions", "user": {"id": "U0ANN"}, "actions": [None, {}]},
    ],
)
def test_an_envelope_that_lacks_a_part_is_no_press(payload: dict[str, object]) -> None:
    """Nobody pressed, or nothing of ours."""
    assert adapter.replies(payload, "interactive") == []
