"""A notifier to a workspace, and a message to send to it."""

from driftline.adapters.notifiers import slack as adapter
from driftline.core.action import Message, Tone
from driftline.core.roles import Roles, Task
from driftline.ports import Context, Notifier
from tests.servers.slack import TOKEN, SlackServer

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
        ("late", "39% positive, expected 15%"),
        ("origin", "unseen value <!channel> & co"),
    ),
    advice="Retraining was requested; look at the report.",
    links={"report": "https://example.com/report?day=1&x=2", "run": "runs/1.html"},
)


def notifier(server: SlackServer, **settings: object) -> Notifier:
    """A notifier to that workspace."""
    given = {"token": TOKEN, "channel": "#alerts", "base_url": server.url, **settings}
    return adapter.build(adapter.Settings(**given), CONTEXT)
