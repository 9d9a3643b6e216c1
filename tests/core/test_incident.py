"""When incidents open, grow, calm down and end."""

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.finding import (
    Finding,
    Outcome,
    Severity,
    Topic,
)
from driftline.core.incidents.incident import (
    Cause,
    Incident,
    Step,
    advance,
)

MONITOR = "flights"


def finding(
    subject: str = "delay",
    topic: Topic = Topic.DRIFT,
    outcome: Outcome = Outcome.BREACHED,
    severity: Severity = Severity.CRITICAL,
    segment: str = "",
) -> Finding:
    return Finding(topic, subject, "psi", outcome, severity, "", segment=segment)


def window(number: int) -> str:
    return f"2026-03-{number:02}T00:00:00+00:00"


def step(
    current: Incident | None, number: int, *subjects: str, quiet_needed: int = 2
) -> tuple[Step, Incident | None]:
    return advance(
        current,
        monitor=MONITOR,
        cause=Cause.DATA,
        window=window(number),
        critical=[finding(subject) for subject in subjects],
        quiet_needed=quiet_needed,
    )


def after(*days: tuple[str, ...]) -> Incident | None:
    """The incident after consecutive windows with these critical subjects."""
    current = None
    for number, subjects in enumerate(days, start=1):
        _, current = step(current, number, *subjects)
    return current


def test_nothing_wrong_opens_nothing():
    """A quiet window without an incident stays without one."""
    assert step(None, 1) == (Step.NONE, None)


def test_the_first_critical_finding_opens():
    """The key names monitor, cause and window, so that it is the same in every run."""
    said, incident = step(None, 1, "delay")
    assert said is Step.OPEN
    assert incident is not None
    assert incident.key == f"{MONITOR}/data/{window(1)}"
    assert incident.is_open
    assert incident.subjects == ("delay",)


def test_the_same_subjects_repeat_and_new_ones_update():
    """A subject that was critical before is not news again while it lasts."""
    said, incident = step(after(("a",)), 2, "a")
    assert said is Step.REPEAT
    said, incident = step(incident, 3, "b")
    assert said is Step.UPDATE
    assert incident.subjects == ("a", "b")
    assert step(incident, 4, "a")[0] is Step.REPEAT


def test_segments_are_subjects_of_their_own():
    """The same column in another segment is news."""
    current = after(("delay",))
    said, grown = advance(
        current,
        monitor=MONITOR,
        cause=Cause.DATA,
        window=window(2),
        critical=[finding(segment="origin=JFK")],
    )
    assert said is Step.UPDATE
    assert grown.subjects == ("delay", "delay [origin=JFK]")


def test_it_takes_quiet_windows_in_a_row_to_resolve():
    """One critical window in between starts the count anew."""
    said, calm = step(after(("a",)), 2)
    assert said is Step.CALM
    said, resolved = step(calm, 3)
    assert said is Step.RESOLVE
    assert resolved.resolved == window(3)
    assert after(("a",), (), ("a",), ()).is_open
    assert step(resolved, 4) == (Step.NONE, resolved)


def test_after_the_end_a_new_one_opens():
    """With a key of its own."""
    ended = after(("a",), (), ())
    said, fresh = step(ended, 4, "a")
    assert said is Step.OPEN
    assert fresh.key != ended.key


def test_older_windows_leave_it_alone():
    """Whether they are better or worse than they were, open or ended."""
    current = after(("a",), ("a",), ("a",))
    assert step(current, 2) == (Step.REPEAT, current)
    assert step(current, 2, "b") == (Step.REPEAT, current)
    ended = after(("a",), (), ())
    assert step(ended, 1, "b") == (Step.NONE, ended)


def test_the_latest_window_judged_again_counts_as_it_is_now():
    """Worse news update, the same news repeat, repaired data count as quiet."""
    current = after(("a",), ("a",))
    assert step(current, 2, "a") == (Step.REPEAT, current)
    assert step(current, 2, "a", "b")[0] is Step.UPDATE
    said, calm = step(current, 2)
    assert (said, calm.quiet_windows) == (Step.CALM, 1)


def test_a_quiet_window_judged_twice_counts_once():
    """Otherwise running a day twice would resolve an incident."""
    calm = after(("a",), ())
    assert step(calm, 2) == (Step.CALM, calm)


def test_an_end_is_taken_back_when_its_window_turns_out_critical():
    """The same incident goes on, in the same thread, and people are told."""
    ended = after(("a",), (), ())
    said, reopened = step(ended, 3, "a")
    assert said is Step.UPDATE
    assert reopened.key == ended.key
    assert reopened.is_open
    assert reopened.quiet_windows == 0


@given(st.lists(st.tuples(st.integers(1, 9), st.sets(st.sampled_from("abc")))))
def test_any_order_of_windows_keeps_an_incident_in_order(
    judged: list[tuple[int, set[str]]],
):
    """Time never runs back, subjects are kept while it lasts, each window says it once."""
    current: Incident | None = None
    for number, subjects in judged:
        before = current
        _, current = step(current, number, *subjects)
        if before is None or current is None:
            continue
        assert current.last_window >= before.last_window
        if current.key == before.key:
            assert {*before.subjects} <= {*current.subjects}
        assert current.is_open or current.quiet_windows >= 2
        assert step(current, number, *subjects)[0] not in (Step.OPEN, Step.RESOLVE)


@given(st.lists(st.sets(st.sampled_from("ab")), min_size=1))
def test_running_a_day_twice_changes_nothing(days: list[set[str]]):
    """The second time gives the same incident, whatever happened before."""
    current: Incident | None = None
    for number, subjects in enumerate(days, start=1):
        _, current = step(current, number, *subjects)
        assert step(current, number, *subjects)[1] == current
