"""A message that arrived although its answer did not is found, not sent again."""

from dataclasses import replace

import pytest

from driftline.errors import DeliveryFailed, DriftlineWarning
from tests.adapters.slack.workspace import MESSAGE, notifier
from tests.servers.http import Answer
from tests.servers.slack import CHANNEL_ID, LATE, SlackServer


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
