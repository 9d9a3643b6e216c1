"""What people are told: why, with numbers and bounds, and what to do."""

from dataclasses import replace
from datetime import date

import pytest

from driftline.core.action import Answer, Message, Tone
from driftline.core.finding import Bounds, Finding, Outcome, Severity, Topic
from driftline.core.incidents.briefing import (
    ADVICE,
    Background,
    Occasion,
    arrived,
    brief,
    cannot_tell,
    notify_actions,
)
from driftline.core.incidents.incident import Cause, Incident, Progress, Step
from driftline.core.incidents.notice import Reason
from driftline.core.model import ModelVersion
from driftline.core.retraining.request import Standing
from driftline.core.retraining.words import News
from driftline.core.verdict import reduce
from driftline.core.window import day_window

LINKS = {"report": "reports/2026-03-01.html", "run": "https://prefect.example.com/1"}
HERE = Occasion("flights-late", day_window(date(2026, 3, 1)), LINKS)
INCIDENT = Incident(
    "flights-late/data/w", "flights-late", Cause.DATA, "2026-02-27T", "w"
)


def finding(subject: str, value: float = 0.6, topic: Topic = Topic.DRIFT, **more):
    sentence = f"{subject} moved up since yesterday"
    bounds = Bounds(upper=0.2)
    outcome, severity = Outcome.BREACHED, Severity.CRITICAL
    return Finding(
        topic, subject, "psi", outcome, severity, sentence, value, bounds, **more
    )


def told(news: Reason, *critical: Finding, others: tuple[Finding, ...] = ()) -> Message:
    progress = Progress(Step.OPEN, INCIDENT, critical)
    return brief(HERE, progress, reduce([*critical, *others]), news)


def test_an_opening_says_what_and_how_much_and_what_to_do():
    """Monitor, verdict, cause and subject are in the title."""
    said = told(Reason.FIRST, finding("delay", 0.613))
    assert said.tone is Tone.OPENED
    assert said.title == "flights-late: act — data trouble: delay"
    assert said.summary == "2026-03-01: delay moved up since yesterday"
    assert said.facts == ()
    assert said.advice == ADVICE[Topic.DRIFT]
    assert said.links == LINKS
    assert said.thread == INCIDENT.key


def test_the_three_that_matter_are_of_different_subjects():
    """One per subject: the weightiest is the summary, three follow, the rest is counted."""
    critical = [
        finding(name, value) for name, value in zip("abcde", range(1, 6), strict=True)
    ]
    double = Finding(
        Topic.DRIFT,
        "e",
        "ks",
        Outcome.BREACHED,
        Severity.CRITICAL,
        "",
        4.5,
        Bounds(None, 0.2),
    )
    said = told(Reason.FIRST, *critical, double)
    assert [what.partition(":")[0] for what, _ in said.facts] == ["d", "c", "b"]
    assert said.title.endswith("e, d, c and 2 more")
    assert said.summary.endswith("(and 4 more)")


def test_an_incidents_own_findings_come_before_others():
    """A performance breach of the same day has a thread of its own."""
    worse = finding("auc", 9.0, Topic.PERFORMANCE)
    said = told(Reason.NEW, finding("delay"), others=(worse,))
    assert [what.partition(":")[0] for what, _ in said.facts] == ["auc"]
    assert said.title == "flights-late: act — more data trouble: delay"
    assert said.advice == ADVICE[Topic.DRIFT]


def test_an_end_says_since_when_and_what_it_was():
    """The message joins the thread and lists what had been wrong."""
    ended = Incident(
        INCIDENT.key,
        "flights-late",
        Cause.DATA,
        "2026-02-27T00:00:00+00:00",
        "w",
        ("a", "b", "c", "d"),
        quiet_windows=2,
        resolved="w",
    )
    fine = Finding(Topic.DRIFT, "a", "psi", Outcome.OK, Severity.CRITICAL, "", 0.0)
    progress = Progress(Step.RESOLVE, ended, ())
    said = brief(HERE, progress, reduce([fine]), Reason.RESOLVED)
    assert said.tone is Tone.RESOLVED
    assert said.title == "flights-late: resolved — data quiet for 2 windows"
    assert "began on 2026-02-27" in said.summary
    assert "a, b, c and 1 more" in said.summary
    assert "healthy" in said.summary


def test_an_end_dates_the_begin_by_the_monitors_clock():
    """What began on the 27th in Berlin did not begin on the 26th."""
    berlin = Occasion("m", day_window(date(2026, 3, 1), "Europe/Berlin"), LINKS)
    opened = day_window(date(2026, 2, 27), "Europe/Berlin").start.isoformat()
    ended = replace(INCIDENT, opened=opened, quiet_windows=2, resolved="w")
    fine = Finding(Topic.DRIFT, "a", "psi", Outcome.OK, Severity.CRITICAL, "", 0.0)
    progress = Progress(Step.RESOLVE, ended, ())
    said = brief(berlin, progress, reduce([fine]), Reason.RESOLVED)
    assert "it began on 2026-02-27" in said.summary


