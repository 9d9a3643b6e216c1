"""Proves from what a load left behind that nothing was lost and nothing came twice.

In the manner of Jepsen: each check walks over the history of operations, the ledger, the
messages that Slack received and the runs that were started, and yields what contradicts
it, with the operations around. No check asks the product for its opinion.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from driftline.app.retraining.record import FLIGHT_DAYS
from driftline.core.action import ActionKind
from driftline.ports import LedgerEntry
from tests.load.history import Operation

AROUND = 12
"""Operations that a violation shows."""


@dataclass(frozen=True, slots=True)
class Records:
    """What a load left behind.

    `entries` has every revision of every window in order of record, `actions` the outbox
    in its order, `posted` the keys of the messages that Slack received in order of
    arrival, `charts` the names of its files, `runs` the requests that started one.
    `expected` are the windows that were to be judged, by monitor and label.
    """

    history: Sequence[Operation]
    entries: Sequence[LedgerEntry]
    actions: Sequence[dict[str, Any]]
    posted: Sequence[str]
    charts: Sequence[str]
    runs: Sequence[str]
    expected: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Violation:
    """What must not be, and the operations that concern it."""

    said: str
    context: tuple[Operation, ...] = ()

    def __str__(self) -> str:
        return "\n    ".join([self.said, *map(str, self.context)])


Check = Callable[[Records], Iterator[Violation]]


def first_violation(records: Records, *more: Check) -> Violation | None:
    """The first thing that is wrong, or None."""
    found = (each for check in (*CHECKS, *more) for each in check(records))
    return next(found, None)


def each_window_once(records: Records) -> Iterator[Violation]:
    """One committed result for every monitor and window that was to be judged."""
    judged = Counter((e.key.monitor, e.key.window.label) for e in records.entries)
    for monitor, label in sorted(records.expected - set(judged)):
        yield _about(records, f"{monitor} {label} was lost: no result", monitor, label)
    for (monitor, label), times in judged.items():
        if times > 1:
            said = f"{monitor} {label} has {times} results of the same rows"
            yield _about(records, said, monitor, label)
        if (monitor, label) not in records.expected:
            yield _about(
                records, f"{monitor} {label} was not asked for", monitor, label
            )


def what_was_recorded_stays(records: Records) -> Iterator[Violation]:
    """A record that a worker was told is done is in the ledger, as it was told."""
    held = {
        (e.key.monitor, e.key.window.label, e.key.fingerprint) for e in records.entries
    }
    for each in _those(records, "record", "done"):
        if (each.monitor, each.subject, each.detail) not in held:
            said = (
                f"{each.monitor} {each.subject} was recorded and is not in the ledger"
            )
            yield _about(records, said, each.monitor, each.subject)


def one_holder(records: Records) -> Iterator[Violation]:
    """No two workers that live hold a window at a time."""
    yield from _exclusive(records, "acquire", ("release",), "held")


def one_claimant(records: Records) -> Iterator[Violation]:
    """No two workers that live carry out an action at a time."""
    yield from _exclusive(records, "claim", ("finish", "postpone"), "claimed")


def done_is_done(records: Records) -> Iterator[Violation]:
    """No action is claimed once a worker has been told that it is done."""
    finished: set[str] = set()
    for each in records.history:
        if each.phase == "done" and each.what == "finish":
            finished.add(each.subject)
        if each.what == "claim" and each.subject in finished:
            said = f"{each.subject} was claimed after it was done"
            yield _about(records, said, "", each.subject)


def each_message_once(records: Records) -> Iterator[Violation]:
    """What was committed reached people once, and nothing else did."""
    committed = {
        action["payload"]["message"]["key"]: action["key"]
        for action in records.actions
        if action["kind"] == ActionKind.NOTIFY
    }
    arrived = Counter(records.posted)
    for key, action in committed.items():
        if arrived[key] != 1:
            said = f"{key} was committed once and reached people {arrived[key]} times"
            yield _about(records, said, "", action)
    for key in set(arrived) - set(committed):
        yield Violation(f"{key} reached people and was never committed")


def each_chart_once(records: Records) -> Iterator[Violation]:
    """A chart hangs in its thread once."""
    committed = sum(action["kind"] == ActionKind.CHART for action in records.actions)
    for name, times in Counter(records.charts).items():
        if times > 1:
            yield Violation(f"the chart {name} is there {times} times")
    if len(records.charts) > committed:
        yield Violation(f"{len(records.charts)} charts, and {committed} were committed")


def outbox_is_empty(records: Records) -> Iterator[Violation]:
    """Everything that was decided has been carried out."""
    for action in records.actions:
        if action["state"] != "done":
            said = f"{action['key']} is {action['state']}: {action['reason']}"
            yield _about(records, said, "", action["key"])


def each_run_once(records: Records) -> Iterator[Violation]:
    """A run for every request; never a second one while the first is in flight."""
    asked = {
        action["payload"]["key"]: action
        for action in records.actions
        if action["kind"] == ActionKind.RETRAIN
    }
    if Counter(records.runs) != Counter(list(asked)):
        odd = set(records.runs) ^ set(asked)
        yield Violation(f"runs and requests differ: {sorted(odd) or records.runs}")
    of_monitor: dict[str, list[date]] = defaultdict(list)
    for action in asked.values():
        of_monitor[action["monitor"]].append(
            date.fromisoformat(action["payload"]["as_of"])
        )
    for monitor, days in of_monitor.items():
        for one, other in zip(sorted(days), sorted(days)[1:], strict=False):
            if (other - one).days <= FLIGHT_DAYS:
                yield Violation(f"{monitor} asked on {one} and, in flight, on {other}")


def threads_in_order(records: Records) -> Iterator[Violation]:
    """Messages of one thread arrived in the order in which they were committed."""
    place = {key: number for number, key in enumerate(records.posted)}
    lanes: dict[str, list[str]] = defaultdict(list)
    for action in records.actions:
        if action["kind"] == ActionKind.NOTIFY and action["lane"]:
            lanes[action["lane"]].append(action["payload"]["message"]["key"])
    for lane, keys in lanes.items():
        known = [key for key in keys if key in place]
        if known != sorted(known, key=place.__getitem__):
            yield Violation(f"{lane}: messages arrived in another order: {known}")


def days_in_order(records: Records) -> Iterator[Violation]:
    """Each monitor's windows were recorded oldest first."""
    latest: dict[str, LedgerEntry] = {}
    for entry in records.entries:
        before = latest.get(entry.key.monitor)
        if before and entry.key.window.start < before.key.window.start:
            monitor, label = entry.key.monitor, entry.key.window.label
            said = f"{monitor} {label} was recorded after {before.key.window.label}"
            yield _about(records, said, monitor, label)
        latest[entry.key.monitor] = entry


