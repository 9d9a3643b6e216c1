"""What arrives at Slack, and what its errors become."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.notifiers import slack as adapter
from driftline.adapters.notifiers._slack_blocks import blocks, escaped
from driftline.core.action import Message, Tone
from driftline.core.roles import Roles, Task
from driftline.errors import DeliveryFailed, DriftlineWarning
from driftline.ports import Context, Notifier
from tests.servers.http import Answer
from tests.servers.slack import CHANNEL_ID, TOKEN, SlackServer, _block_is_wrong, slack

CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))
MESSAGE = Message(
    key="flights/2013-04-21/1",
    thread="flights/performance",
    tone=Tone.OPENED,
    title="Act: flights predicts worse than it may",
    summary="ROC AUC fell below its bounds on 21 April.",
    facts=(
        ("roc_auc", "0.604, bounds 0.66 to 0.74"),
        ("dep_delay", "PSI 0.41, limit 0.20"),
        ("late", "39 % positive, expected 15 %"),
        ("origin", "unseen value <!channel> & co"),
    ),
    advice="Retraining was requested; look at the report.",
    links={"report": "https://example.com/report?day=1&x=2", "run": "runs/1.html"},
)
OK = Answer(200, b'{"ok": true, "channel": "C0ALERTS", "ts": "1.2"}')


@pytest.fixture
def server() -> Iterator[SlackServer]:
    """A workspace."""
    with slack() as workspace:
        yield workspace


def notifier(server: SlackServer, **settings: object) -> Notifier:
    """A notifier to that workspace."""
    given = {"token": TOKEN, "channel": "#alerts", "base_url": server.url, **settings}
    return adapter.build(adapter.Settings(**given), CONTEXT)


def error(code: str) -> Answer:
    """Slack's way of saying no."""
    return Answer(200, json.dumps({"ok": False, "error": code}).encode())


def test_the_payload_says_it_all(server: SlackServer) -> None:
    """Verdict, three findings with numbers and bounds, advice and links arrive."""
    notifier(server).send(MESSAGE)

    sent = server.messages[0]
    texts = [block["text"]["text"] for block in sent["blocks"] if "text" in block]
    assert texts == [
        "🔴 Act: flights predicts worse than it may",
        "ROC AUC fell below its bounds on 21 April.",
        "*roc_auc*\n0.604, bounds 0.66 to 0.74",
        "*dep_delay*\nPSI 0.41, limit 0.20",
        "*late*\n39 % positive, expected 15 %",
        "*What to do*\nRetraining was requested; look at the report.",
        "<https://example.com/report?day=1&amp;x=2|report> · run: `runs/1.html`",
    ]
    context = sent["blocks"][-1]["elements"][0]["text"]
    assert (
        context
        == "Opened · flights · and 1 more in the report · `flights/2013-04-21/1`"
    )
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)


def test_the_key_travels_along(server: SlackServer) -> None:
    """A message can be found again by the key in its metadata."""
    notifier(server).send(MESSAGE)

    assert server.messages[0]["metadata"] == {
        "event_type": "driftline_message",
        "event_payload": {
            "key": "flights/2013-04-21/1",
            "thread": "flights/performance",
            "tone": "opened",
            "monitor": "flights",
        },
    }


def test_data_gives_no_orders(server: SlackServer) -> None:
    """Mentions, links and markup in data reach Slack as plain characters."""
    evil = "<!channel> <@U1> @here & <https://evil.example|click>"

    notifier(server).send(
        replace(MESSAGE, title=evil, summary=evil, facts=((evil, evil),))
    )

    sent = json.dumps(server.messages[0])
    assert "<!channel>" not in sent
    assert "<@U1>" not in sent
    assert "<https://evil.example" not in sent
    assert "@here" not in sent
    assert "&lt;!channel&gt; &lt;@U1&gt;" in sent


def test_long_texts_are_cut(server: SlackServer) -> None:
    """Texts beyond Slack's limits are shortened and still delivered."""
    long = "x&<" * 2000
    facts = tuple((long, long) for _ in range(60))
    links = {f"{n}": f"https://example.com/{long}" for n in range(9)}

    notifier(server).send(
        replace(
            MESSAGE, title=long, summary=long, facts=facts, advice=long, links=links
        )
    )

    header = server.messages[0]["blocks"][0]["text"]["text"]
    assert header.endswith("…")
    assert len(header) <= 150


