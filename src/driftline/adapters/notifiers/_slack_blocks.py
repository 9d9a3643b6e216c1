"""A message as Block Kit, within Slack's limits and with nothing in it that Slack obeys.

Limits: Slack's reference of blocks (header 150, section 3000, 50 blocks). Escapes: Slack's
"Formatting text for app surfaces".
"""

import re
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from driftline.adapters.notifiers.console import WORDS, visible
from driftline.core.action import Message, Tone

# What a person reads before turning to the report.
FACTS_SHOWN = 3
TITLE_LIMIT = HeaderBlock.text_max_length
TEXT_LIMIT = SectionBlock.text_max_length
MARKS = {
    Tone.OPENED: "\N{LARGE RED CIRCLE}",
    Tone.UPDATED: "\N{LARGE ORANGE CIRCLE}",
    Tone.RESOLVED: "\N{LARGE GREEN CIRCLE}",
    Tone.NOTE: "\N{LARGE BLUE CIRCLE}",
}


def blocks(message: Message, monitor: str) -> list[dict[str, Any]]:
    """Header, summary, the facts that matter, advice, links, and where it comes from."""
    shown = [_fact(*fact) for fact in message.facts[:FACTS_SHOWN]]
    advice = (
        [f"*What to do*\n{escaped(message.advice, 2900)}"] if message.advice else []
    )
    links = [_links(message.links)] if message.links else []
    parts: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=_title(message))),
        *(_section(text) for text in [escaped(message.summary, TEXT_LIMIT), *shown]),
        *(_section(text) for text in [*advice, *links]),
        ContextBlock(elements=[_markdown(_origin(message, monitor))]),
    ]
    return [part.to_dict() for part in parts]


def fallback_text(message: Message) -> str:
    """One line for notifications and screen readers."""
    mark = MARKS[message.tone]
    return f"{mark} {escaped(f'{message.title}: {message.summary}', TEXT_LIMIT - 2)}"


def escaped(text: str, limit: int) -> str:
    """The text with no markup, link or mention in it, at most `limit` characters long.

    >>> escaped("<!channel> & co", 60)
    '&lt;!channel&gt; &amp; co'
    >>> escaped("a&b", 3)
    'a…'
    """
    chars = [_ESCAPES.get(char, char) for char in _without_mentions(visible(text))]
    if sum(map(len, chars)) <= limit:
        return "".join(chars)
    while sum(map(len, chars)) > limit - 1:
        chars = chars[: limit - 1] if len(chars) > limit else chars[:-1]
    return "".join(chars) + "…"


_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _without_mentions(text: str) -> str:
    """`@here` and its kin broken by an invisible word joiner."""
    return re.sub("@(?=here|channel|everyone)", "@\N{WORD JOINER}", text)


def _title(message: Message) -> str:
    return f"{MARKS[message.tone]} {escaped(message.title, TITLE_LIMIT - 2)}"


def _fact(what: str, text: str) -> str:
    name = escaped(what.replace("*", "\N{ASTERISK OPERATOR}"), 200)
    return f"*{name}*\n{escaped(text, 2700)}"


def _links(links: dict[str, str]) -> str:
    """What fits of the links, each whole; a path that no browser opens is shown as code."""
    text = ""
    for word, target in links.items():
        link = _link(escaped(word, 75), target)
        if len(text) + len(link) + 3 <= TEXT_LIMIT:
            text += f" · {link}" if text else link
    return text or "The links are too long to show."


def _link(word: str, target: str) -> str:
    if not target.startswith(("https://", "http://")):
        return f"{word}: `{escaped(target.replace('`', ' '), 900)}`"
    address = re.sub(r"[|<>\s]", lambda match: f"%{ord(match[0]):02X}", target)
    return f"<{address.replace('&', '&amp;')}|{word}>"


def _origin(message: Message, monitor: str) -> str:
    more = len(message.facts) - FACTS_SHOWN
    parts = [
        WORDS[message.tone],
        escaped(monitor, 200),
        f"and {more} more in the report" if more > 0 else "",
        f"`{escaped(message.key.replace('`', ' '), 300)}`",
    ]
    return " · ".join(part for part in parts if part)


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=_markdown(text))


def _markdown(text: str) -> MarkdownTextObject:
    # Verbatim: Slack makes no links or mentions of its own out of words in the data.
    return MarkdownTextObject(text=text, verbatim=True)
