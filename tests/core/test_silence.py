"""Silences and quiet hours: what they cover, and when they end."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driftline.core.incidents.quiet_hours import QuietHours
from driftline.core.incidents.silence import Silence, duration, in_force
from driftline.errors import SettingsError

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def test_a_silence_survives_its_note():
    """What the ledger keeps is what was meant."""
    meant = Silence("k", "m", NOW + timedelta(days=7), "ann", "known", "delay")
    note = {"key": "k", "body": meant.to_json()}
    assert Silence.from_note("m", note) == meant
    assert meant.said == "2026-03-11 12:00+00:00 by ann: known"


def test_only_silences_in_force_count():
    """Neither one that ran out, at that very moment, nor one that was lifted."""
    until = {"over": NOW, "lifted": NOW + timedelta(1), "on": NOW + timedelta(1)}
    silences = [Silence(key, "m", end, "ann", "") for key, end in until.items()]
    assert [s.key for s in in_force(silences, {"lifted"}, NOW)] == ["on"]


@pytest.mark.parametrize(
    ("silenced", "subject", "quiet"),
    [
        ("", "delay", True),
        ("delay", "delay [origin=JFK]", True),
        ("origin=JFK", "delay [origin=JFK]", True),
        ("hour 6 to 12", "hour [hour 6 to 12]", True),
        ("origin=LGA", "delay [origin=JFK]", False),
        ("delay [origin=JFK]", "delay", False),
    ],
)
def test_a_silence_covers_what_it_names(silenced: str, subject: str, quiet: bool):
    """A column with its groups, or one group by the name that messages give it."""
    silence = Silence("k", "m", NOW + timedelta(1), "ann", "", silenced)
    assert silence.covers(subject, NOW) is quiet


@pytest.mark.parametrize("text", ["", "7", "d", "0d", "-1d", "1y", "367d", "7d 2h"])
def test_what_is_no_length_of_time_is_refused(text: str):
    """The message says how to write one."""
    with pytest.raises(SettingsError, match="7d"):
        duration(text)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-04T17:59", None),
        ("2026-03-04T18:00", "2026-03-05T08:00"),
        ("2026-03-05T07:59", "2026-03-05T08:00"),
        ("2026-03-05T08:00", None),
        ("2026-03-06T19:00", "2026-03-09T08:00"),
        ("2026-03-07T12:00", "2026-03-09T08:00"),
    ],
)
def test_a_night_and_a_weekend_end_in_the_morning(now: str, until: str | None):
    """Half-open, over midnight, and a weekend joins the nights around it."""
    hours = QuietHours(time(18), time(8), weekends=True)
    end = hours.until(datetime.fromisoformat(now).replace(tzinfo=UTC))
    expected = until and datetime.fromisoformat(until).replace(tzinfo=UTC)
    assert end == expected


def test_hours_within_one_day():
    """A siesta does not last until tomorrow."""
    hours = QuietHours(time(12), time(14))
    assert hours.until(NOW) == NOW + timedelta(hours=2)
    assert hours.until(NOW - timedelta(minutes=1)) is None


def test_the_morning_is_the_owners():
    """Eight o'clock in Berlin is seven in UTC before the clocks change, and six after."""
    hours = QuietHours(time(18), time(8), "Europe/Berlin")
    ends = [
        hours.until(datetime(2026, 3, day, 22, tzinfo=UTC)).hour for day in (27, 28, 29)
    ]
    assert ends == [7, 6, 6]


@given(
    st.times(),
    st.times(),
    st.booleans(),
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1)),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
)
def test_quiet_hours_end_outside_quiet_hours(begins, ends, weekends, moment, zone):
    """Whatever the hours and wherever the clocks change, what waits is sent in time."""
    hours = QuietHours(
        begins.replace(second=0, microsecond=0),
        ends.replace(second=0, microsecond=0),
        zone,
        weekends,
    )
    if hours.begins == hours.ends:
        return
    now = moment.replace(tzinfo=UTC)
    end = hours.until(now)
    if end is not None:
        assert now < end <= now + timedelta(days=5)
        assert hours.until(end) is None