@given(st.text(), st.integers(10, 200))
def test_escaped_text_fits(text: str, limit: int) -> None:
    """Any text fits its limit with no entity cut in two and nothing left to obey."""
    found = escaped(text, limit)

    assert len(found) <= limit
    rest = found.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("<>&") & set(rest)


@given(
    st.builds(replace, st.just(MESSAGE), title=st.text(), summary=st.text(min_size=1))
)
def test_any_message_is_valid(message: Message) -> None:
    """Slack would refuse none of the blocks, whatever the text."""
    assert not [block for block in blocks(message, "m") if _block_is_wrong(block)]


def test_news_goes_into_the_thread(server: SlackServer) -> None:
    """The receipt of the first message makes later ones replies to it."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)

    again = slack.send(replace(MESSAGE, tone=Tone.UPDATED), receipt.thread)

    first, reply = server.messages
    assert receipt.thread == f"{CHANNEL_ID}:{first['ts']}" == again.thread
    assert reply["thread_ts"] == first["ts"]


def test_resolving_retitles_the_first_message(server: SlackServer) -> None:
    """The channel shows that an incident is over, and what it was about stays readable."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)

    slack.send(
        replace(MESSAGE, tone=Tone.RESOLVED, title="flights is well again"),
        receipt.thread,
    )

    first, reply = server.messages
    assert first["blocks"][0]["text"]["text"] == "🟢 flights is well again"
    assert "*roc_auc*\n0.604, bounds 0.66 to 0.74" in json.dumps(
        first["blocks"], ensure_ascii=False
    ).replace("\\n", "\n")
    assert first["metadata"]["event_payload"]["tone"] == "opened"
    assert reply["thread_ts"] == first["ts"]


def test_a_bot_that_may_not_read_still_resolves(server: SlackServer) -> None:
    """Without the scope to read, the reply arrives and a warning names the scope."""
    server.scopes = {"chat:write"}
    slack = notifier(server)
    receipt = slack.send(MESSAGE)

    with pytest.warns(DriftlineWarning, match="channels:history"):
        slack.send(replace(MESSAGE, tone=Tone.RESOLVED), receipt.thread)

    assert len(server.messages) == 2


def test_a_deleted_first_message_is_no_obstacle(server: SlackServer) -> None:
    """When somebody removed the first message, the news still arrives."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)
    server.messages.clear()
    server.messages.append({"ts": "1.0", "channel": CHANNEL_ID})

    with pytest.warns(DriftlineWarning, match="message_not_found"):
        slack.send(replace(MESSAGE, tone=Tone.RESOLVED), receipt.thread)

    assert len(server.messages) == 2


def test_a_foreign_receipt_starts_a_thread(server: SlackServer) -> None:
    """A thread that is not Slack's, from before there was a token, is not sent to it."""
    receipt = notifier(server).send(MESSAGE, "flights/performance")

    assert receipt.thread.startswith(f"{CHANNEL_ID}:")
    assert "thread_ts" not in server.messages[0]


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_the_console_speaks(
    server: SlackServer, token: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same message is printed and nothing is sent."""
    notifier(server, token=token).send(MESSAGE)

    assert "roc_auc: 0.604, bounds 0.66 to 0.74" in capsys.readouterr().err
    assert not server.calls


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
    assert len(server.calls) == 2


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
    server.faults.append(fault)

    with pytest.raises(DeliveryFailed, match="Slack") as raised:
        notifier(server).send(MESSAGE)

    assert raised.value.retryable is retryable
    assert "html" not in str(raised.value)
    assert len(server.calls) == 1


def test_silence_is_a_failure(server: SlackServer) -> None:
    """An answer that does not come in time may mean a delivery; it is tried again later."""
    server.faults.append(Answer(pause_s=3))

    with pytest.raises(DeliveryFailed, match="may have arrived") as raised:
        notifier(server, timeout_s=1).send(MESSAGE)

    assert raised.value.retryable
    assert len(server.calls) == 1


def test_nobody_there_is_retryable() -> None:
    """A server that cannot be reached is tried again later."""
    with slack() as gone:
        unreachable = notifier(gone)

    with pytest.raises(DeliveryFailed, match="did not answer") as raised:
        unreachable.send(MESSAGE)

    assert raised.value.retryable
