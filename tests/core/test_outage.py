"""What cannot be judged for want of one thing is one outage, by its address alone."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.core.action import Message, Tone
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.grouping import related, thread_for
from driftline.core.incidents.incident import Cause, Incident, Step
from driftline.core.incidents.outage import (
    PLACE,
    away,
    found,
    is_unreachable,
    lost,
    outage,
)
from driftline.core.incidents.standing import standing

DAY = timedelta(days=1)
ZONES = defaultdict(lambda: "UTC")
FAR = "http://mlflow.example.com:5000"


def window(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00+00:00"


def morning(number: int) -> str:
    return f"2026-03-{number:02}T06:00:00+00:00"


def blind(topic: Topic = Topic.REGISTRY, place: str = FAR, said: str = "") -> Finding:
    evidence = {PLACE: place} if place else {}
    unknown, critical = Outcome.UNKNOWN, Severity.CRITICAL
    return Finding(topic, "reference", "s", unknown, critical, said, evidence=evidence)


def begun(monitor: str = "m", number: int = 1, source: str = FAR) -> Incident:
    """An outage that was noticed on the morning after the window."""
    key = f"{monitor}/slice/{window(number)}"
    made = outage(key, monitor, window(number), morning(number + 1))
    return replace(made, source=source, subjects=("reference",))


class TestWhatIsAway:
    def test_it_is_the_address_and_never_the_words(self):
        """Two errors of one server differ in port, model and duration."""
        said = [away([blind(said=words)], "table") for words in ("30 s", "31 s")]
        assert said == [FAR, FAR]

    def test_rows_that_are_wanting_are_their_sources(self):
        """No address: the monitors of one source share it, and a registry has none."""
        assert away([blind(Topic.SLICE, "")], "table") == "table"
        assert away([blind(Topic.SLICE, "s3.example.com")], "table") == "s3.example.com"
        assert away([blind(Topic.REGISTRY, "")], "table") == ""

    def test_nothing_is_away_where_something_was_judged(self):
        """Only a finding that keeps from judging says what is away."""
        fine = replace(blind(), outcome=Outcome.OK)
        assert away([fine], "table") == ""
        assert away([], "table") == ""

    @pytest.mark.parametrize(
        "place",
        [
            "http://localhost:5000",
            "http://127.0.0.1:5000",
            "http://[::1]:5000",
            "sqlite:////srv/mlflow.db",
            f"{FAR} http://localhost:5000",
        ],
    )
    def test_an_address_of_this_machine_is_another_one_on_the_next(self, place):
        """Two machines with one ledger have an MLflow each at localhost."""
        here, there = (away([blind(place=place)], "", name) for name in ("a", "b"))
        assert here != there
        assert here == away([blind(place=place)], "", "a")

    def test_an_address_of_a_server_is_the_same_everywhere(self):
        """Wherever a monitor runs."""
        assert away([blind()], "", "a") == away([blind()], "", "b")

    def test_rows_to_come_are_told_from_what_gives_no_answer(self):
        """Only the latter has a place."""
        assert is_unreachable([blind()])
        assert not is_unreachable([blind(Topic.SLICE, "")])


class TestWhoShares:
    @pytest.mark.parametrize(
        ("other", "together"),
        [
            (begun("other"), True),
            (begun("other", 2), True),
            (begun("other", 3), False),
            (begun("other", source="http://mlflow.example.com:5001"), False),
            (begun("other", source=""), False),
            (replace(begun("other"), resolved=morning(2)), False),
            (replace(begun("other"), cause=Cause.DATA), False),
            (begun("mine", 2), False),
        ],
    )
    def test_one_place_is_one_thread(self, other: Incident, together: bool):
        """Of another monitor, open, of the same place and days; never by subjects."""
        assert related(begun("mine"), other, DAY) is together

    def test_a_week_and_an_hour_share_it(self):
        """They are dated by the clock and not by the windows that could not be judged."""
        week = outage("w", "weekly", "2026-02-23T00:00:00+00:00", morning(2))
        hour = outage("h", "hourly", "2026-03-02T05:00:00+00:00", morning(2))
        week, hour = (replace(each, source=FAR) for each in (week, hour))
        assert thread_for(hour, [week], DAY) == "w"

    def test_what_is_away_is_not_known_of_two_that_do_not_say(self):
        """Two outages without an address have nothing in common."""
        assert not related(begun("a", source=""), begun("b", source=""), DAY)


class TestFromStartToEnd:
    def test_it_begins_goes_on_and_ends(self):
        """As one, however many windows wait; over with the last of them."""
        step, first = lost(None, begun())
        assert (step, first) == (Step.OPEN, begun())
        step, later = lost(first, begun(number=3))
        assert (step, later.key, later.last_window) == (
            Step.REPEAT,
            first.key,
            window(3),
        )
        step, same = found(later, window(2), morning(5))
        assert (step, same) == (Step.NONE, later)
        step, over = found(later, window(3), morning(5))
        assert step is Step.RESOLVE
        assert over is not None
        assert over.resolved == morning(5)

    def test_an_older_window_that_cannot_be_read_is_part_of_an_open_one(self):
        """It does not take the outage back in time."""
        _, both = lost(begun(number=3), begun(number=1))
        assert both.last_window == window(3)

    def test_the_same_window_lost_again_opens_it_again(self):
        """Later windows begin one of their own."""
        _, over = found(begun(), window(1), morning(3))
        assert over is not None
        step, again = lost(over, begun())
        assert (step, again.key, again.is_open) == (Step.REPEAT, over.key, True)
        step, fresh = lost(over, begun(number=4))
        assert (step, fresh) == (Step.OPEN, begun(number=4))

    def test_without_an_outage_nothing_ends(self):
        """Nor does one end twice."""
        assert found(None, window(1), morning(2)) == (Step.NONE, None)
        over = replace(begun(), resolved=morning(3))
        assert found(over, window(4), morning(5)) == (Step.NONE, None)


def told(monitor: str, **more) -> Incident:
    card = Message(
        f"k/{monitor}",
        "t",
        Tone.NOTE,
        f"{monitor}: cannot tell — 2026-03-01 was not judged",
        f"cannot-tell: MLflow at {FAR} did not answer",
        links={"report": f"{monitor}.html"},
    )
    return replace(begun(monitor), card=card, **more)


class TestTheFirstMessage:
    def test_of_one_monitor_it_ends_with_its_outage(self):
        """A note while it lasts, and no page."""
        said = standing([told("m")], {}, ZONES)
        assert said is not None
        assert said.tone is Tone.NOTE
        assert said.state == "Since 2026-03-02"
        over = standing([told("m", resolved=morning(4))], {}, ZONES)
        assert over is not None
        assert over.tone is Tone.RESOLVED
        assert over.title == "m: resolved — it can be judged again"

    def test_of_many_it_ends_with_the_last(self):
        """Which monitors, the address that is away, and where each of them stands."""
        members = [told("a", resolved=morning(4)), told("b")]
        said = standing(members, {}, ZONES)
        assert said is not None
        assert said.tone is Tone.NOTE
        assert said.title == "2 monitors: cannot tell — one outage"
        assert FAR in said.summary
        assert said.state == "1 of 2 incidents are open"
        assert said.members[0] == ("b", "Since 2026-03-02.")
        over = standing([replace(m, resolved=morning(5)) for m in members], {}, ZONES)
        assert over is not None
        assert over.tone is Tone.RESOLVED
        assert over.title == "2 monitors: resolved — one outage"
