"""What people are told of a retraining: asked for, in question, won, lost, taken back."""

from collections.abc import Mapping
from dataclasses import replace

from driftline.core.action import Answer, Message, Tone
from driftline.core.model import ModelVersion


def retraining_requested(
    monitor: str, key: str, reason: str, links: Mapping[str, str]
) -> Message:
    """A note that a challenger will be trained, and why that pays.

    `key` is the retraining request's.
    """
    what = f"{monitor}: retraining requested"
    return _note(f"{key}/requested", what, reason, "Nothing to do.", links)


def approval_wanted(
    monitor: str, key: str, reason: str, links: Mapping[str, str]
) -> Message:
    """A question: the retraining costs more than may be spent without a person."""
    what = f"{monitor}: a retraining waits for approval"
    advice = (
        f"If it is worth it: `driftline approve {monitor}`. Without an answer nothing is "
        "trained."
    )
    note = _note(f"{key}/approval", what, reason, advice, links)
    return replace(note, monitor=monitor, answers=(Answer.APPROVE,))


def promoted(
    monitor: str,
    key: str,
    challenger: ModelVersion,
    reason: str,
    links: Mapping[str, str],
) -> Message:
    """A note that the challenger is in service now, with the comparison in words."""
    what = f"{monitor}: {challenger} promoted"
    advice = (
        "Nothing to do. To go back, move the registry's alias to the version before."
    )
    return _note(f"{key}/promoted", what, reason, advice, links)


def not_better(
    monitor: str,
    key: str,
    champion: ModelVersion,
    reason: str,
    links: Mapping[str, str],
) -> Message:
    """A note that the challenger lost, with the comparison in words."""
    what = f"{monitor}: {champion} stays in service"
    advice = "Retraining did not help: look for a data bug or for missing features."
    return _note(f"{key}/not-better", what, reason, advice, links)


def shadow_begun(
    monitor: str,
    key: str,
    versions: tuple[ModelVersion, ModelVersion],
    reason: str,
    links: Mapping[str, str],
) -> Message:
    """A note that the first of the versions is scored beside the second, and why."""
    challenger, champion = versions
    what = f"{monitor}: {challenger} in shadow beside {champion}"
    advice = "Nothing to do: the challenger serves nobody until it is surely better."
    return _note(f"{key}/shadow", what, reason, advice, links)


def shadow_dropped(
    monitor: str,
    key: str,
    challenger: ModelVersion,
    reason: str,
    links: Mapping[str, str],
) -> Message:
    """A note that the challenger does not come into service after its shadow, and why."""
    what = f"{monitor}: {challenger} dropped after its shadow"
    advice = "Nothing to do: the version in service stays there."
    return _note(f"{key}/dropped", what, reason, advice, links)


def rolled_back(
    monitor: str,
    key: str,
    versions: tuple[ModelVersion, ModelVersion],
    reason: str,
    links: Mapping[str, str],
) -> Message:
    """A note that the first of the versions did harm, and that the second serves again."""
    harmful, before = versions
    what = f"{monitor}: {harmful} rolled back, {before} serves again"
    advice = (
        "Compare the days since the promotion with those of the contest before the "
        "next run; none is asked for during the cool-down."
    )
    return _note(f"{key}/rolled-back", what, reason, advice, links)


def _note(
    key: str, title: str, summary: str, advice: str, links: Mapping[str, str]
) -> Message:
    return Message(
        key=f"notify/{key}",
        thread="",
        tone=Tone.NOTE,
        title=title,
        summary=summary,
        advice=advice,
        links=dict(links),
    )
