"""How the monitor file states the hour by which a verdict is there."""

from datetime import time
from pathlib import Path

import pytest

from driftline import wiring
from driftline.errors import SettingsError
from driftline.settings.file import read_monitor
from tests.core.test_settings_file import SMALLEST


def read(folder: Path, lines: str):
    file = folder / "flights.yaml"
    file.write_text(SMALLEST + lines)
    return read_monitor(file)


@pytest.mark.parametrize(
    ("lines", "block"),
    [
        ("verdict_by: 09:00\n", None),
        ("verdict_by: {at: 09:00}\n", None),
        (
            "verdict_by: {at: '09:00', block: slack-webhook/on-call}\n",
            "slack-webhook/on-call",
        ),
    ],
)
def test_the_hour_is_read_alone_or_with_a_block(tmp_path, lines, block):
    """The short form and the long one say the same, and the job knows it."""
    monitor = read(tmp_path, lines)
    assert monitor.verdict_by.at == time(9)
    assert monitor.verdict_by.block == block
    assert wiring.build_job(monitor, tmp_path).verdict_by == time(9)


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ("verdict_by: nine\n", "write 08:00"),
        ("verdict_by: 09:00\nevery: hour\n", "a day or a week"),
        ("verdict_by: {at: 09:00, block: on-call}\n", "block"),
    ],
)
def test_an_hour_that_cannot_be_is_refused(tmp_path, lines, hint):
    """Neither words, nor hourly windows, nor half a block's name."""
    with pytest.raises(SettingsError, match=hint):
        read(tmp_path, lines)


def test_nothing_is_awaited_unless_it_is_stated(tmp_path):
    """No file that exists today gets an alarm by itself."""
    assert read(tmp_path, "").verdict_by is None


def test_a_scratch_ledger_is_gone_at_the_end():
    """It is a real ledger, empty, in a folder of its own."""
    with wiring.scratch_ledger() as ledger:
        assert ledger.monitors() == []
        place = Path(str(ledger._database.place.file))
        assert place.exists()
    assert not place.parent.exists()
