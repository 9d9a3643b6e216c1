"""The report's page as it was last looked at.

When a change of the page is meant, look at it in a browser and rewrite the file:

    DRIFTLINE_REWRITE_GOLDEN=1 pytest tests/golden
"""

import os
from pathlib import Path

from driftline.adapters.reports.html import draw
from tests.golden.contents import small

GOLDEN = Path(__file__).with_name("report.html")


def test_the_page_is_the_one_that_was_looked_at():
    """A small day is drawn to the letter as in the golden file."""
    page = draw(small())
    if os.environ.get("DRIFTLINE_REWRITE_GOLDEN"):
        GOLDEN.write_text(page, encoding="utf-8")

    expected = GOLDEN.read_text(encoding="utf-8")

    assert page.splitlines() == expected.splitlines()
