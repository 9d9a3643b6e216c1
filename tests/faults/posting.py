"""A day in a process of its own that tells people in Slack."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from driftline.app.monitor_day import DayReport, monitor_day
from tests.app.crashing import JUDGED, world_at
from tests.app.world import window
from tests.faults.parts import slack_at


def judge(root: str, url: str, minutes: int = 0) -> DayReport:
    """The judged day; a server may be asked for a minute."""
    world = world_at(Path(root))
    world.clock.moment = window(JUDGED).end + timedelta(minutes=minutes)
    notifiers = {"channel": slack_at(url, Path(root), 60)}
    job = replace(world.job, notifiers=notifiers)
    try:
        return monitor_day(job, window(JUDGED))
    finally:
        world.ledger.close()
