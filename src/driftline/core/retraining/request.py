"""Whether to ask for a retraining run, and the one reason why or why not.

Retraining on broken data teaches the model the breakage, and a run that did not help
will not help tomorrow either: every interlock here was bought with such a run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from driftline.core.finding import DIAGNOSIS, Finding, Outcome, Severity, Topic
from driftline.core.retraining.economics import Balance


class Reason(StrEnum):
    """Why a retraining is requested, or is not."""

    REQUESTED = "requested"
    DISABLED = "disabled"
    NOT_NEEDED = "not needed"
    IN_FLIGHT = "a run is in flight"
    IN_SHADOW = "a challenger is in shadow"
    SLICE_BROKEN = "slice broken"
    VALIDATION_FAILED = "validation failed"
    DATA_INCIDENT = "data incident open"
    TOO_FEW_LABELS = "too few labels"
    COOL_DOWN = "cool-down"
    DID_NOT_HELP = "the last runs did not help"
    BUDGET_SPENT = "budget spent"
    HALTED = "switched off"
    NOT_YET = "does not pay yet"


class Standing(StrEnum):
    """How a retraining stands that was asked for and has not ended; `OFF`: none can be."""

    NONE = ""
    OFF = "not set up"
    UNDER_WAY = "under way"
    WAITS = "waits for approval"


UNENDED = {
    Standing.UNDER_WAY: "a run is under way already",
    Standing.WAITS: "one that was asked for before waits for approval",
}
"""What an earlier request says about another one."""


@dataclass(frozen=True, slots=True)
class RetrainingPolicy:
    """What a monitor allows. `hard_signals` are drift statistics that mean broken data."""

    enabled: bool = True
    min_labelled: int = 1000
    cool_down_days: int = 7
    give_up_after: int = 3
    hard_signals: frozenset[str] = frozenset(
        {
            "null_rate",
            "unseen",
            "unseen_values",
            "range",
            "off_grid",
            "row_count",
            "duplicates",
        }
    )


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known when the verdict is there.

    `recent` are the findings of the windows that a challenger would be trained on.
    `labelled` counts the labelled rows of these. `standing` is that of an earlier
    request. `days_since_last` is None before the first run. `helped` tells of each
    finished run, oldest first, whether its challenger was promoted and stayed.
    `halted` says who or what has switched runs off for now.
    `balance` is what waiting costs against what a run does; None where that is unknown.
    `shadow` says which challenger is scored beside the champion; empty where none is.
    """

    findings: tuple[Finding, ...]
    recent: tuple[Finding, ...] = ()
    data_incident_open: bool = False
    labelled: int = 0
    standing: Standing = Standing.NONE
    days_since_last: int | None = None
    helped: tuple[bool, ...] = ()
    halted: str = ""
    balance: Balance | None = None
    shadow: str = ""


@dataclass(frozen=True, slots=True)
class RetrainingDecision:
    """One reason, and the sentence that a person reads."""

    reason: Reason
    sentence: str

    @property
    def requested(self) -> bool:
        """Whether a run is to be started."""
        return self.reason is Reason.REQUESTED

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "requested": self.requested,
            "reason": self.reason.value,
            "sentence": self.sentence,
        }


def decide_retraining(
    situation: Situation, policy: RetrainingPolicy | None = None
) -> RetrainingDecision:
    """Request a run for lasting harm once it pays, unless an interlock holds.

    What is unknown or errored never requests one.

    >>> decide_retraining(Situation(findings=())).sentence
    'No retraining: nothing critical was found in performance.'
    """
    policy = policy or RetrainingPolicy()
    harm = [f for f in _critical(situation.findings) if f.topic is Topic.PERFORMANCE]
    harm = [finding for finding in harm if finding.outcome is Outcome.BREACHED]
    if not policy.enabled:
        return _no(
            Reason.DISABLED, "the monitor file switches it off (retraining: enabled)"
        )
    if not harm:
        return _no(Reason.NOT_NEEDED, "nothing critical was found in performance")
    if situation.halted:
        return _no(Reason.HALTED, situation.halted)
    if situation.standing:
        return _no(Reason.IN_FLIGHT, UNENDED[situation.standing])
    if situation.shadow:
        return _no(Reason.IN_SHADOW, situation.shadow)
    blocked = (
        _data_interlock(situation, policy)
        or _run_interlock(situation, policy)
        or _money_interlock(situation)
    )
    return blocked or RetrainingDecision(
        Reason.REQUESTED, _requested(situation, harm[0])
    )


def _requested(situation: Situation, harm: Finding) -> str:
    sums = f"; {situation.balance.sentence}" if situation.balance else ""
    return (
        f"Retraining requested on {situation.labelled:,} labelled rows: "
        f"{harm.message}{sums}."
    )


def _money_interlock(situation: Situation) -> RetrainingDecision | None:
    spent = [f for f in _critical(situation.findings) if f.topic is Topic.COST]
    if spent:
        return _no(Reason.BUDGET_SPENT, f"the budget is spent: {spent[0].message}")
    if situation.balance is not None and not situation.balance.pays:
        return _no(Reason.NOT_YET, f"it does not pay yet: {situation.balance.sentence}")
    return None


def _data_interlock(
    situation: Situation, policy: RetrainingPolicy
) -> RetrainingDecision | None:
    known = (*situation.findings, *situation.recent)
    named = [f for f in known if f.matters and f.statistic == DIAGNOSIS]
    if named:
        return _no(
            Reason.DATA_INCIDENT,
            f"this is broken data, not a changed world: {named[0].message}",
        )
    critical = _critical(known)
    for topic, reason in (
        (Topic.SLICE, Reason.SLICE_BROKEN),
        (Topic.VALIDATION, Reason.VALIDATION_FAILED),
    ):
        found = [finding for finding in critical if finding.topic is topic]
        if found:
            return _no(reason, f"the data must be mended first: {found[0].message}")
    hard = [
        finding
        for finding in critical
        if finding.topic is Topic.DRIFT and finding.statistic in policy.hard_signals
    ]
    if hard:
        broken = f"this looks like broken data, not a changed world: {hard[0].message}"
        return _no(Reason.DATA_INCIDENT, broken)
    if situation.data_incident_open:
        return _no(Reason.DATA_INCIDENT, "a data incident is open; close it first")
    return None


def _run_interlock(
    situation: Situation, policy: RetrainingPolicy
) -> RetrainingDecision | None:
    if situation.labelled < policy.min_labelled:
        return _no(
            Reason.TOO_FEW_LABELS,
            f"{situation.labelled:,} labelled rows to learn from (of sound days that were "
            f"judged, before the holdout); {policy.min_labelled:,} are needed",
        )
    since = situation.days_since_last
    if since is not None and since < policy.cool_down_days:
        return _no(
            Reason.COOL_DOWN,
            f"the last run was {since} days ago; the next may start after "
            f"{policy.cool_down_days}",
        )
    last = situation.helped[-policy.give_up_after :] if policy.give_up_after else ()
    if policy.give_up_after and len(last) == policy.give_up_after and not any(last):
        return _no(
            Reason.DID_NOT_HELP,
            f"the last {len(last)} runs brought no better model; look at the data and "
            "the features, then start one by hand with `driftline retrain`",
        )
    return None


def _critical(findings: Iterable[Finding]) -> list[Finding]:
    return [f for f in findings if f.matters and f.severity is Severity.CRITICAL]


def _no(reason: Reason, because: str) -> RetrainingDecision:
    return RetrainingDecision(reason, f"No retraining: {because}.")
