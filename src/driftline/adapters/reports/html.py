"""One self-contained HTML file per monitor and window: no script, no network, no address."""

import os
import re
import tempfile
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from driftline.adapters.reports import _charts
from driftline.core.finding import Finding, Topic
from driftline.core.report import Content
from driftline.core.window import Window
from driftline.errors import DriftlineError
from driftline.ports import Context, ReportWriter

if TYPE_CHECKING:
    from jinja2 import Template


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
        place = self._place(monitor, window)
        if self._url is None:
            return str(self._folder / place)
        return f"{self._url.rstrip('/')}/{place.as_posix()}"

    def write(self, content: Content) -> str:
        """Draw the page and put it where `address` says."""
        path = self._folder / self._place(content.monitor, content.window)
        text = draw(content)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text)
        except OSError as error:
            raise DriftlineError(
                f"cannot write the report {path}: {error.strerror}; the verdict is in "
                "the ledger, and `driftline report` draws the page again"
            ) from error
        return self.address(content.monitor, content.window)

    def _place(self, monitor: str, window: Window) -> Path:
        return Path(file_name(monitor)) / f"{file_name(window.label)}.html"


def file_name(text: str) -> str:
    """A name that is safe in any file system, and distinct where the text is.

    >>> file_name("2013-03-08")
    '2013-03-08'
    >>> file_name("../x")
    'x-90b1'
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:80]
    if plain == text:
        return plain
    return f"{plain or 'name'}-{blake2b(text.encode(), digest_size=2).hexdigest()}"


def draw(content: Content) -> str:
    """The page's text."""
    return _template().render(
        day=content,
        topics=Topic,
        plots=[_charts.line_plot(series) for series in content.series],
        columns=[(f, _charts.bar_plot(f)) for f in content.drifting],
        listed=[f for f in content.about(Topic.DRIFT) if f.matters],
        confusion=_evidence(content, "confusion"),
        segments=_segments(content),
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("driftline.adapters.reports", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["num"] = number
    return environment.get_template("page.html.j2")


def number(value: float | None) -> str:
    """Four significant digits, thousands grouped; a dash where there is none.

    >>> number(1234567.0), number(0.00012345), number(None)
    ('1,234,567', '0.0001234', '–')
    """
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4g}"


def _evidence(content: Content, name: str) -> object:
    """What the deciding metric's findings carry under a name."""
    about = content.about(Topic.PERFORMANCE)
    return next((f.evidence[name] for f in about if f.evidence.get(name)), None)


def _segments(content: Content) -> list[Finding]:
    return [f for f in content.about(Topic.PERFORMANCE) if f.segment]


def _replace(path: Path, text: str) -> None:
    """A crash or a full disk leaves the earlier page as it was."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
