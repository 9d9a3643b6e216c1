"""How the monitor file says when and where people are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from driftline import wiring
from driftline.errors import SettingsError
from tests.core.test_settings_file import SMALLEST

MESSAGES = """\
zone: Europe/Berlin
messages:
  repeat_after_days: 2
  group_within_hours: 0
  quiet_hours: {begins: 18:00, ends: 08:00, weekends: true, critical: wait}
  escalation: {after_hours: 4, to: console}
"""
LISTEN = "listen:\n  - slack: {app_token: env:APP_TOKEN, users: [U1]}\n"


@pytest.fixture
def project(tmp_path: Path):
    """The job of a monitor file with these lines at its end."""
    (tmp_path / "monitors").mkdir()
    (tmp_path / "rows").mkdir()

    def job(*texts: str):
        file = tmp_path / "monitors" / "flights.yaml"
        file.write_text(SMALLEST + "".join(texts))
        return wiring.build_job(wiring.load_monitor("flights", tmp_path), tmp_path)

    return job


def test_manners_come_from_the_file(project):
    """Hours are on the clock of the monitor's zone; the escalation's notifier is apart."""
    job = project(MESSAGES)
    manners = job.manners
    assert manners.repeat_after == timedelta(days=2)
    assert not manners.group_within
    assert manners.escalate_after == timedelta(hours=4)
    assert (list(job.notifiers), list(job.escalation)) == (["console"], ["escalation"])
    night = manners.quiet_hours
    assert night.critical_waits
    evening = datetime(2026, 3, 4, 17, 30, tzinfo=UTC)
    assert night.until(evening) == datetime(2026, 3, 5, 7, tzinfo=UTC)


def test_without_a_word_people_are_told_at_once(project):
    """No quiet hours, nobody else, no buttons."""
    job = project()
    assert job.manners.quiet_hours is None
    assert job.manners.escalate_after is None
    assert not job.listens


def test_how_people_are_told_changes_no_verdict(project):
    """The same rows are not judged anew because of it."""
    assert project().policy == project(MESSAGES.partition("\n")[2]).policy


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("quiet_hours: {begins: evening, ends: 08:00}", "no time of day"),
        ("quiet_hours: {begins: 08:00, ends: 08:00}", "are the same"),
        ("quiet_hours: {begins: 18:00, ends: 08:00, zone: Mars}", "no time zone"),
        ("escalation: {after_hours: 0, to: console}", "greater than 0"),
        ("repeat_after_days: 0", "greater than 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(project, line: str, words: str):
    """With its place in the file."""
    with pytest.raises(SettingsError, match=words):
        project(f"messages:\n  {line}\n")


def test_one_app_is_listened_to_once(project, tmp_path, monkeypatch):
    """However many monitors name it; a missing token is an error before anything runs."""
    project(LISTEN)
    text = (tmp_path / "monitors" / "flights.yaml").read_text()
    other = text.replace("name: flights", "name: other", 1)
    (tmp_path / "monitors" / "other.yaml").write_text(other)
    monkeypatch.setenv("APP_TOKEN", "xapp-1")
    assert len(wiring.listeners(["flights", "other"], root=tmp_path)) == 1
    monkeypatch.delenv("APP_TOKEN")
    with pytest.raises(SettingsError, match="APP_TOKEN"):
        wiring.listeners(["flights"], root=tmp_path)
