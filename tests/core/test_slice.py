"""A slice stays one window's, whatever is joined to it."""

from datetime import date

from driftline.core.slice import Slice
from driftline.core.window import day_window


def test_other_data_of_the_same_window_has_its_own_schema_and_manifest():
    """Window and origin stay; the first slice is as it was."""
    rows = Slice(day_window(date(2026, 3, 1)), "rows", {"a": "Int64"}, "m1", "rows/")
    joined = rows.with_data("joined", {"a": "Int64", "late": "Int64"}, "m2")
    assert (joined.window, joined.origin) == (rows.window, rows.origin)
    assert (joined.data, joined.manifest) == ("joined", "m2")
    assert (rows.data, rows.manifest) == ("rows", "m1")
