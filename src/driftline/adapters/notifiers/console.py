"""Messages to the terminal: what Slack would have said, in plain lines."""

import sys
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from driftline.core.action import Message, Tone
from driftline.errors import DeliveryFailed
from driftline.ports import Context, Notifier, Receipt

WORDS = {
    Tone.OPENED: "Opened",
    Tone.UPDATED: "Update",
    Tone.RESOLVED: "Resolved",
    Tone.NOTE: "Note",
}
_COLOURS = {
    Tone.OPENED: "bold red",
    Tone.UPDATED: "bold yellow",
    Tone.RESOLVED: "bold green",
    Tone.NOTE: "bold blue",
}


class Settings(BaseModel):
    """Where the lines go."""

    model_config = ConfigDict(extra="forbid")

    stream: Literal["stdout", "stderr"] = Field(
        default="stderr", description="stderr leaves stdout to what a command prints"
    )


class Console(Notifier):
    """Lines that read well without colour and coloured on a terminal."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, message: Message, thread: str = "") -> Receipt:
        """Print the message. Lines follow each other, so a thread needs no receipt."""
        from rich.console import Console as Terminal
        from rich.text import Text

        # Looked up now, so that a stream replaced since the start is the one written to.
        terminal = Terminal(file=getattr(sys, self._settings.stream))
        heading, *lines = plain_lines(message)
        try:
            terminal.print(Text(heading, _COLOURS[message.tone]), soft_wrap=True)
            for line in lines:
                terminal.print(Text(line), soft_wrap=True)
        except (OSError, UnicodeEncodeError) as error:
            raise DeliveryFailed(
                f"cannot write to {self._settings.stream} ({type(error).__name__})"
            ) from error
        return Receipt()

    def draft(self, message: Message) -> str:
        """The lines that would be printed."""
        return "\n".join(plain_lines(message))


def plain_lines(message: Message) -> list[str]:
    r"""The message line by line, with nothing in it that a terminal would obey.

    >>> plain_lines(Message("k", "t", Tone.NOTE, "all\x1b[2J well", "one day"))
    ['[Note] all\ufffd[2J well', '  one day']
    """
    lines = [f"[{WORDS[message.tone]}] {message.title}", f"  {message.summary}"]
    lines += [f"  {message.state}"] if message.state else []
    lines += [f"  - {what}: {text}" for what, text in message.facts]
    lines += [f"  - {name}: {text}" for name, text in message.members]
    lines += [f"  Why it matters: {message.matters}"] if message.matters else []
    lines += [f"  Being done: {message.doing}"] if message.doing else []
    lines += [f"  To do: {message.advice}"] if message.advice else []
    lines += [f"  {word}: {target}" for word, target in message.links.items()]
    return [part for line in lines for part in visible(line).split("\n")]


def visible(text: str) -> str:
    r"""Control and direction characters replaced: data must not move the cursor.

    >>> visible("a\tb\x1b[2J")
    'a b\ufffd[2J'
    """
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\n" or char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"


def build(settings: Settings, context: Context) -> Console:
    """A notifier that always has somewhere to write."""
    return Console(settings)
