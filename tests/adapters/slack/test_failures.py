"""What Slack's errors become: for a person to mend, waited out, or left to a later run."""

import json

import pytest

from driftline.errors import DeliveryFailed
from tests.adapters.slack.workspace import MESSAGE, notifier
from tests.servers.http import Answer
from tests.servers.slack import SlackServer, slack


def error(code: str) -> Answer:
    """Slack's way of saying no."""
    return Answer(200, json.dumps({"ok": False, "error": code}).encode())


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("invalid_auth", "xoxb-"),
        ("channel_not_found", "channel"),
        ("not_in_channel", "invite"),
        ("a_code_from_the_future", "docs"),
    ],
)
def test_a_refusal_is_permanent(server: SlackServer, code: str, advice: str) -> None:
    """What a person must mend is not tried again; the message says what to mend."""
    server.faults.append(error(code))

    with pytest.raises(DeliveryFailed, match=code) as raised:
        notifier(server).send(MESSAGE)

    assert advice in str(raised.value)
    assert not raised.value.retryable
    assert len(server.calls) == 1


def test_a_wrong_token_is_permanent_and_unseen(server: SlackServer) -> None:
    """The server refuses a wrong token, and the message does not repeat it."""
    with pytest.raises(DeliveryFailed, match="invalid_auth") as raised:
        notifier(server, token="xoxb-wrong").send(MESSAGE)

    assert "xoxb-wrong" not in str(raised.value)
    assert "xoxb-wrong" not in str(vars(notifier(server, token="xoxb-wrong")))


@pytest.mark.parametrize(
    "fault",
    [
        Answer(429, b'{"ok":false,"error":"ratelimited"}', {"Retry-After": "0"}),
        Answer(500, b"oops"),
        Answer(503, b"oops"),
    ],
)
def test_a_passing_fault_is_waited_out(server: SlackServer, fault: Answer) -> None:
    """One rate limit or server error, then the message arrives once."""
    server.faults.append(fault)

    notifier(server).send(MESSAGE)

    assert len(server.messages) == 1
    assert server.calls.count("chat.postMessage") == 2


def test_a_long_pause_is_left_to_a_later_run(server: SlackServer) -> None:
    """A pause beyond the cap is not slept through."""
    server.faults.append(
        Answer(429, b'{"ok":false,"error":"ratelimited"}', {"Retry-After": "3600"})
    )

    with pytest.raises(DeliveryFailed, match="ratelimited") as raised:
        notifier(server).send(MESSAGE)

    assert raised.value.retryable
    assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [
        (Answer(200, b"<html>log in to the hotel</html>"), True),
        (Answer(200, b'{"ok": tr'), True),
        (Answer(502, b"<html>bad gateway</html>"), True),
        (Answer(404, b"<html>no such page</html>"), False),
        (Answer(200, b"", drop=True), True),
        (error("internal_error"), True),
    ],
)
def test_what_is_not_slack_is_no_delivery(
    server: SlackServer, fault: Answer, retryable: bool
) -> None:
    """A page, half an answer or none is a failure that says whether to try again."""
    server.faults.extend([fault] * 9)

    with pytest.raises(DeliveryFailed, match="Slack") as raised:
        notifier(server).send(MESSAGE)

    assert raised.value.retryable is retryable
    assert "html" not in str(raised.value)
    assert server.calls.count("chat.postMessage") == 1


def test_silence_is_a_failure(server: SlackServer) -> None:
    """An answer that does not come in time may mean a delivery; it is tried again later."""
    server.faults.extend([Answer(pause_s=3)] * 3)

    with pytest.raises(DeliveryFailed, match="may have arrived") as raised:
        notifier(server, timeout_s=1).send(MESSAGE)

    assert raised.value.retryable
    assert server.calls.count("chat.postMessage") == 1


def test_nobody_there_is_retryable() -> None:
    """A server that cannot be reached is tried again later."""
    with slack() as gone:
        unreachable = notifier(gone)

    with pytest.raises(DeliveryFailed, match="did not answer") as raised:
        unreachable.send(MESSAGE)

    assert raised.value.retryable
