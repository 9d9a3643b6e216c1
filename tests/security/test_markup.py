"""A column and a category named to give orders, through a whole day of real parts."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from driftline.adapters.notifiers import slack as adapter
from driftline.adapters.reports.html import HtmlReports
from driftline.ports import Context
from tests.app.world import MONITOR, ROLES, World, days_of, rows_of
from tests.servers.chromium import rendered
from tests.servers.slack import TOKEN, slack

SCRIPT = "<script>document.title='owned'</script>"
SHOUT = "<!channel> <@U0ANN> @here <http://evil.example|log in>"
FORMULA = '=HYPERLINK("http://evil.example")'


class Tags(HTMLParser):
    """The elements of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Keep the name."""
        self.found.append(tag)


@pytest.mark.real("chromium")
def test_a_hostile_days_page_runs_nothing_and_its_message_calls_nobody(tmp_path):
    """Chromium builds no script of a name; Slack's markup in one is text."""
    world = World(days_of(range(2)))
    rows = rows_of(0).with_columns(
        pl.lit(SHOUT).alias("origin"), pl.lit(FORMULA).alias(SCRIPT)
    )
    bare = world.source.rows.with_columns(pl.lit(None, pl.String).alias(SCRIPT))
    world.source.rows = bare
    world.deliver(0, rows)
    with slack() as workspace:
        settings = adapter.Settings(
            token=SecretStr(TOKEN), channel="#alerts", base_url=workspace.url
        )
        context = Context(MONITOR, str(tmp_path), "UTC", ROLES)
        reports = HtmlReports(tmp_path, None)
        notifiers = {"slack": adapter.build(settings, context)}
        world.job = replace(world.job, report=reports, notifiers=notifiers)
        report = world.judge(0)
        told = json.dumps(workspace.messages, ensure_ascii=False)

    dom = rendered(Path(report.report))
    assert "script" not in Tags(dom).found
    assert "<title>owned" not in dom
    assert "&lt;script&gt;" in dom
    assert "&lt;!channel&gt;" in told
    assert not any(mark in told for mark in ("<!", "<@", "<http://evil", "@here"))
