"""Drift is told once, and again when it is another; what is hard counts every day."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from driftline.core.bounds.familiar import CLEARLY, OVER, ended, mark_news
from driftline.core.bounds.stories import Stories, Told, told_by_now
from driftline.core.finding import DIAGNOSIS, Bounds, Finding, Outcome, Severity, Topic

WEEK = 7.0


def shifted(far: float, subject: str = "temp") -> Finding:
    """A level so many reaches of its bound from the usual, below it where negative."""
    return outside(subject, "rank_shift", far, Bounds(lower=-1.0, upper=1.0))


def apart(far: float, subject: str = "temp", role: str = "feature") -> Finding:
    """A distance, which has no side."""
    return outside(subject, "jensen_shannon", far, Bounds(upper=1.0), role=role)


def lasting(side: str = "higher", subject: str = "temp") -> Finding:
    bounds = Bounds(upper=5.0)
    return outside(subject, "rank_shift_lasting", 5.0, bounds, side=side)


def inside(subject: str = "temp") -> Finding:
    return outside(subject, "rank_shift", 0.5, Bounds(lower=-1.0, upper=1.0))


def outside(
    subject: str, statistic: str, value: float, bounds: Bounds, **evidence: str
) -> Finding:
    held = bounds.contain(value) and not statistic.endswith("_lasting")
    return Finding(
        Topic.DRIFT,
        subject,
        statistic,
        Outcome.OK if held else Outcome.BREACHED,
        Severity.WARNING,
        f"{subject} has moved",
        value,
        bounds,
        evidence={"soft": True, "usual": 0.0, **evidence},
    )


def parted(group: str) -> Finding:
    bounds = Bounds(upper=4.0)
    found = outside("carrier", "contrast", 4.1, bounds, role="group", side="higher")
    evidence = {**found.evidence, "group": group, "kind": "error"}
    return replace(found, topic=Topic.PERFORMANCE, segment=group, evidence=evidence)


def hard(statistic: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(
        Topic.DRIFT, "temp", statistic, Outcome.BREACHED, severity, "broken", 0.3
    )


def counted(findings: list[Finding]) -> list[str]:
    """What the verdict is about."""
    return [
        f"{f.subject}/{f.statistic}"
        for f in findings
        if f.matters and f.severity is not Severity.INFO
    ]


def days(*windows: list[Finding]) -> list[list[str]]:
    """What counted in each window, which knows the windows before it."""
    told: Stories = {}
    found = []
    for number, findings in enumerate(windows):
        marked = mark_news(findings, told)
        told = told_by_now(marked, told, f"day {number}", WEEK)
        found.append(counted(marked))
    return found


def test_several_statistics_of_a_column_are_one_news() -> None:
    """The one farthest out counts, and the others are shown."""
    [found] = days([shifted(1.5), apart(3.0), shifted(2.0, "wind")])

    assert found == ["temp/jensen_shannon", "wind/rank_shift"]


def test_the_same_drift_is_told_once() -> None:
    """Not on the next day, nor after a few days inside, nor by another statistic."""
    windows = [[shifted(1.5)], [shifted(2.0)], [inside()], [apart(1.6)], [shifted(1.2)]]

    assert days(*windows) == [["temp/rank_shift"], [], [], [], []]


def test_a_remark_says_since_when_it_is_known() -> None:
    """It is still out of bounds, and in the report."""
    told = told_by_now([shifted(1.5)], {}, "Monday", WEEK)
    [found] = mark_news([shifted(1.6)], told)

    assert found.matters
    assert found.severity is Severity.INFO
    assert found.evidence["told_since"] == "Monday"


def test_another_side_is_news() -> None:
    """Warmer and then colder are two things to know; back again is none.

    That a distance turns out to be a level is none either.
    """
    windows = [[shifted(1.5)], [shifted(-1.2)], [shifted(1.5)]]

    assert days(*windows) == [["temp/rank_shift"], ["temp/rank_shift"], []]
    assert days([apart(1.5)], [shifted(1.5)])[1] == []


def test_that_it_lasts_is_news_once() -> None:
    """A day that strayed may be chance; days that do are something else to know."""
    windows = [[shifted(1.5)], [lasting()], [lasting(), shifted(1.2)]]

    assert days(*windows) == [["temp/rank_shift"], ["temp/rank_shift_lasting"], []]


def test_a_clear_step_is_news_and_is_measured_from_there() -> None:
    """Twice as far as was told, whichever statistic shows it; and then twice that."""
    steps = [1.5, 2.9, 3.0, 5.9, 6.0]
    told = [["temp/rank_shift"], [], ["temp/rank_shift"], [], ["temp/rank_shift"]]

    assert days(*[[shifted(far)] for far in steps]) == told
    assert days([shifted(1.5)], [shifted(1.5), apart(3.1)])[1] == [
        "temp/jensen_shannon"
    ]
    assert days([lasting()], [shifted(2.1)])[1] == ["temp/rank_shift"]


def test_news_says_what_is_new() -> None:
    """The sentence tells since when it is known, and what has changed."""
    told = told_by_now([shifted(1.5)], {}, "Monday", WEEK)
    [step] = mark_news([shifted(4.5)], told)
    [turn] = mark_news([shifted(-1.5)], told)

    assert step.message.endswith("since Monday, and it is 3.0 times as far as was told")
    assert turn.message.endswith("since Monday, and it is lower now")


def test_what_ended_is_news_when_it_begins_again() -> None:
    """A week inside is an end; a week less a day is none."""
    begun, quiet = [shifted(1.5)], [inside()]

    assert days(begun, *[quiet] * 6, begun)[-1] == []
    assert days(begun, *[quiet] * 7, begun)[-1] == ["temp/rank_shift"]


def test_the_end_of_what_lasted_is_told_and_counts_for_nothing() -> None:
    """Once, with the window that makes it a week inside; a single day has no end to tell."""
    told = {
        "temp": Told("temp", "Monday", lasting=True, clear=6),
        "wind": Told("wind", "Monday", lasting=True, clear=5),
        "rain": Told("rain", "Monday", clear=6),
    }
    [over] = ended([inside()], told, WEEK)

    assert (over.subject, over.statistic, over.outcome) == ("temp", OVER, Outcome.OK)
    assert "drifted from Monday on, and has been inside for 7 windows" in over.message
    assert set(told_by_now([inside()], told, "Sunday", WEEK)) == {"wind"}
    assert ended([shifted(1.5), shifted(1.5, "wind")], told, WEEK) == []
    assert ended([hard("row_count")], told, WEEK) == []


def test_a_broken_column_does_not_end_its_story() -> None:
    """Nobody hears that a column is as usual on a day on which it is broken."""
    told = {"temp": Told("temp", "Monday", lasting=True, clear=6)}
    broken = [inside(), hard("null_rate", Severity.CRITICAL)]

    assert ended(broken, told, WEEK) == []
    assert told_by_now(broken, told, "Sunday", WEEK) == told


def test_every_group_whose_errors_part_is_a_story() -> None:
    """One carrier's errors are told once, another's are news, and harm counts every day."""
    one, other = parted("carrier=UA"), parted("carrier=EV")
    harm = replace(one, severity=Severity.CRITICAL)
    windows = [[one], [one], [one, other], [harm], [one], [harm]]
    told = ["carrier/contrast"]

    assert days(*windows) == [told, [], told, told, [], told]
    assert days([shifted(1.5, "carrier"), one], [one]) == [
        ["carrier/rank_shift", "carrier/contrast"],
        [],
    ]


def test_symptoms_of_a_bug_are_no_story_of_drift() -> None:
    """What drifts after the bug is mended is news, however far the bug had gone."""
    bug = [shifted(90.0), hard("null_rate", Severity.CRITICAL)]
    named = [shifted(90.0), hard(DIAGNOSIS)]

    assert days(bug, [shifted(1.5)])[1] == ["temp/rank_shift"]
    assert days(named, [shifted(1.5)])[1] == ["temp/rank_shift"]
    assert days([shifted(1.5)], bug, [shifted(1.5)])[2] == []


def test_a_window_that_was_not_judged_ends_nothing() -> None:
    """Nobody looked at the column."""
    begun, quiet, blind = [shifted(1.5)], [inside()], [hard("row_count")]

    assert days(begun, *[quiet] * 6, *[blind] * 9, begun)[-1] == []


def test_a_second_fault_in_a_column_that_drifts_counts() -> None:
    """Hard signals, diagnoses and pages count every day, however well drift is known."""
    bug = [hard("null_rate"), hard(DIAGNOSIS, Severity.CRITICAL)]
    windows = [[shifted(1.5)], [shifted(1.5), *bug], [shifted(1.5), *bug]]

    assert days(*windows)[1:] == [["temp/null_rate", "temp/diagnosis"]] * 2


def test_how_a_column_goes_with_others_is_a_story_of_its_own() -> None:
    """A swap is seen in pairs alone, also of a column that drifts."""
    windows = [[shifted(1.5)], [shifted(1.5), apart(1.2, role="pair")]]

    assert days(*windows)[1] == ["temp/jensen_shannon"]


@given(st.lists(st.none() | st.floats(1.01, 2.0), max_size=30))
def test_drift_in_one_direction_is_told_once(far: list[float | None]) -> None:
    """Whatever the days, as long as it stays about as far and no week is without it."""
    windows = [[inside()] if each is None else [shifted(each)] for each in far]
    first = [[shifted(1.01)], *windows]
    told = sum(map(len, days(*first)))
    longest = max(map(len, "".join("x" if f else "-" for f in far).split("x")))

    assert told == 1 or longest >= WEEK


@given(st.lists(st.floats(1.01, 1e6), min_size=1, max_size=30))
def test_no_step_goes_untold(far: list[float]) -> None:
    """A day twice as far as all before it always counts."""
    found = days(*[[shifted(each)] for each in far])
    for number, each in enumerate(far):
        if number and each >= CLEARLY * max(far[:number]):
            assert found[number] == ["temp/rank_shift"]


def test_stories_survive_the_ledger() -> None:
    """As JSON, from one window to the next."""
    told = told_by_now([shifted(1.5), lasting()], {}, "Monday", WEEK)
    [(story, known)] = told.items()

    assert story == "temp"
    assert Told.from_json(json.loads(json.dumps(known.to_json()))) == known
