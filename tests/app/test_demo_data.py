"""The demo, from its data to its summary: one story, told on the same flights.

Over 300 lines because data, faults and summary are one story.
"""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from driftline.adapters.registries import mlflow
from driftline.core.finding import Finding, Outcome, Severity, Topic
from driftline.core.incidents.incident import Cause, Incident
from driftline.core.roles import Roles, Task
from driftline.core.verdict import Word
from driftline.core.window import day_window
from driftline.demo import classifier, flights, serving, story, telling
from driftline.errors import DependencyMissing, TrainingFailed
from driftline.ports import Context

ROLES = Roles(
    Task.BINARY,
    flights.TIMESTAMP,
    serving.PREDICTION,
    serving.SCORE,
    flights.LABEL,
    (flights.KEY,),
    flights.FEATURES,
)
STORM = date(2013, 3, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def year(folder: Path) -> pl.DataFrame:
    return flights.prepared(folder)


@pytest.fixture(scope="module")
def trained(year: pl.DataFrame) -> Any:
    january = flights.days_between(year, date(2013, 1, 1), date(2013, 1, 20))
    return january, classifier.fit(january, ROLES, seed=0)


def test_the_classifier_is_read_as_data_and_says_the_same(
    trained: Any, tmp_path: Path
) -> None:
    """So a challenger of the demo, or of the benchmark of retraining, may be in shadow."""
    rows, made = trained
    registry = mlflow.build(
        mlflow.Settings(), Context("flights", str(tmp_path), "UTC", ROLES)
    )
    version = registry.register("flights", made, {})
    assert version.checksum
    frame = rows.select(flights.FEATURES).head(500).to_pandas()
    said = registry.load(version)(frame)
    assert said == pytest.approx(made.predict(frame), rel=1e-12)


def warm(rows: pl.DataFrame) -> Any:
    """A model that a person can compute: the warmer, the later."""
    return rows["temperature_f"].fill_null(50).clip(0, 100).to_numpy() / 100


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class TestFlights:
    def test_every_flight_of_the_year_has_its_own_key(self, year):
        """All 336,776 flights are there and no key stands twice."""
        assert year.height == 336_776
        assert year[flights.KEY].n_unique() == year.height

    def test_hours_are_new_york_s_on_both_sides_of_the_clock_change(self, year):
        """The UTC time stamp shows the scheduled hour on a New York clock all year."""
        local = year[flights.TIMESTAMP].dt.convert_time_zone(flights.ZONE)

        assert (local.dt.hour() == year["hour"]).all()
        assert (local.dt.date() == year["day"]).all()

    @pytest.mark.parametrize("day", [date(2013, 3, 10), date(2013, 11, 3)])
    def test_a_day_of_clock_change_lies_in_its_window(self, year, day):
        """The 23 or 25 hours of the window hold the day's flights and no others."""
        window = day_window(day, flights.ZONE)
        inside = (year[flights.TIMESTAMP] >= window.start) & (
            year[flights.TIMESTAMP] < window.end
        )

        assert (inside == (year["day"] == day)).all()

    def test_the_weather_is_that_of_the_scheduled_hour(self, year):
        """A flight due at 05:15 from Newark has Newark's weather of 5 o'clock."""
        first = year.filter(pl.col(flights.KEY) == "2013-01-01-UA1545-EWR").row(
            0, named=True
        )

        assert first["scheduled"] == datetime(2013, 1, 1, 10, 15, tzinfo=UTC)
        assert first["temperature_f"] == pytest.approx(39.02)
        assert first["humidity_pct"] == pytest.approx(64.43)
        assert first["wind_mph"] == pytest.approx(12.65858)

    def test_flights_without_weather_or_plane_are_kept(self, year):
        """Missing weather and seats are nulls, never missing rows."""
        assert 0 < year["temperature_f"].null_count() < 0.01 * year.height
        assert 0.1 < year["seats"].null_count() / year.height < 0.2

    def test_a_flight_that_never_arrived_has_no_label(self, year):
        """The cancelled flights of the storm of 8 March carry no label, the others do."""
        labels = flights.days_between(year, STORM, STORM)[flights.LABEL]

        assert labels.null_count() == 979 - 798
        assert set(labels.drop_nulls()) == {0, 1}

    def test_the_second_reading_is_the_first(self, folder, year):
        """What is kept for the next run is what was prepared."""
        assert flights.prepared(folder).equals(year)

    def test_a_missing_package_is_named(self, monkeypatch):
        """Without the data package the message says what to install."""

        def absent(name: str) -> Any:
            raise PackageNotFoundError(name)

        monkeypatch.setattr(flights, "files", absent)

        with pytest.raises(DependencyMissing, match=r"driftline\[demo\]"):
            flights.data_folder()


class TestClassifier:
    def test_honest_predictions_are_worse_than_seen_ones(self, trained):
        """Days are predicted by models that did not see them: no better than new ones."""
        rows, fitted = trained
        known = rows[flights.LABEL].is_not_null()
        truth = rows[flights.LABEL].drop_nulls().to_numpy()
        seen = fitted.predict(rows.filter(known))
        honest = fitted.reference_predictions[known.to_numpy()]

        assert loss(truth, honest) > loss(truth, seen) + 0.02

    def test_rows_without_a_label_are_predicted_too(self, trained):
        """There is one reference prediction in [0, 1] per row, cancelled flights included."""
        rows, fitted = trained

        assert rows[flights.LABEL].null_count() > 0
        assert len(fitted.reference_predictions) == rows.height
        assert ((fitted.reference_predictions >= 0).all()) & (
            (fitted.reference_predictions <= 1).all()
        )

    def test_pandas_and_polars_rows_score_the_same(self, trained, year):
        """The registry hands over pandas frames, production Polars ones."""
        _, fitted = trained
        rows = flights.days_between(year, STORM, STORM)

        from_polars = fitted.predict(rows)
        from_pandas = fitted.predict(rows.select(flights.FEATURES).to_pandas())

        assert np.array_equal(from_polars, from_pandas)

    def test_a_pandas_frame_trains_the_same_model(self, trained):
        """The trainer `function` hands over pandas; a seed makes the model the same."""
        rows, fitted = trained

        again = classifier.fit(rows.to_pandas(), ROLES)

        assert np.array_equal(again.reference_predictions, fitted.reference_predictions)
        assert np.array_equal(again.predict(rows), fitted.predict(rows))

    def test_unknown_categories_are_scored(self, trained, year):
        """A destination that training never saw is no error."""
        _, fitted = trained
        rows = flights.days_between(year, STORM, STORM).with_columns(dest=pl.lit("XXX"))

        assert np.isfinite(fitted.predict(rows)).all()

    def test_one_class_cannot_be_learnt(self, trained):
        """The message counts the labelled rows that were all alike."""
        rows, _ = trained

        with pytest.raises(TrainingFailed, match="one class"):
            classifier.fit(
                rows.with_columns(pl.lit(0).alias(flights.LABEL)), ROLES, seed=0
            )


def loss(truth: Any, score: Any) -> float:
    return float(-np.log(np.where(truth == 1, score, 1 - score)).mean())


class TestServing:
    def test_a_day_brings_its_flights_and_the_labels_of_two_days_before(
        self, year, tmp_path
    ):
        """One partition of each table is new."""
        written = serving.serve_day(tmp_path, year, STORM, warm)

        assert written == [
            serving.partition(tmp_path, "flights", STORM),
            serving.partition(tmp_path, "labels", STORM - timedelta(days=2)),
        ]

    def test_no_label_and_no_delay_is_served(self, year, tmp_path):
        """What is known only after the flight is in the labels table alone."""
        serving.serve_day(tmp_path, year, STORM, warm)
        rows = pl.read_parquet(
            serving.partition(tmp_path, "flights", STORM), hive_partitioning=False
        )

        assert rows.columns == [
            flights.KEY,
            flights.TIMESTAMP,
            *flights.FEATURES,
            serving.SCORE,
            serving.PREDICTION,
        ]

    def test_serving_again_changes_no_byte_even_with_another_model(
        self, year, tmp_path
    ):
        """Production never rewrites what it has written."""
        serving.serve_day(tmp_path, year, STORM, warm)
        before = digests(tmp_path)

        again = serving.serve_day(tmp_path, year, STORM, lambda rows: warm(rows) / 2)

        assert again == []
        assert digests(tmp_path) == before

    def test_two_machines_write_the_same_bytes(self, year, tmp_path):
        """The same days served into two folders are identical files."""
        for name in ("one", "two"):
            serving.serve_day(tmp_path / name, year, STORM, warm)

        assert digests(tmp_path / "one") == digests(tmp_path / "two")

    def test_the_unit_bug_lasts_three_days_and_reaches_the_model(self, year):
        """From 26 to 28 March distances are kilometres in the rows and in the scores."""
        for day, wrong in ((25, False), (26, True), (28, True), (29, False)):
            today = date(2013, 3, day)
            rows = serving.served(year, today, warm)
            truth = flights.days_between(year, today, today)
            kilometres = (truth["distance_mi"] * 1.609344).round(0)

            expected = kilometres if wrong else truth["distance_mi"]
            sent = rows["distance_mi"].cast(pl.Float64)
            assert sent.equals(expected.cast(pl.Float64), check_names=False), today
            assert np.array_equal(rows[serving.SCORE].to_numpy(), warm(rows))

    def test_only_the_temperature_is_spoiled(self, year):
        """Every other column of a day with the bug is as it was."""
        day = serving.UNIT_BUG.first
        rows = serving.served(year, day, warm)
        others = [n for n in flights.FEATURES if n != serving.UNIT_BUG.column]

        truth = flights.days_between(year, day, day)
        assert rows.select(others).equals(truth.select(others))

    def test_the_late_partition_comes_two_days_late(self, year, tmp_path):
        """It is missing on its day and the next, and there when it arrives, once."""
        late = serving.LATE_PARTITION
        path = serving.partition(tmp_path, "flights", late.day)
        there = []
        for day in (late.day, late.day + timedelta(days=1), late.arrives):
            serving.serve_day(tmp_path, year, day, warm)
            there.append(path.exists())

        assert there == [False, False, True]
        assert pl.read_parquet(path).height == 992

    def test_history_has_the_given_scores_and_labels(self, year, tmp_path):
        """The days before the tour are written with the scores of the first model."""
        first, last = date(2013, 2, 27), date(2013, 2, 28)
        rows = flights.days_between(year, first, last)
        scores = np.linspace(0, 1, rows.height)

        serving.serve_history(tmp_path, rows, scores)

        kept = pl.read_parquet(
            tmp_path / "flights" / "*" / "part.parquet", hive_partitioning=False
        )
        labels = pl.read_parquet(serving.partition(tmp_path, "labels", last))
        assert kept[serving.SCORE].to_list() == scores.tolist()
        assert (
            labels.height
            == rows.filter(
                (pl.col("day") == last) & pl.col(flights.LABEL).is_not_null()
            ).height
        )


def judged(day: date, word: Word, *findings: Finding, after: int = 0) -> story.Judged:
    return story.Judged(day, day + timedelta(days=after), word, findings)


def breach(
    topic: Topic,
    subject: str,
    severity: Severity = Severity.WARNING,
    statistic: str = "value",
) -> Finding:
    message = f"{subject} is off"
    return Finding(topic, subject, statistic, Outcome.BREACHED, severity, message)


LOSS = breach(Topic.PERFORMANCE, "log_loss")
LASTING = breach(Topic.PERFORMANCE, "log_loss", Severity.CRITICAL, "cusum")
QUIET_DAY = date(2013, 3, 14)


class TestStory:
    def test_nothing_found_is_said_to_be_missed(self):
        """Without findings every event is missed, and the summary says so."""
        text = telling.tell([judged(QUIET_DAY, Word.HEALTHY)], [], None)

        assert text.count("MISSED") == len(story.EVENTS)
        assert "no challenger was promoted" in text

    def test_the_first_day_on_which_it_showed_counts(self):
        """A storm seen only when its labels came is found on that day."""
        [storm, *_] = story.discoveries(
            [
                judged(STORM, Word.HEALTHY),
                judged(STORM, Word.WATCH, LOSS, after=2),
                judged(STORM, Word.ACT, LASTING, after=3),
            ]
        )

        assert storm.judged is not None
        assert storm.judged.on == date(2013, 3, 10)
        assert storm.finding == LOSS

    def test_an_alarm_about_something_else_finds_nothing(self):
        """A drifting carrier on the days of the unit bug does not count as finding it."""
        day = serving.UNIT_BUG.first
        other = judged(day, Word.WATCH, breach(Topic.DRIFT, "carrier"))
        right = judged(day, Word.WATCH, breach(Topic.DRIFT, "distance_mi"))

        assert story.discoveries([other])[1].judged is None
        assert story.discoveries([other, right])[1].judged == right

    def test_a_page_inside_the_band_on_a_quiet_day_is_false(self):
        """Pages are false unless an event or a bad day explains them."""
        page = judged(QUIET_DAY, Word.ACT, breach(Topic.DRIFT, "dest"))
        bad = judged(date(2013, 3, 19), Word.ACT, LOSS, LASTING)
        known = judged(STORM, Word.ACT, LASTING)
        watched = judged(date(2013, 4, 6), Word.WATCH, breach(Topic.DRIFT, "seats"))

        alarms = story.unexplained([page, bad, known, watched])

        assert alarms == story.Alarms((bad,), (page,), (watched,))

    def test_a_day_judged_twice_is_one_alarm(self):
        """Judging a day again when labels come does not count it twice."""
        first = judged(QUIET_DAY, Word.WATCH, breach(Topic.DRIFT, "dest"))
        later = judged(QUIET_DAY, Word.ACT, breach(Topic.DRIFT, "dest"), after=2)

        assert story.unexplained([first, later]) == story.Alarms((), (later,), ())

    def test_the_gain_is_measured_on_the_same_flights(self, year):
        """A model against itself gains nothing; a worse one loses."""
        first, last = date(2013, 3, 4), date(2013, 3, 6)

        same = story.gain(year, first, last, warm, warm)
        worse = story.gain(year, first, last, warm, lambda rows: 0.98 + 0 * warm(rows))

        assert same.log_loss[0] == same.log_loss[1]
        assert worse.log_loss[1] > worse.log_loss[0]
        assert worse.roc_auc[1] == 0.5

    def test_the_summary_names_days_incidents_and_the_gain(self):
        """A person reads what was found, when, what opened and what retraining brought."""
        incident = Incident(
            key="flights/performance/x",
            monitor="flights",
            cause=Cause.PERFORMANCE,
            opened="2013-04-22T04:00:00+00:00",
            last_window="2013-04-28T04:00:00+00:00",
            subjects=("log_loss",),
            resolved="2013-04-28T04:00:00+00:00",
        )
        outage = replace(
            incident, cause=Cause.OUTAGE, opened="2026-11-26T09:00:00+00:00"
        )
        watched = [
            judged(date(2013, 4, day), Word.WATCH, breach(Topic.DRIFT, "seats"))
            for day in (19, 18)
        ]
        gained = story.Gain(
            date(2013, 4, 25), date(2013, 5, 5), 10_000, (0.5, 0.49), (0.61, 0.63)
        )

        text = telling.tell(
            [judged(date(2013, 4, 22), Word.ACT, LASTING, after=2), *watched],
            [incident, outage],
            gained,
        )

        assert "on 24 April, 3 days after its start" in text
        assert "opened by the flights of 22 April, resolved by 28 April" in text
        assert "outage: a day was missing, and came (log_loss)" in text
        assert "18 April (seats), 19 April (seats)" in text
        assert "0.500 → 0.490" in text
