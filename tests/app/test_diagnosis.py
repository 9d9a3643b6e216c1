"""A data bug is named, its owner is asked, and nobody retrains on it."""

from dataclasses import replace

import polars as pl

from driftline.app.job import Owners
from driftline.app.retraining.request import is_broken
from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.retraining.request import Reason, Situation, decide_retraining
from driftline.core.verdict import Word
from tests.app.world import World, days_of, rows_of

MILES = 1.609344


def world() -> World:
    made = World(days_of(range(-40, 5)))
    owners = Owners(data="#data-platform", model="ann")
    made.job = replace(made.job, owners=owners)
    return made


def in_kilometres(number: int) -> pl.DataFrame:
    """Every tenth row's distance is in kilometres."""
    tenth = pl.int_range(pl.len()) % 10 == 0
    distance = pl.col("distance")
    return rows_of(number).with_columns(
        pl.when(tenth).then(distance * MILES).otherwise(distance).alias("distance")
    )


def test_a_quiet_day_is_not_diagnosed():
    """Where nothing is breached the step is not run at all."""
    steps = []

    def watched(step, *given):
        steps.append(step.__name__)
        return step(*given)

    report = world().judge(0, watched)

    assert report.verdict.word is Word.HEALTHY
    assert "compare" in steps
    assert "diagnose" not in steps


def test_a_unit_bug_leads_the_verdict_and_names_the_owner():
    """The message says what was done to which rows, and whom to ask."""
    made = world()
    made.deliver(1, in_kilometres(1))

    report = made.judge(1)

    assert report.verdict.word is Word.ACT
    first = report.verdict.reasons[0]
    assert (first.subject, first.statistic) == ("distance", DIAGNOSIS)
    assert first.message.startswith("10% of distance look like kilometres for miles")
    assert first.message.endswith("; ask #data-platform")
    [message] = made.notifier.messages
    assert first.message in message.summary
    assert message.advice.endswith("Ask #data-platform.")


def test_the_day_of_a_named_bug_is_not_learned_from():
    """The window is broken in the ledger's record, so no challenger is trained on it."""
    made = world()
    made.deliver(1, in_kilometres(1))
    made.judge(1)

    [entry] = made.job.ledger.history(made.job.monitor, limit=1)

    assert entry.record["broken"] is True


def test_a_named_bug_blocks_retraining_even_as_a_warning():
    """Harm on data that is known to be broken asks for no run."""
    harm = Finding(
        Topic.PERFORMANCE, "f1", "cusum", Outcome.BREACHED, Severity.CRITICAL, "f1 fell"
    )
    named = Finding(
        Topic.DRIFT, "a", DIAGNOSIS, Outcome.BREACHED, Severity.WARNING, "a is in cents"
    )

    decision = decide_retraining(Situation((harm, named), labelled=5000))

    assert decision.reason is Reason.DATA_INCIDENT
    assert "a is in cents" in decision.sentence
    assert is_broken([named])


def test_a_column_added_since_the_reference_is_no_obstacle():
    """A day whose columns are not the reference's is diagnosed by those that are."""
    made = world()
    made.source.rows = made.source.rows.with_columns(pl.lit(1.5).alias("extra"))

    report = made.judge(2)

    assert {f.statistic for f in report.findings} >= {"column_extra"}
    assert DIAGNOSIS not in {f.statistic for f in report.findings}
