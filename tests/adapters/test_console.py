"""What the terminal shows."""

import pytest

from driftline.adapters.notifiers import console
from driftline.core.action import Message, Tone
from driftline.core.roles import Roles, Task
from driftline.ports import Context

CONTEXT = Context("flights", ".", "UTC", Roles(Task.BINARY, "at", "late"))


def show(message: Message, stream: str = "stderr") -> None:
    """Send it to the terminal."""
    console.build(console.Settings(stream=stream), CONTEXT).send(message)


def test_the_lines_read_well_without_colour(capsys: pytest.CaptureFixture[str]) -> None:
    """Every part of the message is there, one thing a line, however long."""
    long = "PSI 0.41, limit 0.20, " * 10

    show(
        Message(
            "k",
            "t",
            Tone.OPENED,
            "Act",
            "worse than it may",
            (("dep_delay", long),),
            "look",
            {"report": "r.html"},
        )
    )

    assert capsys.readouterr().err.splitlines() == [
        "[Opened] Act",
        "  worse than it may",
        f"  - dep_delay: {long}",
        "  To do: look",
        "  report: r.html",
    ]


def test_data_is_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Rich's markup, emoji codes and escape sequences in data are shown, not obeyed."""
    show(
        Message("k", "t", Tone.NOTE, "[red]a[/red]", ":smile: [/] \x1b[2J \u202e"),
        "stdout",
    )

    shown = capsys.readouterr().out
    assert "[red]a[/red]" in shown
    assert ":smile: [/] �[2J �" in shown
