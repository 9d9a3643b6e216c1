"""What every writer of reports must do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from driftline.core.registry import load, names
from driftline.core.roles import Roles, Task
from driftline.core.window import Every, window_at
from driftline.errors import DriftlineError
from driftline.ports import Context, ReportWriter
from tests.golden.contents import WINDOW, before, blind, content, crowded, small

PACKAGE = "driftline.adapters.reports"

# How the text behind an address is read; a file without an entry fails the suite.
READ: dict[str, Callable[[str], str]] = {"html": lambda at: Path(at).read_text("utf-8")}


def writer(name: str, root: Path, **settings: Any) -> ReportWriter:
    """The writer of that name, in a project of its own."""
    module = load(PACKAGE, name)
    context = Context("flights", str(root), "UTC", Roles(Task.BINARY, "at", "late"))
    return module.build(module.Settings(**settings), context)


every_writer = pytest.mark.parametrize("name", names(PACKAGE))


@every_writer
def test_settings_refuse_what_they_do_not_know(name):
    """A misspelt setting is an error, not a default."""
    with pytest.raises(ValidationError):
        load(PACKAGE, name).Settings(no_such_setting=1)


@every_writer
@pytest.mark.parametrize("day", [small(), crowded(), blind(), content([])])
def test_the_page_is_where_its_address_was_said_to_be(name, day, tmp_path):
    """Messages carry the address before the page is written; it has the verdict."""
    reports = writer(name, tmp_path)
    said = reports.address(day.monitor, day.window)

    assert reports.write(day) == said
    assert day.verdict in READ[name](said)


@every_writer
def test_writing_again_replaces_the_page(name, tmp_path):
    """A window that is judged again has one page: the latest."""
    reports = writer(name, tmp_path)
    reports.write(content([], model="the-old-one v1"))
    text = READ[name](reports.write(content([], model="the-new-one v2")))

    assert "the-new-one v2" in text
    assert "the-old-one v1" not in text


@every_writer
def test_every_reason_is_on_the_page(name, tmp_path):
    """Forty findings are forty subjects that a reader can find."""
    text = READ[name](writer(name, tmp_path).write(crowded(40)))

    assert [n for n in range(39) if f"template_{n}" not in text] == []


@every_writer
def test_windows_and_monitors_do_not_share_a_page(name, tmp_path):
    """Days, weeks, both hours of a clock change, and look-alike names stay apart."""
    reports = writer(name, tmp_path)
    autumn = window_at(
        before(0).start.replace(month=11, day=3, hour=5), Every.HOUR, "US/Eastern"
    )
    windows = [WINDOW, before(1), autumn, autumn.following]
    windows.append(window_at(WINDOW.start, Every.WEEK, WINDOW.zone))
    monitors = ["flights", "a/b", "a\\b", "a b", "a-b", "..", ".", "", "é", "e"]

    addresses = {reports.address(m, w) for m in monitors for w in windows}

    assert len(addresses) == len(monitors) * len(windows)


@every_writer
@given(monitor=st.text(max_size=300))
def test_no_name_leads_out_of_the_folder(name, monitor, tmp_path_factory):
    """Whatever a monitor is called, its page is below the project's folder."""
    root = tmp_path_factory.getbasetemp()
    address = writer(name, root).address(monitor, WINDOW)

    assert Path(address).resolve().is_relative_to(root)
    assert len(Path(address).relative_to(root).parts) == 4


@every_writer
def test_a_place_that_cannot_be_written_is_a_clear_error(name, tmp_path):
    """The error names the place and says how to get the page when it is mended."""
    (tmp_path / "taken").write_text("a file, not a folder")
    reports = writer(name, tmp_path, folder="taken")

    with pytest.raises(DriftlineError) as raised:
        reports.write(small())

    assert str(tmp_path / "taken") in str(raised.value)
    assert "driftline report flights --day 2013-03-26" in str(raised.value)
