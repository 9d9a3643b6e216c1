"""One fault upstream is one thread; what it causes downstream is not told apart."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from driftline.core.action import Answer, Message, Tone
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.grouping import related, thread_for
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.incidents.inhibition import inhibit
from driftline.core.incidents.standing import standing

DAY = timedelta(days=1)
ZONES = defaultdict(lambda: "UTC")


def window(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00+00:00"


def incident(monitor: str = "m", number: int = 1, *subjects: str, **more) -> Incident:
    key = f"{monitor}/data/{window(number)}"
    opened = window(number)
    chosen = subjects or ("a", "b")
    made = Incident(key, monitor, Cause.DATA, opened, opened, chosen, source="table")
    return replace(made, **more)


MINE = incident("mine")


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (incident("other"), True),
        (incident("other", 2), True),
        (incident("other", 3), False),
        (incident("other", 1, "x", "y"), True),
        (incident("other", 1, "x", "y", source="else"), False),
        (incident("other", 1, "a", "y", source="else"), True),
        (incident("other", 1, "a", *"vwxyz", source="else"), True),
        (incident("other", resolved=window(2)), False),
        (incident("other", cause=Cause.COST), False),
        (incident("mine", 2), False),
    ],
)
def test_who_shares_a_thread(other: Incident, together: bool):
    """Another monitor's open data incident of these days, in the same rows or columns."""
    assert related(MINE, other, DAY) is together


@pytest.mark.parametrize(
    ("mine", "theirs", "together"),
    [
        (
            ("a", *"vwxyz"),
            ("a", "b"),
            True,
        ),  # half of the shorter list, whichever it is
        ((), (), False),
        (("a",), ("b",), False),  # two sources that nobody named are not the same
    ],
)
def test_without_a_source_the_columns_say_whether_it_is_one_fault(
    mine: tuple[str, ...], theirs: tuple[str, ...], together: bool
):
    """At least half of the shorter list of them."""
    one, other = (
        replace(incident(name), source="", subjects=subjects)
        for name, subjects in (("mine", mine), ("other", theirs))
    )
    assert related(one, other, DAY) is together


@pytest.mark.parametrize(
    ("cause", "place", "together"),
    [
        (Cause.PERFORMANCE, "table", False),  # a model's own trouble, on the same rows
        (Cause.COST, "table", False),
        (Cause.OUTAGE, "table", True),
        (Cause.OUTAGE, "else", False),  # whatever it concerns
    ],
)
def test_only_what_lies_upstream_is_one_fault(cause: Cause, place: str, together: bool):
    """Data that monitors share, or a place that gives none of them an answer."""
    one = replace(incident("mine"), cause=cause)
    other = replace(incident("other"), cause=cause, source=place)
    assert related(one, other, DAY) is together


def test_a_new_one_joins_no_thread_of_another_fault():
    """However long that has been open."""
    assert thread_for(MINE, [incident("other", 1, "x", source="else")], DAY) == MINE.key


def test_a_new_one_joins_the_thread_of_the_oldest():
    """Members of a group name its first incident, so there are no chains."""
    first = incident("first")
    second = incident("second", thread=first.key)
    assert thread_for(MINE, [second, first], DAY) == first.key
    assert thread_for(MINE, [second], DAY) == first.key
    assert thread_for(MINE, [], DAY) == MINE.key


def test_thirty_columns_of_four_models_are_one_thread():
    """Each reads a table of its own and has thirty of the columns that one fault moved."""
    moved = [f"c{n:02}" for n in range(45)]
    known: list[Incident] = []
    for number in range(4):
        columns = moved[5 * number : 5 * number + 30]
        mine = incident(f"m{number}", 1, *columns, source=f"table {number}")
        known.append(replace(mine, thread=thread_for(mine, known, DAY)))
    assert {each.in_thread for each in known} == {known[0].key}


def card(monitor: str) -> Message:
    return Message(
        f"k/{monitor}",
        "t",
        Tone.OPENED,
        f"{monitor}: act — data trouble: a",
        "a moved",
        matters=f"no harm to {monitor}",
        links={"report": f"{monitor}.html"},
        answers=(Answer.ACKNOWLEDGE, Answer.RETRAIN),
    )


def member(monitor: str, **more) -> Incident:
    return incident(monitor, card=card(monitor), **more)


def test_one_incidents_card_says_where_it_stands():
    """Since when, how quiet it is, what was answered; its end takes the buttons away."""
    said = standing([member("m", quiet_windows=1)], {MINE.key: "no"}, ZONES)
    assert said is not None
    assert said.title == "m: act — data trouble: a"
    assert said.state == "Since 2026-03-01, quiet for 1 window"
    ended = member("m", resolved=window(4))
    said = standing([ended], {ended.key: "acknowledged by ann"}, ZONES)
    assert said is not None
    assert said.tone is Tone.RESOLVED
    assert said.title == "m: resolved — data trouble: a, b"
    assert said.state.endswith("acknowledged by ann")
    assert said.answers == ()


