"""The proof's own ground, whole: tracks and plants are as true as it says.

Over 300 lines because every kind of plant is checked on the same tracks.
"""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.detection import inject, keeping, page, scoring, trials, watch
from benchmarks.detection.hidden import is_hidden
from benchmarks.detection.interval import clustered, wilson
from benchmarks.detection.measures import coverage, delay, estimate_ratio, found
from benchmarks.detection.planted import ALL
from benchmarks.detection.tracks import TRACKS, laid
from benchmarks.detection.trials import Trial
from benchmarks.detection.watch import Watch
from benchmarks.detection.worlds import AT, KEY, World, monitor
from driftline.app.monitor_day import DayReport
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.verdict import reduce
from driftline.core.window import day_window
from driftline.ports import call

FIRST = datetime(2026, 3, 2)


def day(number: int, rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(number)
    size = rng.gamma(4, 10, rows).round(1)
    score = 1 / (1 + np.exp(-(size - 40) / 10))
    return pl.DataFrame(
        {
            AT: [FIRST + timedelta(days=number, minutes=i) for i in range(rows)],
            KEY: [f"{number}-{i}" for i in range(rows)],
            "origin": rng.choice(["EWR", "JFK", "LGA"], rows),
            "dest": rng.choice(["ORD", "SFO"], rows),
            "size": size,
            "hour": rng.integers(0, 24, rows),
            "late": (rng.random(rows) < score).astype(np.int32),
            "score": score,
            "called": (score >= 0.5).astype(np.int32),
        }
    )


def predict(rows: pl.DataFrame) -> list[pl.Series]:
    size = rows["size"].cast(pl.Float64).fill_null(0.0).to_numpy()
    score = pl.Series("score", 1 / (1 + np.exp(-(size - 40) / 10)))
    return [score, (score >= 0.5).cast(pl.Int32).alias("called")]


@pytest.fixture
def world() -> World:
    columns = {"prediction": "called", "score": "score", "label": "late"}
    return World(
        "made",
        tuple(day(number, 120 + 10 * (number % 5)) for number in range(40)),
        ("size", "hour"),
        ("origin", "dest"),
        ("score", "called"),
        "late",
        predict,
        monitor("made", "binary", columns),
        {"size": (1.609344, 0.0)},
        "hour",
    )


@pytest.mark.parametrize("track", TRACKS)
def test_a_track_has_the_days_of_the_world(world, track):
    """No row is made or lost, days follow each other, and keep their numbers of rows."""
    days = laid(world, track, 3, 40)
    dates = [d[AT][0].date() for d in days]
    assert dates == [dates[0] + timedelta(days=i) for i in range(40)]
    assert all(d[AT].dt.date().n_unique() == 1 for d in days)
    assert sorted(d.height for d in days) == sorted(d.height for d in world.days)
    assert set(pl.concat(days)[KEY]) == set(pl.concat(world.days)[KEY])


def test_only_shuffled_rows_break_days_up(world):
    """Reordered days stay whole; shuffled rows come from many days."""

    def origins(track):
        return [
            d[KEY].str.split("-").list.first().n_unique()
            for d in laid(world, track, 1, 40)
        ]

    assert set(origins("days")) == {1}
    assert min(origins("rows")) > 10


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_cyclic_swap_keeps_every_count(world, share):
    """Only which value stands in which row changes."""
    rows = world.days[0]
    rng = np.random.default_rng(0)
    swapped = inject.cyclic(share)(world, rows, "origin", rng)
    assert swapped["origin"].sort().to_list() == rows["origin"].sort().to_list()
    moved = (swapped["origin"] != rows["origin"]).mean()
    assert share / 2 < moved <= share + 0.01


def test_a_shift_stays_on_the_grid_and_has_its_size(world):
    """No value appears that the column never takes; the mean moves by the deviations."""
    whole = replace(world, days=(pl.concat(world.days),), pooled={})
    rows = whole.days[0]
    moved = inject.shift(0.5)(whole, rows, "size", np.random.default_rng(0))
    assert set(moved["size"]) <= set(rows["size"])
    change = (moved["size"].mean() - rows["size"].mean()) / rows["size"].std()
    assert 0.4 < change < 0.65


def test_weighted_rows_are_as_many_and_none_comes_twice(world):
    """A covariate shift is seen in the values alone."""
    rows = world.days[0]
    change = inject.covariate(1.0)
    drawn = change(world, rows, "size", np.random.default_rng(0))
    assert drawn.height == rows.height
    assert drawn[KEY].n_unique() == rows.height
    assert drawn[AT].dt.date().n_unique() == 1
    assert drawn["size"].mean() > rows["size"].mean() + rows["size"].std() / 2


@pytest.mark.parametrize("planted", ALL, ids=lambda p: p.name)
def test_every_planted_change_changes_something_and_no_type(world, planted):
    """What is planted is there, under the types that the monitor knows."""
    drawn = planted.drawn(world, 0, 0)
    assert drawn is not None
    rows = world.days[5]
    changed = drawn.on(world, rows, 13)
    assert changed.schema == rows.schema
    assert not changed.equals(rows)


def test_the_same_seed_plants_the_same(world):
    """A figure can be had again."""
    kind = next(p for p in ALL if p.name == "5 % nulls")
    first, second = (kind.drawn(world, 4, 1) for _ in range(2))
    assert first.column == second.column
    rows = world.days[5]
    assert first.on(world, rows, 0).equals(second.on(world, rows, 0))


def test_a_fork_leaves_the_history_alone(world):
    """What is planted into a copy is unknown to the original, before and after."""
    watch = Watch.over(world, laid(world, "days", 0, 20), 12, lag=1)
    for number in range(3):
        watch.judge(number)
    before = len(watch.job.ledger.history("made"))
    fork = watch.fork()
    fork.deliver(3, world.days[0].head(1).with_columns(pl.lit(FIRST).alias(AT)))
    fork.judge(3)
    assert len(watch.job.ledger.history("made")) == before
    assert len(fork.job.ledger.history("made")) == before + 1
    assert watch.judge(3).report.metrics["rows"] > 100


def test_labels_come_when_they_are_due(world):
    """A day is restated once, on the morning on which its labels are there."""
    watch = Watch.over(world, laid(world, "days", 0, 20), 12, lag=2)
    restated = [[r.window.day for r in watch.judge(n).restated] for n in range(5)]
    assert restated == [[], [], *([watch.date(n)] for n in range(3))]


def told(world, step, monkeypatch):
    """The words and the alarms of some days, the last one broken."""
    monkeypatch.setattr(watch, "steps", step)
    watched = Watch.over(world, laid(world, "days", 0, 20), 12, lag=1)
    rows = watched.rows.days[watched.date(4)]
    broken = inject.nulls(0.6)(world, rows, "size", np.random.default_rng(0))
    watched.rows.put(watched.date(4), broken)
    reports = [watched.judge(n).report for n in range(5)]
    return [
        (
            report.verdict.word,
            [f.identity for f in report.verdict.reasons if not is_explanation(f)],
        )
        for report in reports
    ]


def is_explanation(finding: Finding) -> bool:
    return finding.statistic in ("attribution", "worst_segment")


def test_what_is_left_out_of_a_day_changes_no_verdict(world, monkeypatch):
    """Explanations cost most and are no alarms: words, reasons and order are the same."""
    left_out = told(world, watch.steps, monkeypatch)
    assert left_out == told(world, call, monkeypatch)
    assert left_out[-1][1]


def test_a_trial_is_run_once_by_the_same_code(tmp_path, monkeypatch):
    """A run that was broken off goes on, and changed code starts anew."""
    trial, runs = Trial("flights", "rows", 90, 0, ()), []
    monkeypatch.setattr(keeping, "run", lambda *given: runs.append(given) or [{"n": 1}])
    for version in ("old", "old", "new"):
        monkeypatch.setattr(keeping, "code_version", lambda version=version: version)
        assert keeping.kept_or_run(trial, tmp_path) == [{"n": 1}]
    assert len(runs) == 2


def test_labels_later_than_a_fortnight_are_waited_for(world):
    """An estimate a month ahead can only be scored where its labels are taken in."""
    watched = Watch.over(world, laid(world, "days", 0, 40), 12, lag=16)
    mornings = [watched.judge(n) for n in range(17)]
    assert [r.window.day for r in mornings[-1].restated] == [watched.date(0)]


def test_every_estimated_metric_is_held_against_the_truth(world):
    """Also of days whose labels nobody has seen by the last morning."""
    days = laid(world, "natural", 0, 30)
    watched = Watch.over(world, days, 24, lag=16)
    for number in range(6):
        watched.judge(number)
    records = trials.estimates(watched, days[24:])
    assert [record["metric"] for record in records] == ["accuracy", "roc_auc"]
    right = (days[24]["late"] == days[24]["called"]).mean()
    assert [len(day) for day in records[0]["days"]] == [4] * 6
    assert records[0]["days"][0][0] == pytest.approx(right, abs=1e-5)


def test_the_bar_is_about_accuracy_and_not_what_decides():
    """A record of another metric changes nothing in the line of the bar."""
    facts = {"kind": "estimate", "track": "natural", "lag": 7, "seed": 0, "usual": 0.5}
    good = facts | {"metric": "accuracy", "days": [[0.7, 0.7, 0.6, 0.8]]}
    bad = facts | {"metric": "roc_auc", "days": [[0.7, 0.3, 0.2, 0.4]]}
    assert estimate_ratio(7)([good, bad]).value == 0.0
    assert estimate_ratio(7, ("roc_auc",))([good, bad]).value == pytest.approx(2.0)
    assert coverage(7)([good, bad]).value == 1.0


def finding(subject: str, statistic: str = "wasserstein") -> Finding:
    return Finding(
        Topic.DRIFT, subject, statistic, Outcome.BREACHED, Severity.WARNING, ""
    )


def test_a_pair_is_credited_to_both_of_its_columns():
    """A name that is part of a longer one is not the column."""
    assert {"dest", "distance"} <= scoring.columns_of(finding("dest × distance"))
    assert "dest" not in scoring.columns_of(finding("dest_code"))


def test_rank_counts_subjects_and_not_findings():
    """Two statistics of one column are one reason to look at it."""
    said = [finding("a"), finding("a", "null_rate"), finding("b")]
    assert scoring.rank_of(said, [said[2]]) == 2
    assert scoring.rank_of(said, []) is None


def test_days_of_one_seed_that_hang_together_count_for_less():
    """Five paged seeds of ten are not fifty paged days of a hundred."""
    torn = clustered({seed: [seed < 5] * 10 for seed in range(10)})
    assert torn.value == 0.5
    alone = wilson(5, 10)
    assert torn.upper - torn.lower > 0.9 * (alone.upper - alone.lower)


def record(seed: int, day: int | None) -> dict[str, object]:
    return {
        "kind": "planted",
        "name": "a",
        "track": "rows",
        "column": f"column {seed}",
        "seed": seed,
        "lag": 2,
        "found": day,
    }


def test_what_is_never_found_counts_as_missed():
    """Neither a share nor a median leaves it out."""
    records = [record(0, 2), record(1, 3), record(2, None)]
    assert found("a", "rows", 3)(records).value == pytest.approx(1 / 3)
    assert delay("a", "rows", "found")(records).value == 1
    first = found("a", "rows", 3, among=lambda column: column == "column 0")
    assert first(records).value == 1


def quiet(seed: int, paged: str, **more: object) -> dict[str, object]:
    """The record of unchanged days, of which some were paged."""
    made = {"kind": "quiet", "world": "flights", "track": "rows", "reference": 90}
    marks = {"paged": paged, "watched": "00", "blind": "00", "inside": "11"}
    counts = {"seed": seed, "lag": 2, "features": 12, "breached": [0, 1]}
    return {**made, **marks, **counts, "why": {}, "causes": {}, **more}


def test_the_page_is_written_from_the_records_that_are_kept(tmp_path, monkeypatch):
    """Figures stand with their number of cases, per tool, and nothing is left to fill in."""
    monkeypatch.setattr(page, "FOLDER", tmp_path / "detection")
    page.save("driftline", [quiet(0, "00"), quiet(1, "01")])
    page.save(
        "nannyml", [quiet(0, "11", tool=name) for name in ("nannyml", "nannyml+")]
    )
    text = page.write().read_text(encoding="utf-8")
    line = next(x for x in text.splitlines() if x.startswith("| N0, rows shuffled"))
    assert "n=4" in line
    assert "100 %" in line
    assert "90 days (2 seeds) and of 30 days (0 seeds)" in text
    assert "{{" not in text
    assert (tmp_path / "detection" / "alarms.svg").exists()


def report_of(*findings: Finding) -> DayReport:
    return DayReport(
        "made",
        day_window(FIRST.date()),
        reduce(findings),
        findings,
        {},
        "made v1",
    )


@pytest.mark.parametrize(
    ("bug", "column", "changed", "hidden"),
    [
        ("partial day", "rows", {"x": [1.0, 2.0]}, True),
        ("partial day", "rows", {"x": [1.0]}, False),
        ("nulls", "x", {"x": [1.0, None, None, 2.0]}, True),
        ("nulls", "x", {"x": [1.0, None, None]}, False),
        ("null fill", "x", {"x": [0.0, 1.0, 2.0]}, False),
        ("unit", "x", {"x": [1.0, 2.0]}, False),
    ],
)
def test_a_bug_is_hidden_by_a_day_that_shows_as_much(bug, column, changed, hidden):
    """By rows, nulls or zeros alone, on the worst day of the reference."""
    days = [pl.DataFrame({"x": [1.0, 2.0]}), pl.DataFrame({"x": [3.0, None]})]

    assert is_hidden(bug, column, pl.DataFrame(changed), days) is hidden


def test_a_cause_is_read_off_the_finding_that_names_it():
    """A diagnosis counts in whatever words, and only for the bug that it is."""
    named = replace(
        finding("size", "diagnosis"), evidence={"cause": "unit_scale", "columns": []}
    )
    stated = scoring.causes(report_of(finding("size"), named))
    assert stated == ["unit_scale"]
    assert scoring.names_bug(stated, "unit")
    assert not scoring.names_bug(stated, "sign")
    assert not scoring.names_bug([], "unit")


def test_an_estimate_is_read_with_its_band():
    """Each metric by its name; without such a finding there is none: not available."""
    held = {"estimated": 0.8, "lower": 0.7, "upper": 0.9}
    known = replace(finding("accuracy", "estimated"), evidence=held)
    other = replace(known, subject="roc_auc")
    told = scoring.estimates(report_of(known, other))
    assert told == dict.fromkeys(("accuracy", "roc_auc"), (0.8, 0.7, 0.9))
    assert scoring.estimates(report_of(finding("size"))) == {}


def test_what_the_unchanged_day_says_too_finds_nothing():
    """Unless the change has made it critical."""
    twin = [report_of(), report_of(finding("size"))]
    worse = replace(finding("size"), severity=Severity.CRITICAL)
    assert scoring.fresh(report_of(finding("size")), twin) == []
    assert scoring.fresh(report_of(worse), twin) == [worse]
    assert scoring.fresh(report_of(finding("size")), [report_of(worse)]) == []
