"""The checker finds each kind of violation in a history that is otherwise sound."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from driftline.core.window import day_window
from driftline.ports import LedgerEntry, WindowKey
from tests.load.checker import Records, days_in_order, first_violation
from tests.load.history import Operation

Break = Callable[[Records], Records]


def entry(day: int, number: int, fingerprint: str = "f") -> LedgerEntry:
    key = WindowKey("m", "1", day_window(date(2026, 1, day)), fingerprint, "p")
    at = datetime(2026, 2, 1, tzinfo=UTC)
    return LedgerEntry(number, key, 1, "healthy", at, {}, (), {})


def action(kind: str, key: str, /, **payload: object) -> dict[str, object]:
    return {
        "kind": kind,
        "key": key,
        "monitor": "m",
        "lane": "thread/place",
        "payload": payload,
        "state": "done",
        "reason": "",
    }


def told(key: str) -> dict[str, object]:
    return action("notify", f"{key}/slack", message={"key": key})


def asked(key: str, as_of: str) -> dict[str, object]:
    return action("retrain", f"retrain/{key}", key=key, as_of=as_of)


def line(at: int, worker: int, phase: str, what: str, subject: str) -> Operation:
    monitor = "m" if what in ("acquire", "release", "record") else ""
    detail = "f" if what == "record" else ""
    return Operation(at, worker, phase, what, monitor, subject, detail)


def day_of_work(start: int, worker: int, label: str, message: str) -> list[Operation]:
    """A window taken, recorded and told of, and given back."""
    steps = [
        ("done", "acquire", label),
        ("done", "record", label),
        ("done", "claim", message),
        ("begun", "finish", message),
        ("done", "finish", message),
        ("begun", "release", label),
    ]
    return [line(start + n, worker, *step) for n, step in enumerate(steps)]


@pytest.fixture
def sound() -> Records:
    """Two days by two workers, a message each and a run."""
    return Records(
        history=[
            *day_of_work(0, 1, "2026-01-01", "a/slack"),
            *day_of_work(10, 2, "2026-01-02", "b/slack"),
            line(20, 1, "done", "usage", ""),
        ],
        entries=[entry(1, 1), entry(2, 2)],
        actions=[told("a"), told("b"), asked("r", "2026-01-02")],
        posted=["a", "b"],
        charts=[],
        runs=["r"],
        expected=frozenset({("m", "2026-01-01"), ("m", "2026-01-02")}),
    )


def test_a_sound_history_has_no_violation(sound: Records) -> None:
    """Nothing is reported where there is nothing."""
    assert first_violation(sound, days_in_order) is None


def test_a_window_of_a_killed_worker_may_be_taken(sound: Records) -> None:
    """Worker 1 does nothing any more once worker 2 has its window and its message."""
    killed = [
        line(0, 1, "done", "acquire", "2026-01-01"),
        line(1, 1, "done", "claim", "a/slack"),
    ]
    rest = [
        *day_of_work(2, 2, "2026-01-01", "a/slack"),
        *day_of_work(10, 2, "2026-01-02", "b/slack"),
    ]
    assert first_violation(replace(sound, history=[*killed, *rest])) is None


def failing(records: Records) -> Records:
    first, *rest = records.actions
    return replace(records, actions=[{**first, "state": "pending"}, *rest])


BROKEN: dict[str, Break] = {
    "2026-01-02 was lost": lambda r: replace(r, entries=r.entries[:1]),
    "has 2 results": lambda r: replace(r, entries=[*r.entries, entry(2, 3, "g")]),
    "was not asked for": lambda r: replace(r, entries=[*r.entries, entry(3, 3)]),
    "is not in the ledger": lambda r: replace(
        r, entries=[entry(1, 1), entry(2, 2, "other")]
    ),
    "is held by 1 and 2 at once": lambda r: replace(
        r,
        history=[
            *r.history[:2],
            line(1, 2, "done", "acquire", "2026-01-01"),
            *r.history[2:],
        ],
    ),
    "is claimed by 1 and 2 at once": lambda r: replace(
        r,
        history=[
            *r.history[:3],
            line(2, 2, "done", "claim", "a/slack"),
            *r.history[3:],
        ],
    ),
    "was claimed after it was done": lambda r: replace(
        r, history=[*r.history, line(30, 2, "done", "claim", "a/slack")]
    ),
    "reached people 2 times": lambda r: replace(r, posted=["a", "b", "b"]),
    "reached people 0 times": lambda r: replace(r, posted=["a"]),
    "was never committed": lambda r: replace(r, posted=["a", "b", "c"]),
    "charts": lambda r: replace(r, charts=["c.png"]),
    "is pending": failing,
    "runs and requests differ: ['r', 's']": lambda r: replace(r, runs=["s"]),
    "runs and requests differ: ['r', 'r']": lambda r: replace(r, runs=["r", "r"]),
    "in flight, on 2026-01-03": lambda r: replace(
        r, actions=[*r.actions, asked("s", "2026-01-03")], runs=["r", "s"]
    ),
    "arrived in another order": lambda r: replace(r, posted=["b", "a"]),
    "was recorded after 2026-01-02": lambda r: replace(r, entries=r.entries[::-1]),
}


@pytest.mark.parametrize("said", BROKEN)
def test_a_violation_is_found_and_said(said: str, sound: Records) -> None:
    """Each check can fail, and names what is wrong."""
    found = first_violation(BROKEN[said](sound), days_in_order)
    assert found is not None
    assert said in found.said


def test_a_violation_comes_with_what_happened(sound: Records) -> None:
    """The operations on what was lost, in their order, with their worker."""
    found = first_violation(replace(sound, posted=["a"]))
    assert found is not None
    assert [each.what for each in found.context] == ["claim", "finish", "finish"]
    assert "worker 2" in str(found)