def test_a_groups_card_lists_its_members():
    """How many monitors, which columns, and a sentence and a link for each."""
    members = [member(f"m{n}") for n in range(4)]
    said = standing(members, {members[1].key: "acknowledged by ann"}, ZONES)
    assert said is not None
    assert said.title == "4 monitors: one fault upstream: a, b"
    assert [name for name, _ in said.members] == ["m0", "m1", "m2", "m3"]
    assert "acknowledged by ann" in said.members[1][1]
    assert "no harm to m2" in said.members[2][1]
    assert said.links["report of m3"] == "m3.html"
    assert Answer.RETRAIN not in said.answers


def test_a_group_is_over_when_all_of_it_is():
    """One monitor that is well again is listed as such, at the end."""
    members = [member("m0", resolved=window(3)), member("m1")]
    said = standing(members, {}, ZONES)
    assert said is not None
    assert said.tone is Tone.OPENED
    assert said.state == "1 of 2 incidents are open"
    assert [name for name, _ in said.members] == ["m1", "m0"]
    over = standing([replace(m, resolved=window(4)) for m in members], {}, ZONES)
    assert over is not None
    assert over.tone is Tone.RESOLVED
    assert "resolved" in over.title


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [("Europe/Berlin", "T23:00:00+00:00"), ("Asia/Tokyo", "T15:00:00+00:00")],
)
def test_its_days_are_those_of_the_monitors_clock(zone: str, midnight: str):
    """The 1st begins on the 28th in Greenwich; people there call it the 1st."""
    here = member("m", opened=f"2026-02-28{midnight}")
    said = standing([here], {}, {"m": zone})
    assert said is not None
    assert said.state == "Since 2026-03-01"
    over = replace(here, resolved=f"2026-03-03{midnight}")
    said = standing([over], {}, {"m": zone})
    assert said is not None
    assert said.state == "Resolved on 2026-03-04, began on 2026-03-01"


def test_without_cards_there_is_nothing_to_draw():
    """An incident from before there were cards keeps its message as it is."""
    assert standing([incident("m")], {}, ZONES) is None


def finding(topic: Topic, subject: str, **more) -> Finding:
    outcome = more.pop("outcome", Outcome.BREACHED)
    return Finding(topic, subject, "s", outcome, Severity.CRITICAL, "", **more)


DRIFT = finding(Topic.DRIFT, "delay")
HARM = finding(Topic.PERFORMANCE, "auc")


class TestInhibition:
    def test_without_a_broken_slice_all_is_heard(self):
        """Drift and harm on sound data are each told."""
        kept = inhibit([DRIFT, HARM], None, window(1))
        assert kept.findings == (DRIFT, HARM)
        assert kept.by == {}

    def test_a_broken_slice_explains_drift_and_harm(self):
        """The slice alone is heard; of performance nothing is known."""
        broken = finding(Topic.SLICE, "rows")
        kept = inhibit([broken, DRIFT, HARM], None, window(1))
        assert broken in kept.findings
        assert DRIFT not in kept.findings
        assert kept.by == {Cause.PERFORMANCE: "slice of rows"}
        assert all(
            f.outcome is Outcome.UNKNOWN
            for f in kept.findings
            if f.topic is Topic.PERFORMANCE
        )

    def test_a_failed_check_explains_its_columns_drift_only(self):
        """Another column's drift is news of its own."""
        failed = finding(Topic.VALIDATION, "delay")
        other = finding(Topic.DRIFT, "distance")
        kept = inhibit([failed, DRIFT, other], None, window(1))
        assert kept.findings == (failed, other)

    @pytest.mark.parametrize("topic", [Topic.SLICE, Topic.VALIDATION])
    @pytest.mark.parametrize(
        "mild", [{"severity": Severity.WARNING}, {"outcome": Outcome.OK}]
    )
    def test_what_is_not_critical_explains_nothing(self, topic: Topic, mild: dict):
        """A warning of the slice, or a check that passed, excuses neither drift nor harm."""
        aside = replace(finding(topic, "delay"), **mild)
        kept = inhibit([aside, DRIFT, HARM], None, window(1))
        assert kept.findings == (aside, DRIFT, HARM)
        assert kept.by == {}

    def test_drift_that_tells_nobody_is_kept(self):
        """It is in no message, and its figure belongs to the window's record."""
        mild = replace(DRIFT, severity=Severity.WARNING)
        broken = finding(Topic.SLICE, "rows")
        assert inhibit([broken, mild], None, window(1)).findings == (broken, mild)

    @pytest.mark.parametrize(
        "other",
        [
            finding(Topic.COST, "spend"),
            replace(finding(Topic.PERFORMANCE, "f1"), outcome=Outcome.OK),
        ],
    )
    def test_without_harm_nothing_is_explained(self, other: Finding):
        """Performance that was measured and is fine calms its incident all the same."""
        broken = finding(Topic.SLICE, "rows")
        kept = inhibit([broken, other], None, window(1))
        assert kept.findings == (broken, other)
        assert kept.by == {}

    def test_a_failed_check_explains_harm_for_days_not_weeks(self):
        """Data that stay broken do not hide a model that ages."""
        failed = finding(Topic.VALIDATION, "delay")
        young, old = incident("m", 1), incident("m", 1)
        assert inhibit([failed, HARM], young, window(4)).by
        assert not inhibit([failed, HARM], old, window(5)).by
        ended = replace(old, resolved=window(3))
        assert inhibit([failed, HARM], ended, window(9)).by
