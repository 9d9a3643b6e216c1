"""Stories of drift: what people have heard of each, from one window to the next.

The soft findings of a column are one story, whichever statistics tell it. How it goes with
other columns is a story of its own, and so are the errors of each group of rows. What broken
data do to a column is no story of drift: such a window leaves its stories as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from driftline.core.finding import DIAGNOSIS, Finding, Severity, Topic
from driftline.core.why.ranking import surprise

APART = "apart"
"""The side of a distance, which has none."""


@dataclass(frozen=True, slots=True)
class Told:
    """What people have heard of one story of a column, outside since the window `since`.

    `sides` are those on which it was outside, `far` how far each statistic was when that
    was told, in reaches of its bound, and `lasting` whether they heard that it lasts.
    `clear` counts the windows since it was last outside.
    """

    column: str
    since: str
    sides: tuple[str, ...] = ()
    far: Mapping[str, float] = field(default_factory=dict)
    lasting: bool = False
    clear: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """What `to_json` wrote."""
        return cls(**{**values, "sides": tuple(values["sides"])})

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"sides": list(self.sides)}

    def ends(self, memory: float) -> bool:
        """Whether one more window inside is the last of so many."""
        return self.clear + 1 >= memory


Stories = Mapping[str, Told]


def stories_of(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The soft findings that are out of bounds, by the story that they tell."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.matters and is_soft(finding):
            found.setdefault(_story_of(finding), []).append(finding)
    return found


def _story_of(finding: Finding) -> str:
    role, column = finding.evidence.get("role"), finding.subject
    if role in ("pair", "joint"):
        return f"{column} beside others"
    if role == "group":
        return f"{finding.evidence['kind']} of {finding.evidence['group']}"
    return column


def told_by_now(
    findings: Sequence[Finding], told: Stories, label: str, memory: float
) -> dict[str, Told]:
    """The stories that people know after this window, of which these are the findings.

    A story ends with so many windows inside as `memory` has, and is news when it begins
    again. A window without any soft finding was not judged, and leaves all as it is.
    """
    if not is_judged(findings):
        return dict(told)
    seen, broken = stories_of(findings), _broken(findings)
    gone, after = ending(findings, told, memory), {}
    for story, known in told.items():
        if known.column in broken:
            after[story] = known
        elif story not in seen and story not in gone:
            after[story] = replace(known, clear=known.clear + 1)
    for story, mine in seen.items():
        if (column := mine[0].subject) not in broken:
            after[story] = _heard(told.get(story, Told(column, label)), mine)
    return after


def ending(findings: Sequence[Finding], told: Stories, memory: float) -> set[str]:
    """The stories that are over with this window: inside for long enough, and not broken."""
    if not is_judged(findings):
        return set()
    seen, broken = stories_of(findings), _broken(findings)
    return {
        story
        for story, known in told.items()
        if story not in seen and known.column not in broken and known.ends(memory)
    }


def is_judged(findings: Iterable[Finding]) -> bool:
    """Whether drift was looked at in the window of these findings."""
    return any(map(is_soft, findings))


def is_soft(finding: Finding) -> bool:
    """Whether it speaks of a world that drifts, and not of broken data."""
    return bool(finding.evidence.get("soft"))


def lasts(finding: Finding) -> bool:
    """Whether it is about small drift that added up over windows."""
    return finding.statistic.endswith("_lasting")


def side_of(finding: Finding) -> str:
    """Where it is outside: higher or lower for levels, apart for distances."""
    if "side" in finding.evidence:
        return str(finding.evidence["side"])
    lower = finding.bounds.lower
    if lower is None or finding.value is None:
        return APART
    return "lower" if finding.value < lower else "higher"


def _broken(findings: Iterable[Finding]) -> set[str]:
    """Columns that have something worse than drift, of which drift is a symptom."""
    return {
        name
        for finding in findings
        if finding.matters
        and finding.topic is not Topic.PERFORMANCE
        and (finding.severity is Severity.CRITICAL or finding.statistic == DIAGNOSIS)
        for name in (finding.subject, *finding.evidence.get("columns", ()))
    }


def _heard(known: Told, mine: Sequence[Finding]) -> Told:
    """What people know after these findings of one story.

    How far it is counts from where it was told, or from where a statistic first showed
    it: what grows by little every day is told again once it is clearly farther.
    """
    told = any(finding.severity is not Severity.INFO for finding in mine)
    far = dict(known.far)
    for finding in mine:
        name = finding.statistic
        if not lasts(finding) and (told or name not in far):
            far[name] = max(surprise(finding), far.get(name, 0.0))
    return replace(
        known,
        sides=tuple(sorted({*known.sides, *map(side_of, mine)})),
        far=far,
        lasting=known.lasting or any(map(lasts, mine)),
        clear=0,
    )
