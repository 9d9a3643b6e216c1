"""What an artifact says, in Markdown that shows text from data as it is written."""

import re
from collections.abc import Iterable, Mapping, Sequence

from driftline.adapters.runners._reports import Judged
from driftline.core.finding import Finding
from driftline.core.measure import allowed, measure, reached
from driftline.core.verdict import Verdict

COMMAND = re.compile(r"(`[\w .,:/=-]+`)")
"""Code in a sentence, of characters that mean nothing to Markdown or HTML."""

MOST_REASONS = 20
"""Rows of the table; the report has all of them."""


def page(title: str, verdict: Verdict, facts: Mapping[str, str]) -> str:
    """The verdict with its reasons, then facts as a list, and the numbers last.

    Empty facts are left out. The page is narrow and cuts a table that is wider.
    """
    parts = [
        f"# {escaped(title)}: {verdict.word}",
        _sentences(verdict.reasons) or escaped(_why(verdict)),
        listed(facts),
        _reasons(verdict.reasons),
    ]
    return "\n\n".join(part for part in parts if part)


def overview(title: str, words: str, windows: Sequence[Judged]) -> str:
    """Many windows, one paragraph each: cells of Prefect's tables do not wrap."""
    heading = f"# {escaped(title)}: {words}"
    return "\n".join([heading, "", *map(_line, windows)]).rstrip()


def listed(facts: Mapping[str, str]) -> str:
    """One line per fact.

    >>> listed({"model": "flights-late v1", "report": ""})
    '- **model:** flights-late v1'
    """
    lines = (f"- **{escaped(k)}:** {_linked(v)}" for k, v in facts.items() if v)
    return "\n".join(lines)


def escaped(text: str) -> str:
    r"""Text as it is written: neither HTML nor Markdown in it has an effect.

    >>> escaped("a_b <b>\n| c")
    'a\\_b &lt;b&gt; \\| c'
    """
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return " ".join(re.sub(r"([\\`*_~#!\[\]|])", r"\\\1", safe).split())


def _sentences(reasons: Sequence[Finding]) -> str:
    """The three weightiest reasons in words."""
    return "\n".join(f"{n}. {escaped(r.message)}" for n, r in enumerate(reasons[:3], 1))


def _reasons(reasons: Sequence[Finding]) -> str:
    if not reasons:
        return ""
    columns = ("severity", "value", "bounds", "what", "measure")
    table = _table(columns, map(_cells, reasons[:MOST_REASONS]))
    more = len(reasons) - MOST_REASONS
    return f"{table}\n\n{more} more are in the report." if more > 0 else table


def _cells(finding: Finding) -> tuple[str, ...]:
    where = f" ({finding.segment})" if finding.segment else ""
    return (
        finding.severity.value,
        "" if finding.value is None else escaped(reached(finding)),
        escaped(allowed(finding)),
        escaped(finding.subject + where),
        escaped(measure(finding)),
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _line(judged: Judged) -> str:
    known = "known before" if judged.repeated else f"revision {judged.revision}"
    name = f"**{escaped(judged.window.label)} {judged.verdict.word}** ({known})"
    return f"- {name}: {escaped(_why(judged.verdict))}"


def _why(verdict: Verdict) -> str:
    return verdict.headline.removeprefix(f"{verdict.word}: ")


def _linked(text: str) -> str:
    """An address can be followed and a command copied; anything else is text.

    >>> _linked("run `driftline approve a_b`")
    'run `driftline approve a_b`'
    """
    if re.fullmatch(r"https?://[^\s<>()\[\]]+", text):
        return f"[{escaped(text)}]({text})"
    pieces = COMMAND.split(text)
    return "".join(
        piece if COMMAND.fullmatch(piece) else _between(piece) for piece in pieces
    )


def _between(text: str) -> str:
    """Text beside a command, with the spaces that part them."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() else ""
    return f"{before}{escaped(text)}{after}" if text.strip() else before
