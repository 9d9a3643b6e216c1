"""One self-contained HTML file per monitor and window: no script, nothing is fetched."""

import os
import re
import secrets
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.reports import _charts, _histograms, _why, _words
from driftline.core import measure, wording
from driftline.core.finding import Topic
from driftline.core.incidents.sentences import parts
from driftline.core.report import Content
from driftline.core.verdict import rest_said, unseen_harm
from driftline.core.window import Window
from driftline.errors import DriftlineError
from driftline.ports import Context, ReportWriter

if TYPE_CHECKING:
    from jinja2 import Template

OPEN_COLUMNS = 6
"""Columns drawn at first sight, when fewer than that are out of bounds."""


class Settings(BaseModel):
    """Where pages are kept, and how people reach them."""

    model_config = ConfigDict(extra="forbid")

    folder: str = Field(
        ".driftline/reports", description="Relative to the monitor's root folder."
    )
    url: str | None = Field(
        None,
        description="Address under which the folder is served; links in messages use it.",
        examples=["https://reports.example.com"],
    )


def build(settings: Settings, context: Context) -> ReportWriter:
    """A writer of pages; the folder is made when the first page is."""
    return HtmlReports(Path(context.root) / settings.folder, settings.url)


class HtmlReports(ReportWriter):
    """Pages in a folder per monitor. A page is replaced whole or not at all."""

    def __init__(self, folder: Path, url: str | None) -> None:
        self._folder = folder
        self._url = url

    def address(self, monitor: str, window: Window) -> str:
        """Where the window's page is, or will be."""
        place = Path(file_name(monitor)) / page_name(window)
        if self._url is None:
            return str(self._folder / place)
        return f"{self._url.rstrip('/')}/{place.as_posix()}"

    def write(self, content: Content) -> str:
        """Draw the page and put it where `address` says."""
        path = self._folder / file_name(content.monitor) / page_name(content.window)
        text = draw(content)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
        except OSError as error:
            raise DriftlineError(
                f"cannot write the report {path}: {error.strerror}; the verdict is in "
                "the ledger: make room or give the right to write there, and "
                f"`driftline report {content.monitor} --day {content.window.day}` draws "
                "the page again"
            ) from error
        return self.address(content.monitor, content.window)


def file_name(text: str) -> str:
    """A name that is safe in any file system, and distinct where the text is.

    >>> file_name("2013-03-08")
    '2013-03-08'
    >>> file_name("../x")
    'x-d42ff05c'
    """
    safe = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:80]
    if safe and safe == text:
        return safe
    digest = blake2b(text.encode(errors="surrogatepass"), digest_size=4).hexdigest()
    return f"{safe or 'name'}-{digest}"


def page_name(window: Window) -> str:
    """The file of a window's page, in its monitor's folder."""
    return f"{file_name(window.label)}.html"


def draw(content: Content) -> str:
    """The page's text."""
    pictures = [_histograms.picture(finding) for finding in content.drifting]
    weightiest_last = reversed(content.about(Topic.DRIFT))
    ailing = {f.subject: f for f in weightiest_last if f.matters}
    drifted = sum(picture.finding.subject in ailing for picture in pictures)
    first = max(drifted, OPEN_COLUMNS)
    causes = _why.causes(content)
    apart = [f for f in content.about(Topic.PERFORMANCE) if f.segment]
    return _template().render(
        day=content,
        topics=Topic,
        counts=_counts(content),
        plots=[_charts.line_plot(series, content.strip) for series in content.series],
        gaps=[_charts.line_plot(series, content.strip) for series in content.gaps],
        dates=_charts.dates([judged.window for judged in content.strip]),
        pictures=pictures[:first],
        more_pictures=pictures[first:],
        ailing=ailing,
        classes=_classes(content),
        unseen="" if content.reasons else unseen_harm(content.findings),
        rest="" if content.reasons else rest_said(content.findings),
        segments=[f for f in apart if "measured" in f.evidence],
        groups=[f for f in apart if "measured" not in f.evidence],
        causes=causes,
        worst=_why.worst_segments(content),
        marks=_why.marks(content.events, causes, content.strip),
        lasting=[f for f in content.findings if f.statistic == "cusum"],
        links=[pair for pair in content.links.items() if _is_web(pair[1])],
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("driftline.adapters.reports", "."),
        autoescape=True,
        finalize=_words.plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "num": wording.number,
        "aligned": _words.aligned,
        "tenths": _words.tenths,
        "measured": _words.measured,
        "allowed": measure.allowed,
        "fill": _words.fill,
        "check": measure.measure,
        "brief": _words.brief,
        "summary": _words.summary,
        "page": page_name,
        "parts": parts,
    }
    return environment.get_template("page.html.j2")


def _counts(content: Content) -> list[tuple[str, int]]:
    """How many findings of each topic are out of bounds, most first."""
    found = [finding.topic.value for finding in content.findings if finding.matters]
    counted = [(name, found.count(name)) for name in dict.fromkeys(found)]
    return sorted(counted, key=lambda pair: -pair[1])


def _classes(content: Content) -> dict[str, Any]:
    """The confusion matrix and the numbers per class, where some finding has them."""
    for finding in content.about(Topic.PERFORMANCE):
        if finding.evidence.get("confusion") or finding.evidence.get("per_class"):
            return finding.evidence
    return {}


def _is_web(address: str) -> bool:
    """Whether a click may lead there; an address that would be cut leads nowhere."""
    web = address.startswith(("https://", "http://"))
    return web and len(address) <= _words.LONGEST


def _replace(path: Path, text: str) -> None:
    """A crash or a full disk leaves the earlier page as it was."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with temporary.open("x", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
