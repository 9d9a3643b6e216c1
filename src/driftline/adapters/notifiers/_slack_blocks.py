"""A message as Block Kit, within Slack's limits and with nothing in it that Slack obeys.

Limits: Slack's reference of blocks (header 150, section 3000, 50 blocks). Escapes: Slack's
"Formatting text for app surfaces".
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from driftline.adapters.notifiers.console import WORDS, visible
from driftline.core.action import Answer, Message, Tone

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


BUTTONS = {
    Answer.ACKNOWLEDGE: "Acknowledge",
    Answer.SILENCE: "Silence 7 days",
    Answer.RETRAIN: "Retrain now",
    Answer.APPROVE: "Approve",
    Answer.FALSE_ALARM: "False alarm",
}
ACTION = "driftline:"
"""What the id of a button of ours begins with; the answer follows."""

MOST_SECTIONS = 2
SECTION = 2000
"""Of members. Slack refuses a message whose blocks hold much more than 13,000 signs."""

SUMMARY, FACT, AROUND, LINKS = 1500, 900, 700, 1500
"""The most signs of each part, so that a whole message stays below that."""


def blocks(message: Message, monitor: str) -> list[dict[str, Any]]:
    """Header, summary, facts, what they mean, what to do, buttons, and the origin."""
    shown = [_fact(*fact) for fact in message.facts[:FACTS_SHOWN]]
    around = [
        _titled("Why it matters", message.matters),
        _titled("What is being done", message.doing),
        _titled("What to do", message.advice),
        _links(message.links) if message.links else "",
    ]
    texts = [escaped(message.summary, SUMMARY), *shown, *_members(message), *around]
    parts: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=_title(message))),
        *(_section(text) for text in texts if text),
        *_buttons(message, monitor),
        ContextBlock(elements=[_markdown(_origin(message, monitor))]),
    ]
    return [part.to_dict() for part in parts]


def _titled(title: str, text: str) -> str:
    return f"*{title}*\n{escaped(text, AROUND)}" if text else ""


def _members(message: Message) -> list[str]:
    """The monitors that share the thread, as many to a section as fit into it."""
    lines = [
        f"• *{escaped(name, 200)}*: {escaped(text, 400)}"
        for name, text in message.members
    ]
    sections = _packed(lines)
    hidden = sections[MOST_SECTIONS:]
    more = sum(section.count("\n") + 1 for section in hidden)
    said = [f"and {more} more; `driftline incidents` lists them"] if more else []
    return [*sections[:MOST_SECTIONS], *said]


def _packed(lines: Iterable[str]) -> list[str]:
    packed: list[str] = []
    for line in lines:
        if packed and len(packed[-1]) + len(line) < SECTION:
            packed[-1] += f"\n{line}"
        else:
            packed.append(line)
    return packed


def _buttons(message: Message, monitor: str) -> list[Block]:
    """What the reader may answer; a button carries which incident it is about."""
    if not message.answers:
        return []
    about = {"monitor": message.monitor or monitor, "thread": message.thread}
    buttons = [
        ButtonElement(
            text=PlainTextObject(text=BUTTONS[answer]),
            action_id=f"{ACTION}{answer}",
            value=json.dumps(about),
        )
        for answer in message.answers
    ]
    return [ActionsBlock(elements=buttons)]


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
    return f"*{name}*\n{escaped(text, FACT)}"


def _links(links: dict[str, str]) -> str:
    """What fits of the links, each whole; a path that no browser opens is shown as code."""
    text = ""
    for word, target in links.items():
        link = _link(escaped(word, 75), target)
        if len(text) + len(link) + 3 <= LINKS:
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
        escaped(message.monitor or monitor, 200),
        escaped(message.state, 300),
        f"and {more} more in the report" if more > 0 else "",
        f"`{escaped(message.key.replace('`', ' '), 300)}`",
    ]
    return " · ".join(part for part in parts if part)


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=_markdown(text))


def _markdown(text: str) -> MarkdownTextObject:
    # Verbatim: Slack makes no links or mentions of its own out of words in the data.
    return MarkdownTextObject(text=text, verbatim=True)
