"""Categories that the reference does not know, in more rows than is usual."""

from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._mixture import mixed
from driftline.core.diagnosis._numbers import Mask
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

PLACEHOLDERS = frozenset(
    {"", "-", "?", ".", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "unknown"}
    | {"missing", "undefined", "default", "other", "error", "test", "tbd", "-1", "999"}
)
"""What stands for "no value" in somebody's system."""

LEAST = 0.02
"""New values in fewer rows are a world that goes on."""
LUCK = 0.01
"""How often chance may have every new value meet a new one of another column."""


@undo(
    Facts(
        subjects=frozenset({Subject.CATEGORIES}),
        description="categories that the reference does not know",
        order=70,
    )
)
def unseen_values(day: Day, name: str) -> Diagnosis | None:
    """New values in more rows than the reference's days have new ones.

    It is certain when the value stands for none, or when its rows are a random part of
    the day: what is new in the world has other columns of its own.
    """
    column = day.categories(name)
    if not column.new or column.one_value_days:
        return None
    value, rows = next(iter(column.new.items()))
    share = sum(column.new.values()) / column.rows
    placeholder = value.strip().casefold() in PLACEHOLDERS
    mask = column.now.is_in(list(column.new)).fill_null(False).to_numpy()
    at_random = mixed(day, mask, name)
    certain = placeholder or at_random is True
    least = LEAST / 4 if certain else LEAST
    if rows < 2 or share < least or (at_random is False and not placeholder):
        return None
    if not certain and _is_grown(day, name, mask):
        return None
    if share <= limit_of(column.daily_news, column.rows):
        return None
    shown = ", ".join(repr(v) for v in list(column.new)[:3])
    return Diagnosis(
        "unseen_values",
        share,
        1.0,
        f"{percent(share)} of {name} are values that the reference does not hold: {shown}",
        "map them to known values",
        {"values": list(column.new)[:10]},
        certain=certain,
    )


def _is_grown(day: Day, name: str, mask: Mask) -> bool:
    """Whether these rows, few of the day, have new values of another column as well.

    A new shop of a new town: what is overwritten in one column leaves the others.
    """
    rest = ~mask
    if mask.sum() > rest.sum():
        return False
    for other in day.categorical:
        column = day.categories(other)
        new = column.now.is_in(list(column.new)).fill_null(False).to_numpy()
        usual = (new[rest].sum() + 1) / (rest.sum() + 2)
        if other != name and new[mask].all() and usual ** mask.sum() <= LUCK:
            return True
    return False
