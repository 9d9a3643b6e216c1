"""The HTML report: what a browser makes of it, whatever the data is called."""

import os
import re
import resource
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from driftline.adapters.reports.html import HtmlReports, draw
from driftline.core.finding import JUDGED_BY, Outcome, Severity, Topic
from driftline.errors import DriftlineError
from tests.golden.contents import (
    blind,
    content,
    crowded,
    finding,
    hostile,
    resting,
    series,
    small,
)
from tests.servers.chromium import chromium, rendered

HOSTILE = {
    "script": "<script>document.title='owned';alert(1)</script>",
    "handler": "<img src=x onerror=\"document.title='owned'\">",
    "quotes": "\"' onmouseover=\"document.title='owned'\" x='",
    "style": "</style><style>body{display:none}</style>",
    "address": "javascript:document.title='owned'",
    "comment": "--><!-- ]]> &lt; &#x3c;script&#x3e;",
    "template": "{{ 7*7 }}{% raw %}${7*7}",
    "right to left": "\u202egnp.exe\u2066\u202d",
    "controls": "a\x00b\x1b[2J\ud800\x85",
    "emoji": "🛩️👩‍✈️ é 漢字",
    "long": "x" * 10_240,
}
ADDRESS = re.compile(r"https?:|//|url\(|@import|data:", re.IGNORECASE)
FETCHES = {"src", "srcset", "data", "poster", "action", "background", "xlink:href"}


class Page(HTMLParser):
    """The elements, attributes and text of a document."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, ...]] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count the element with the names of its attributes."""
        self.elements[tag, *(name for name, _ in attrs)] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        """Gather the text."""
        self.text += data


def written(day, folder: Path) -> Path:
    """The page of a day, in a folder."""
    return Path(HtmlReports(folder, None).write(day))


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """What a browser makes of a day on which every name is an ordinary word."""
    return Page(rendered(written(hostile("harmless"), tmp_path_factory.mktemp("h"))))


@pytest.mark.real("chromium")
@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_of_data_becomes_an_element(kind, harmless, tmp_path):
    """A browser builds the same elements for a hostile name as for a harmless one."""
    dom = rendered(written(hostile(HOSTILE[kind]), tmp_path))
    page = Page(dom)

    assert page.elements - harmless.elements == Counter()
    assert "<title>owned</title>" not in dom
    assert not any(tag == "script" for tag, *_ in page.elements)
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert not any(
        value.strip().lower().startswith("javascript:")
        for _, name, value in page.attributes
        if name == "href"
    )


@pytest.mark.real("chromium")
def test_the_page_fits_a_phone(tmp_path):
    """Long names wrap: nothing on the page is wider than a narrow screen."""
    page = written(crowded(), tmp_path)
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id=f src="{page.as_uri()}" width=400 height=900></iframe>'
        "<script>addEventListener('load', () => { const d = f.contentDocument;"
        "document.title = d.documentElement.scrollWidth })</script>"
    )

    dom = chromium("--allow-file-access-from-files", "--dump-dom", page=frame)

    assert "<title>400</title>" in dom


@pytest.mark.parametrize("day", [small(), crowded(), blind(), resting(), content([])])
def test_nothing_is_fetched_and_nothing_runs(day):
    """One file: the only addresses are links that wait for a click."""
    text = draw(day)
    page = Page(text)

    assert not [a for a in page.attributes if a[1] in FETCHES]
    addresses = [a for a in page.attributes if ADDRESS.search(a[2])]
    assert {(tag, name) for tag, name, _ in addresses} <= {("a", "href")}
    assert not any(tag in ("script", "link", "iframe") for tag, *_ in page.elements)
    assert "default-src 'none'" in text


def test_a_day_that_is_judged_provisionally_says_by_what():
    """At the top, also where nothing is outside its bounds: something was measured."""
    by = {JUDGED_BY: "late v3 as of 2 days ago"}
    away = finding(
        Topic.REGISTRY,
        "reference",
        "registry_unavailable",
        outcome=Outcome.UNKNOWN,
        severity=Severity.CRITICAL,
        message="MLflow does not answer",
        evidence=by,
    )
    text = Page(draw(content([away, finding(Topic.DRIFT, "delay", "psi")]))).text
    assert "provisional: judged by late v3 as of 2 days ago" in text
    assert "nothing is outside its bounds" in text
    assert "nothing was measured" in Page(draw(blind())).text


def test_only_addresses_of_the_web_become_links():
    """A path or a script among the links of a day is not something to click on."""
    links = {
        "run": "https://example.com/run",
        "file": "/etc/passwd",
        "x": "javascript:1",
    }
    page = Page(draw(content([], links=links)))

    shown = {v for tag, n, v in page.attributes if (tag, n) == ("a", "href")}

    assert {v for v in shown if ":" in v or v.startswith("/")} == {
        "https://example.com/run"
    }


def test_marks_that_turn_or_hide_text_are_written_out():
    """A name cannot show itself backwards, or vanish."""
    text = draw(hostile("\u202egnp.exe\x00\ud800"))

    assert "\u202e" not in text
    assert "\\u202egnp.exe\\u0000\\ud800" in text


def test_a_name_of_ten_kilobytes_leaves_a_small_page():
    """Long texts are cut, wherever they stand."""
    assert len(draw(hostile("x" * 10_240))) < 150_000


@contextmanager
def _full_disk(room: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_earlier_page(tmp_path):
    """When a page cannot be written to its end, the old one stands and nothing else."""
    page = written(small(), tmp_path)
    earlier = page.read_bytes()

    with (
        _full_disk(4096),
        pytest.raises(DriftlineError, match="cannot write the report"),
    ):
        written(crowded(), tmp_path)

    assert page.read_bytes() == earlier
    assert os.listdir(page.parent) == [page.name]


def test_whoever_reads_the_page_keeps_reading_a_whole_one(tmp_path):
    """A page that is replaced while it is read is the old one to its end."""
    page = written(small(), tmp_path)
    with page.open(encoding="utf-8") as reader:
        start = reader.read(100)
        written(crowded(), tmp_path)
        rest = reader.read()

    assert start + rest == draw(small())


def test_others_may_read_the_page(tmp_path):
    """The page has the rights that the user gives new files, so a web server sees it."""
    mask = os.umask(0o022)
    try:
        mode = written(small(), tmp_path).stat().st_mode
    finally:
        os.umask(mask)

    assert mode & 0o777 == 0o644


def test_the_address_is_under_the_url_where_one_is_set(tmp_path):
    """Messages link to where people can open the page."""
    reports = HtmlReports(tmp_path, "https://reports.example.com/")

    assert reports.write(small()) == (
        "https://reports.example.com/flights/2013-03-26.html"
    )
    assert (tmp_path / "flights" / "2013-03-26.html").exists()


def test_a_day_without_rows_says_so_and_nothing_of_its_labels() -> None:
    """It neither waits for labels nor lacks any; that there are no rows is its headline."""
    page = Page(draw(resting())).text
    assert page.count("the slice has no rows, as always on this weekday") >= 1
    assert "labels" not in page.partition("About this page")[0]
    assert "nothing is outside" not in page


def test_a_day_whose_rows_are_missing_waits_for_no_labels() -> None:
    """What ends before the day was not measured; of rows that came, labels are awaited."""
    drawn = series()
    held = replace(drawn, points=drawn.points[:1])
    missing = replace(blind(), series=(held,))
    assert "labels yet" not in draw(missing)
    assert "not measured" in draw(missing)
    assert "no labels yet" in draw(replace(missing, rows=9))
