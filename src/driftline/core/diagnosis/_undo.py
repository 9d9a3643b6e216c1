"""What an undo gives, what is declared about one, and how one is found by its name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from driftline.core import registry
from driftline.core.wording import percent
from driftline.errors import SettingsError

if TYPE_CHECKING:
    from driftline.core.diagnosis._day import Day

SLICE = "rows"
"""The subject of what was done to the whole slice."""


class Subject(StrEnum):
    """What an undo looks at."""

    NUMBERS = "numbers"
    CATEGORIES = "categories"
    SLICE = "slice"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One cause that explains what happened to a column, or to the whole slice.

    `share` of the day's rows are concerned. `explains` tells how much of the change is
    gone once it is undone: 0 none, 1 all. `sentence` is for people and names the column.
    `certain` is whether a changed world cannot look like this. `columns` are all that
    are concerned, for causes that touch several.
    """

    cause: str
    share: float
    explains: float
    sentence: str
    undo: str
    parameters: dict[str, Any] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of an undo. Of several that explain a column the lowest `order` wins.

    The order is from causes with few ways to be true by chance to those with many.
    """

    subjects: frozenset[Subject]
    description: str
    order: int


Function = Callable[["Day", str], Diagnosis | None]


@dataclass(frozen=True)
class Undo:
    """A pure function of a day and one of its columns, with its facts."""

    function: Function
    facts: Facts

    def __post_init__(self) -> None:
        """Pass for the function itself, so that help finds its text."""
        wrapped = self.function
        vars(self).update(
            __doc__=wrapped.__doc__, __module__=wrapped.__module__, __wrapped__=wrapped
        )

    def __call__(self, day: "Day", name: str) -> Diagnosis | None:
        """The diagnosis, if undoing this explains the column."""
        return self.function(day, name)

    @property
    def name(self) -> str:
        """The cause."""
        return self.function.__name__


def undo(facts: Facts) -> Callable[[Function], Undo]:
    """Mark a function as an undo of which these facts hold."""
    return lambda function: Undo(function, facts)


def all_names() -> list[str]:
    """Every undo that has a file here, sorted."""
    return registry.names("driftline.core.diagnosis")


def named(name: str) -> Undo:
    """The undo of a file here.

    >>> named("sign_flip").facts.description
    'numbers whose sign is lost or turned'
    """
    found = getattr(registry.load("driftline.core.diagnosis", name), name)
    if not isinstance(found, Undo):
        raise SettingsError(f"{name!r} is no undo; mark the function with `@undo(...)`")
    return found


def undoing(explains: float) -> str:
    """The end of a sentence about a change that can be undone.

    >>> undoing(0.97)
    ': undoing it removes 97% of the change'
    """
    return f": undoing it removes {percent(explains)} of the change"
