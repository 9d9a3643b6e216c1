"""News in the thread of the first message, which is changed in place, and charts."""

from dataclasses import replace

import pytest

from driftline.core.action import Chart, Tone
from driftline.errors import DeliveryFailed, DriftlineWarning
from tests.adapters.slack.workspace import MESSAGE, notifier
from tests.servers.http import Answer
from tests.servers.slack import CHANNEL_ID, SlackServer


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


def test_a_foreign_receipt_starts_a_thread(server: SlackServer) -> None:
    """A thread that is not Slack's, from before there was a token, is not sent to it."""
    receipt = notifier(server).send(MESSAGE, "flights/performance")

    assert receipt.thread.startswith(f"{CHANNEL_ID}:")
    assert "thread_ts" not in server.messages[0]


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


def test_an_upload_without_an_address_is_tried_later(server: SlackServer) -> None:
    """Slack's own client stumbles over such an answer; the chart stays in the outbox."""
    thread = notifier(server).send(MESSAGE).thread
    server.faults.extend([None, Answer(200, b'{"ok": true}')])
    with pytest.raises(DeliveryFailed) as caught:
        notifier(server).attach(
            Chart("wind", ("1", "2"), (0.1, 0.2)), "chart/1", thread
        )
    assert caught.value.retryable