def test_keys_are_the_same_whenever_they_are_composed():
    """And differ between steps, windows, incidents and notifiers."""
    first, again = (
        told(Reason.FIRST, finding("a")),
        told(Reason.FIRST, finding("a", 0.9)),
    )
    assert first.key == again.key
    assert first.key != told(Reason.NEW, finding("a")).key
    keys = [action.key for action in notify_actions(first, ["slack", "mail"])]
    assert keys == [f"{first.key}/slack", f"{first.key}/mail"]
    assert first.key == ("notify/flights-late/data/w/first/2026-03-01T00:00:00+00:00")


def test_an_action_carries_its_message_and_notifier():
    """The messages of one incident to one notifier are in one lane; notes in none."""
    said = told(Reason.FIRST, finding("a"))
    action = notify_actions(said, ["slack"])[0]
    assert Message.from_json(action.payload["message"]) == said
    assert action.payload["notifier"] == "slack"
    assert action.lane == f"{INCIDENT.key}/slack"
    note = News.REQUESTED.of("flights-late", "r1", "it pays", LINKS)
    assert notify_actions(note, ["slack"])[0].lane == ""


def test_cannot_tell_names_what_was_missing():
    """It does not sound like good news, nor like an incident."""
    blind = Finding(
        Topic.SLICE,
        "slice",
        "rows",
        Outcome.UNKNOWN,
        Severity.INFO,
        "no file for 2026-03-01",
    )
    said = cannot_tell(HERE, reduce([blind]))
    assert said.tone is Tone.NOTE
    assert "cannot tell" in said.title
    assert said.summary == "cannot-tell: no file for 2026-03-01"
    assert said.facts == ()
    assert "`driftline run " in said.advice
    assert "{" not in said.advice
    assert arrived(HERE, reduce([]), said.thread).thread == said.thread
    assert cannot_tell(HERE, reduce([])).summary == "cannot-tell: nothing was measured"


def test_where_every_day_is_small_nobody_looks_for_a_load():
    """A policy that no day can meet is mended in the monitor file, not in the data."""
    small = Finding(
        Topic.SLICE,
        "rows",
        "too_few_rows",
        Outcome.UNKNOWN,
        Severity.WARNING,
        "the slice has only 12 rows",
        evidence={"always": True},
    )
    assert "`drift.min_rows`" in cannot_tell(HERE, reduce([small])).advice
    usual = replace(small, evidence={"always": False})
    assert "whether the load ran" in cannot_tell(HERE, reduce([usual])).advice


def test_a_command_that_would_be_refused_is_not_advised():
    """Where no trainer is named, people are not sent to `driftline retrain`."""
    assert "`driftline retrain" in HERE.advice(Topic.PERFORMANCE)
    said = replace(HERE, retraining=Standing.OFF).advice(Topic.PERFORMANCE)
    assert "`driftline retrain" not in said
    assert "`retraining:`" in said


def test_every_topic_has_its_advice():
    """A message without anything to do is noise."""
    assert set(ADVICE) == set(Topic)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (Reason.NEW, "more data trouble"),
        (Reason.WORSE, "worse data trouble"),
        (Reason.BETTER, "less data trouble"),
        (Reason.REPEAT, "still data trouble"),
        (Reason.UNANSWERED, "nobody acknowledged"),
    ],
)
def test_the_title_says_why_people_are_told(news: Reason, words: str):
    """Nobody has to compare two messages to see what changed."""
    assert words in told(news, finding("delay")).title


def test_a_message_says_since_when_why_it_matters_and_what_is_being_done():
    """The background is in the message, apart from the findings."""
    background = Background("no harm so far", "nothing is trained", (Answer.SILENCE,))
    progress = Progress(Step.OPEN, INCIDENT, (finding("delay"),))
    said = brief(HERE, progress, reduce([finding("delay")]), Reason.FIRST, background)
    assert (said.matters, said.doing) == ("no harm so far", "nothing is trained")
    assert said.state == "Since 2026-02-27T"
    assert said.answers == (Answer.SILENCE,)
    assert Message.from_json(said.to_json()) == said


def test_notes_on_retraining_give_the_arithmetic():
    """Requested, promoted and not better have keys of their own and the reason in full."""
    model = ModelVersion("late", "8")
    notes = [
        News.REQUESTED.of("flights", "r1", "waiting costs 40 USD", LINKS),
        News.PROMOTED.of("flights", "r1", "AUC 0.70 against 0.61", LINKS, model),
        News.NOT_BETTER.of("flights", "r1", "AUC 0.61 against 0.61", LINKS, model),
    ]
    assert len({note.key for note in notes}) == 3
    assert {note.tone for note in notes} == {Tone.NOTE}
    assert {note.thread for note in notes} == {""}
    assert notes[1].title == "flights: late v8 promoted"
    assert notes[1].summary == "AUC 0.70 against 0.61"
    assert notes[2].title == "flights: late v8 stays in service"
