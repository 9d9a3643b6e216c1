"""What arrives at Slack, and what its errors become."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.notifiers import slack as adapter
from driftline.adapters.notifiers._slack_blocks import blocks, escaped
from driftline.core.action import Answer as Answer_
from driftline.core.action import Chart, Message, Tone
from driftline.core.roles import Roles, Task
from driftline.errors import DeliveryFailed, DriftlineWarning
from driftline.ports import Context, Notifier
from tests.servers.http import Answer
from tests.servers.slack import (
    CHANNEL_ID,
    LATE,
    TOKEN,
    SlackServer,
    _block_is_wrong,
    slack,
)

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
            MESSAGE,
            title=long,
            summary=long,
            facts=facts,
            advice=long,
            links=links,
            matters=long,
            doing=long,
            state=long,
            members=facts,
        )
    )

    header = server.messages[0]["blocks"][0]["text"]["text"]
    assert header.endswith("…")
    assert len(header) <= 150
    blocks = server.messages[0]["blocks"]
    texts = [
        t["text"] for b in blocks for t in [b.get("text"), *b.get("elements", [])] if t
    ]
    assert sum(map(len, texts)) <= 13_000


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


def test_the_first_message_is_changed_in_place(server: SlackServer) -> None:
    """The channel shows how things stand; no message is added."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)

    card = replace(MESSAGE, tone=Tone.RESOLVED, title="flights is well again")
    slack.redraw(card, receipt.thread)
    slack.redraw(card, receipt.thread)

    [first] = server.messages
    assert first["blocks"][0]["text"]["text"] == "🟢 flights is well again"
    assert first["metadata"]["event_payload"]["key"] == MESSAGE.key


def test_changing_a_message_needs_no_scope_to_read(server: SlackServer) -> None:
    """What the first message says is composed from the ledger, not read back."""
    server.scopes = {"chat:write"}
    slack = notifier(server)
    slack.redraw(MESSAGE, slack.send(MESSAGE).thread)
    assert server.calls == ["chat.postMessage", "chat.update"]


