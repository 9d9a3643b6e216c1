"""What a message looks like in Slack."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.adapters.notifiers._slack_blocks import blocks, escaped
from driftline.core.action import Answer as Answer_
from driftline.core.action import Message
from tests.adapters.slack.workspace import MESSAGE, notifier
from tests.servers.slack import SlackServer, _block_is_wrong


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
        "*late*\n39% positive, expected 15%",
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


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_the_console_speaks(
    server: SlackServer, token: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same message is printed and nothing is sent."""
    notifier(server, token=token).send(MESSAGE)

    assert "roc_auc: 0.604, bounds 0.66 to 0.74" in capsys.readouterr().err
    assert not server.calls
