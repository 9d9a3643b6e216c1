"""Why people are told of an incident, and why not: one list, of one incident."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import (
    Cause,
    Incident,
    Progress,
    Step,
    Told,
    advance,
)
from driftline.core.incidents.notice import (
    Manners,
    Notice,
    Reason,
    Surroundings,
    decide_notice,
    heard,
    pending,
    unsilenced,
)
from driftline.core.incidents.quiet_hours import QuietHours
from driftline.core.incidents.silence import Silence

NOW = datetime(2026, 3, 4, 22, tzinfo=UTC)
NIGHT = QuietHours(
    datetime(2026, 1, 1, 18).time(),
    datetime(2026, 1, 1, 8).time(),
)
TOLD = Told(NOW.isoformat(), ("a", "b"), degree=2.0, worst=2.0)


def window(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00+00:00"


AROUND = Surroundings(NOW, window(3))


def finding(subject: str = "a", value: float = 0.6) -> Finding:
    outcome, severity = Outcome.BREACHED, Severity.CRITICAL
    bounds = Bounds(upper=0.2)
    return Finding(Topic.DRIFT, subject, "psi", outcome, severity, "", value, bounds)


def progress(step: Step = Step.REPEAT, *critical: Finding, **changes) -> Progress:
    incident = Incident("m/data/w", "m", Cause.DATA, window(1), window(3), ("a", "b"))
    chosen = critical or (finding(),)
    return Progress(step, replace(incident, **changes), chosen)


def quiet(step: Step, **changes) -> Progress:
    return replace(progress(step, **changes), critical=())


def silence(subject: str = "", hours: float = 24) -> Silence:
    return Silence("s", "m", NOW + timedelta(hours=hours), "ann", "known", subject)


CASES = {
    Reason.FIRST: (progress(Step.OPEN), AROUND, True),
    Reason.GROUPED: (progress(Step.OPEN, thread="other/data/w"), AROUND, True),
    Reason.NEW: (progress(Step.UPDATE, finding("c"), told=TOLD), AROUND, True),
    Reason.WORSE: (progress(Step.REPEAT, finding("a", 1.0), told=TOLD), AROUND, True),
    Reason.BETTER: (progress(Step.REPEAT, finding("a", 0.3), told=TOLD), AROUND, True),
    Reason.RESOLVED: (quiet(Step.RESOLVE, told=TOLD), AROUND, True),
    Reason.REPEAT: (
        progress(told=TOLD),
        replace(AROUND, now=NOW + timedelta(days=7)),
        True,
    ),
    Reason.QUIET_HOURS: (
        quiet(Step.RESOLVE, told=TOLD),
        replace(AROUND, manners=Manners(quiet_hours=NIGHT)),
        True,
    ),
    Reason.SILENCED: (
        progress(Step.OPEN),
        replace(AROUND, silences=(silence(),)),
        False,
    ),
    Reason.ACKNOWLEDGED: (
        progress(told=TOLD),
        replace(AROUND, acknowledged={"m/data/w": "ann"}),
        False,
    ),
    Reason.UNTOLD: (quiet(Step.RESOLVE), AROUND, False),
    Reason.COLLECTED: (progress(Step.OPEN), replace(AROUND, collecting=True), False),
    Reason.NOTHING_NEW: (progress(told=TOLD), AROUND, False),
}


@pytest.mark.parametrize("reason", CASES)
def test_every_decision_has_its_reason(reason: Reason):
    """Each reason decides one way, and is said in words."""
    made, around, send = CASES[reason]
    notice = decide_notice(made, around)
    assert (notice.reason, notice.send) == (reason, send)
    assert notice.said.startswith(f"{'told' if send else 'not told'}: {reason}")
    assert notice.to_json()["reason"] == reason.value


def test_a_window_judged_again_after_later_ones_tells_nobody():
    """A restated day of last week is history."""
    made = progress(Step.REPEAT, finding("c"), told=TOLD)
    around = replace(AROUND, window=window(2))
    assert decide_notice(made, around).reason is Reason.NOTHING_NEW


def test_a_quiet_window_that_ends_nothing_tells_nobody():
    """Calm is no news until it has lasted."""
    made = quiet(Step.CALM, told=TOLD)
    assert decide_notice(made, AROUND).reason is Reason.NOTHING_NEW


class TestSilence:
    def test_one_subject_silenced_leaves_the_other_audible(self):
        """What is new besides the silenced column is told, and only that is known."""
        made = progress(Step.OPEN, finding("a"), finding("b"))
        around = replace(AROUND, silences=(silence("a"),))
        notice = decide_notice(made, around)
        assert notice.reason is Reason.FIRST
        audible = unsilenced(made.critical, around)
        known = heard(made.incident, notice, audible, NOW, ["here"])
        assert known.told is not None
        assert known.told.subjects == ("b",)
        assert known.told.places == ("here",)

    def test_what_outlives_its_silence_is_told_then(self):
        """A silence postpones; it does not forget."""
        made = progress(Step.REPEAT)
        around = replace(AROUND, silences=(silence(hours=1),))
        assert decide_notice(made, around).reason is Reason.SILENCED
        later = replace(around, now=NOW + timedelta(hours=1))
        assert decide_notice(made, later).reason is Reason.FIRST

    def test_it_covers_a_columns_segments(self):
        """`a` silences `a [origin=JFK]`, and not the other way round."""
        segment = replace(finding("a"), segment="origin=JFK")
        whole = replace(AROUND, silences=(silence("a"),))
        part = replace(AROUND, silences=(silence("a [origin=JFK]"),))
        assert not unsilenced([segment], whole)
        assert not unsilenced([segment], part)
        assert unsilenced([finding("a")], part)

    def test_two_silences_together_cover_two_subjects(self):
        """The longer one is named."""
        made = progress(Step.OPEN, finding("a"), finding("b"))
        both = (silence("a", 1), replace(silence("b", 5), author="bob"))
        notice = decide_notice(made, replace(AROUND, silences=both))
        assert notice.reason is Reason.SILENCED
        assert "bob" in notice.detail

    def test_the_end_of_something_known_passes(self):
        """Who heard the beginning hears the end."""
        made = quiet(Step.RESOLVE, told=TOLD)
        around = replace(AROUND, silences=(silence(),))
        assert decide_notice(made, around).reason is Reason.RESOLVED


class TestQuietHours:
    @pytest.mark.parametrize(("waits", "reason"), [(False, Reason.FIRST), (True, None)])
    def test_critical_pages_pass_or_wait_as_set(self, waits: bool, reason):
        """A page that waits says until when, and what its news will be."""
        hours = replace(NIGHT, critical_waits=waits)
        around = replace(AROUND, manners=Manners(quiet_hours=hours))
        notice = decide_notice(progress(Step.OPEN), around)
        assert notice.send
        assert notice.news is Reason.FIRST
        assert notice.reason is (reason or Reason.QUIET_HOURS)
        due = datetime(2026, 3, 5, 8, tzinfo=UTC) if waits else None
        assert notice.not_before == due

    def test_what_is_not_sent_does_not_wait(self):
        """Nothing new at night is nothing new."""
        around = replace(AROUND, manners=Manners(quiet_hours=NIGHT))
        assert decide_notice(progress(told=TOLD), around).not_before is None


def told_over(degrees: Sequence[float]) -> list[Notice]:
    """The notices of consecutive days on which one column is so far outside."""
    incident, notices = None, []
    for number, degree in enumerate(degrees, start=1):
        critical = [finding("a", 0.2 + 0.2 * degree)] if degree else []
        step, incident = advance(
            incident,
            monitor="m",
            cause=Cause.DATA,
            window=window(number),
            critical=critical,
        )
        if incident is None:
            continue
        now = NOW + timedelta(days=number)
        around = Surroundings(now, window(number))
        notice = decide_notice(Progress(step, incident, tuple(critical)), around)
        incident = heard(incident, notice, critical, now, [])
        notices.append(notice)
    return notices


def test_to_and_fro_is_not_told_each_time():
    """Worse is measured from the worst that people know, better from what they heard."""
    reasons = [notice.reason for notice in told_over([1, 2.1, 1, 2.1, 1, 2.1])]
    nothing = [Reason.NOTHING_NEW] * 3
    assert reasons == [Reason.FIRST, Reason.WORSE, Reason.BETTER, *nothing]


def test_an_incident_from_start_to_end():
    """First, worse, a week of the same, a reminder, and its end."""
    days = [1, 4, *([4] * 7), 0, 0]
    reasons = [n.reason for n in told_over(days) if n.send]
    expected = [Reason.FIRST, Reason.WORSE, Reason.REPEAT, Reason.RESOLVED]
    assert reasons == expected


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0, 9.0]), max_size=20))
def test_people_hear_an_end_only_of_what_they_heard_begin(degrees: list[float]):
    """Messages of one incident alternate: it begins, something happens, it ends."""
    begun = False
    for notice in told_over(degrees):
        if notice.send and notice.reason is Reason.RESOLVED:
            assert begun
            begun = False
        elif notice.send:
            assert begun is (notice.reason is not Reason.FIRST)
            begun = True


def test_the_silence_that_is_named_is_one_that_covers_the_trouble():
    """Not one of another column, however long that lasts."""
    around = replace(AROUND, silences=(silence("a", 2), silence("other", 48)))

    notice = decide_notice(progress(Step.OPEN), around)

    assert notice.reason is Reason.SILENCED
    assert notice.detail == silence("a", 2).said


def test_what_was_resolved_begins_anew():
    """The same trouble later is something new, however it compares with what people heard."""
    over = heard(
        replace(progress().incident, told=TOLD),
        Notice(True, Reason.RESOLVED, news=Reason.RESOLVED),
        [],
        NOW,
        [],
    )

    again = decide_notice(Progress(Step.REPEAT, over, (finding(),)), AROUND)
    ended = decide_notice(Progress(Step.RESOLVE, over, ()), AROUND)

    assert (again.reason, again.detail) == (Reason.NEW, "a")
    assert ended.reason is Reason.UNTOLD


@pytest.mark.parametrize("degree", [0.0, 1.0])
def test_what_has_no_bounds_is_neither_worse_nor_better(degree: float):
    """A missing column is no number of bounds away, before and after."""
    told = Told(NOW.isoformat(), ("a",), degree=degree, worst=degree)
    missing = replace(finding(), value=None, bounds=Bounds())

    notice = decide_notice(progress(Step.REPEAT, missing, told=told), AROUND)

    assert notice.reason is (Reason.BETTER if degree else Reason.NOTHING_NEW)


FIRST = Notice(True, Reason.FIRST, news=Reason.FIRST)


@pytest.mark.parametrize(
    ("due", "reason", "sent"),
    [
        (None, Reason.FIRST, None),
        (NOW, Reason.FIRST, None),
        (NOW + timedelta(hours=1), Reason.PENDING, NOW + timedelta(hours=1)),
    ],
)
def test_what_is_not_due_is_held_until_it_is(due, reason, sent):
    """Rows that come by then are no news that they had been missing."""
    held = pending(FIRST, due, AROUND)

    assert (held.reason, held.not_before) == (reason, sent)
    assert held.news is Reason.FIRST


def test_what_is_due_at_night_waits_for_the_morning():
    """Where pages wait."""
    patient = replace(NIGHT, critical_waits=True)
    around = replace(AROUND, manners=Manners(quiet_hours=patient))

    held = pending(FIRST, NOW + timedelta(hours=1), around)

    assert held.reason is Reason.QUIET_HOURS
    assert held.not_before == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_every_reason_is_explained():
    """The page that people read names each of them."""
    page = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text()
    words = [word.strip() for line in page.splitlines() for word in line.split("|")]
    named = {part for word in words for part in word.split(", ")}
    assert {reason.value for reason in Reason} <= named