def test_a_deleted_first_message_is_no_obstacle(server: SlackServer) -> None:
    """When somebody removed the first message, a warning says so and nothing fails."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)
    server.messages.clear()

    with pytest.warns(DriftlineWarning, match="message_not_found"):
        slack.redraw(MESSAGE, receipt.thread)


def test_a_card_that_cannot_be_changed_now_is_changed_later(
    server: SlackServer,
) -> None:
    """A server error is one that a later run mends."""
    slack = notifier(server)
    receipt = slack.send(MESSAGE)
    server.faults.append(Answer(503, b"oops"))
    with pytest.raises(DeliveryFailed) as raised:
        slack.redraw(MESSAGE, receipt.thread)
    assert raised.value.retryable


def test_a_message_says_why_it_matters_and_offers_answers(server: SlackServer) -> None:
    """What is being done, the members of a group, and buttons that say what they are of."""
    members = tuple((f"model-{n}", f"dep_delay moved <!here> {n}") for n in range(400))
    whole = replace(
        MESSAGE,
        matters="No harm seen so far.",
        doing="Nothing is trained.",
        state="Since 2013-04-19",
        members=members,
        answers=tuple(Answer_),
    )
    notifier(server).send(whole)

    blocks = server.messages[0]["blocks"]
    text = json.dumps(blocks, ensure_ascii=False)
    for words in ("*Why it matters*", "*What is being done*", "Since 2013-04-19"):
        assert words in text
    assert "model-0" in text
    assert "<!here>" not in text
    assert len(blocks) <= 50
    [actions] = [block for block in blocks if block["type"] == "actions"]
    ids = [button["action_id"] for button in actions["elements"]]
    assert ids == [f"driftline:{answer}" for answer in Answer_]
    about = {"monitor": "flights", "thread": "flights/performance"}
    assert json.loads(actions["elements"][0]["value"]) == about


class TestCharts:
    CHART = Chart("dep_delay: psi", ("a", "b", "c"), (0.1, None, 0.6), None, 0.2)

    def test_a_chart_is_in_the_thread_once(self, server: SlackServer) -> None:
        """A PNG; attaching it again, as after a crash, adds nothing."""
        slack = notifier(server)
        receipt = slack.send(MESSAGE)
        slack.attach(self.CHART, "chart/1", receipt.thread)
        slack.attach(self.CHART, "chart/1", receipt.thread)

        [file] = server.files.values()
        assert file["bytes"].startswith(b"\x89PNG")
        assert server.messages[1]["thread_ts"] == server.messages[0]["ts"]
        assert len(server.messages) == 2

    def test_titles_from_data_are_not_formulas(self, server: SlackServer) -> None:
        """A column's name with dollars or emoji in it is drawn as it is."""
        slack = notifier(server)
        receipt = slack.send(MESSAGE)
        odd = replace(
            self.CHART, title=r"$\frac{ <!channel> 😀", labels=("$x", "_", "$y")
        )
        slack.attach(odd, "chart/2", receipt.thread)
        assert len(server.files) == 1

    def test_an_app_that_may_not_attach_says_so(self, server: SlackServer) -> None:
        """A warning names the scope; nothing fails."""
        server.scopes = {"chat:write"}
        slack = notifier(server)
        receipt = slack.send(MESSAGE)
        with pytest.warns(DriftlineWarning, match="files:write"):
            slack.attach(self.CHART, "chart/1", receipt.thread)

    def test_without_a_drawing_library_there_is_no_chart(
        self, server: SlackServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The message is there all the same."""
        monkeypatch.setattr(
            "driftline.adapters.notifiers._charts.find_spec", lambda _: None
        )
        slack = notifier(server)
        receipt = slack.send(MESSAGE)
        slack.attach(self.CHART, "chart/1", receipt.thread)
        assert server.files == {}


class TestLostAnswers:
    @pytest.mark.parametrize("channel", ["#alerts", CHANNEL_ID])
    def test_what_arrived_although_slack_failed_is_not_sent_again(
        self, server: SlackServer, channel: str
    ) -> None:
        """It is found by the key in its metadata."""
        server.faults.append(Answer(LATE))
        receipt = notifier(server, channel=channel).send(MESSAGE)
        [message] = server.messages
        assert receipt.thread == f"{CHANNEL_ID}:{message['ts']}"

    def test_a_reply_is_looked_for_in_its_thread(self, server: SlackServer) -> None:
        """Its receipt is the thread's, as of any reply."""
        slack = notifier(server)
        receipt = slack.send(MESSAGE)
        news = replace(MESSAGE, key="news")
        server.faults.append(Answer(LATE))
        assert slack.send(news, receipt.thread) == receipt
        assert len(server.messages) == 2

    def test_an_answer_that_never_came_is_looked_for_at_once(
        self, server: SlackServer
    ) -> None:
        """A message posted while the connection timed out is there once."""
        server.faults.append(Answer(LATE, pause_s=2))
        notifier(server, timeout_s=1).send(MESSAGE)
        assert len(server.messages) == 1

    def test_a_later_run_finds_what_the_killed_one_sent(
        self, server: SlackServer
    ) -> None:
        """And finds nothing where nothing was sent."""
        slack = notifier(server)
        assert slack.find(MESSAGE) is None
        receipt = slack.send(MESSAGE)
        assert slack.find(MESSAGE) == receipt
        assert slack.find(replace(MESSAGE, key="other"), receipt.thread) is None

    def test_who_may_not_read_sends_again(self, server: SlackServer) -> None:
        """At least once is what is left without the scope."""
        server.scopes = {"chat:write"}
        assert notifier(server).find(MESSAGE) is None

    def test_while_slack_is_down_nothing_is_known(self, server: SlackServer) -> None:
        """The later run waits rather than send a second time."""
        server.faults.extend([Answer(503, b"oops")] * 3)
        with pytest.raises(DeliveryFailed) as raised:
            notifier(server).find(MESSAGE)
        assert raised.value.retryable


@pytest.mark.parametrize("told", [{}, {"ts": "1.2"}, {"channel": CHANNEL_ID}])
def test_an_answer_that_does_not_say_where_is_looked_up(
    server: SlackServer, told: dict[str, str]
) -> None:
    """A message that Slack took is not sent again; its place is asked for."""
    server.taken_as = {"ok": True, **told}
    with pytest.warns(DriftlineWarning, match="did not say where"):
        receipt = notifier(server).send(MESSAGE)
    [posted] = server.messages
    assert receipt.thread == f"{CHANNEL_ID}:{posted['ts']}"


def test_a_message_of_unknown_place_was_sent_all_the_same(server: SlackServer) -> None:
    """Where the app may not read either there is no thread, and no second message."""
    server.taken_as = {"ok": True}
    server.scopes -= {"channels:history"}
    with pytest.warns(DriftlineWarning, match="did not say where"):
        assert notifier(server).send(MESSAGE).thread == ""
    assert len(server.messages) == 1


@pytest.mark.parametrize("answer", [b'{"ok": true}', b'{"ok": true, "channels": null}'])
def test_an_answer_without_its_list_is_no_answer(
    server: SlackServer, answer: bytes
) -> None:
    """What cannot be read leaves the question open: it is asked again later."""
    server.faults.append(Answer(200, answer))
    with pytest.raises(DeliveryFailed, match="lacks 'channels'") as caught:
        notifier(server).find(MESSAGE)
    assert caught.value.retryable


def test_an_upload_without_an_address_is_tried_later(server: SlackServer) -> None:
    """Slack's own client stumbles over such an answer; the chart stays in the outbox."""
    thread = notifier(server).send(MESSAGE).thread
    server.faults.extend([None, Answer(200, b'{"ok": true}')])
    with pytest.raises(DeliveryFailed) as caught:
        notifier(server).attach(
            Chart("wind", ("1", "2"), (0.1, 0.2)), "chart/1", thread
        )
    assert caught.value.retryable


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