CHECKS: tuple[Check, ...] = (
    each_window_once,
    what_was_recorded_stays,
    one_holder,
    one_claimant,
    done_is_done,
    each_message_once,
    each_chart_once,
    outbox_is_empty,
    each_run_once,
    threads_in_order,
)
"""What holds for every load; `days_in_order` where one worker at a time takes a monitor."""


def _exclusive(
    records: Records, taken: str, given_back: tuple[str, ...], word: str
) -> Iterator[Violation]:
    """Two workers have the same thing although the first one goes on working."""
    last = {each.worker: each.at for each in records.history}
    holder: dict[tuple[str, str], Operation] = {}
    for each in records.history:
        subject = (each.monitor if taken == "acquire" else "", each.subject)
        if each.what in given_back and each.phase == "begun":
            held = holder.get(subject)
            if held and held.worker == each.worker:
                del holder[subject]
        if each.what != taken or each.phase != "done":
            continue
        held = holder.get(subject)
        if held and held.worker != each.worker and last[held.worker] > each.at:
            said = (
                f"{each.subject} is {word} by {held.worker} and {each.worker} at once"
            )
            yield _about(records, said, each.monitor, each.subject)
        holder[subject] = each


def _those(records: Records, what: str, phase: str) -> Iterable[Operation]:
    return (o for o in records.history if o.what == what and o.phase == phase)


def _about(records: Records, said: str, monitor: str, subject: str) -> Violation:
    """With the last operations on the subject."""
    own = [
        each
        for each in records.history
        if each.subject == subject and monitor in ("", each.monitor)
    ]
    return Violation(said, tuple(own[-AROUND:]))
