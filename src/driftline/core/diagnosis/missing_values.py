"""Values that are missing in far more rows than on any reference day."""

import numpy as np

from driftline.core.diagnosis._day import Day, limit_of, share_of_days
from driftline.core.diagnosis._numbers import Array
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

LEAST = 0.01
"""A smaller excess is nobody's bug."""


@undo(
    Facts(
        subjects=frozenset({Subject.NUMBERS, Subject.CATEGORIES}),
        description="values that are missing",
        order=5,
    )
)
def missing_values(day: Day, name: str) -> Diagnosis | None:
    """More rows without a value than the reference's days, and chance, account for.

    Or more than the bounds of their share allow; or more that lack it alone, where other
    columns usually lack theirs with it; or more of the rows that hardly ever lack it.
    """
    column = day.profile.columns.get(name)
    if column is None or column.missing < 2:
        return None
    days = [d.columns[name] for d in day.reference.days.values() if name in d.columns]
    shares = np.array([d.missing / d.rows for d in days if d.rows])
    known = sum(d.rows for d in days)
    share = column.missing / column.rows
    usual = _beyond(share, shares, column.rows, known)
    if usual is None and name in day.lacking:
        usual = _more(share, shares)
    if usual is not None:
        return _diagnosis(name, share, usual, "")
    return _alone(day, name) or _where_sure(day, name)


def _alone(day: Day, name: str) -> Diagnosis | None:
    """More that lack it, and none of the columns that usually lack theirs with it."""
    company = day.companies.get(name)
    if company is None:
        return None
    share = float(company.strange(day.now).mean())
    shares = share_of_days(company.strange(day.before), day.window)
    usual = _beyond(share, shares, day.now.height, day.before.height)
    where = f"{company.others[0]} is there"
    return None if usual is None else _diagnosis(name, share, usual, where)


def _where_sure(day: Day, name: str) -> Diagnosis | None:
    """More of the rows that hardly ever lack it."""
    sure = day.sures.get(name)
    if sure is None or not sure.fits(day.now):
        return None
    found = sure.share(day.now)
    if found is None:
        return None
    share, rows = found
    usual = _beyond(share, sure.own, rows, int(sure.rows.sum()))
    part = rows / day.now.height
    return None if usual is None else _diagnosis(name, share, usual, str(sure), part)


def _beyond(share: float, days: Array, rows: int, known: int) -> float | None:
    """The usual share, if today's is beyond what the days and chance account for."""
    usual = float(np.median(days)) if len(days) else 0.0
    # The rule of three: a share that showed nothing in n rows may still be 3 / n.
    unseen = 3 / max(known, 1)
    far = share > limit_of([*days, usual + unseen], rows)
    return _more(share, days) if far else None


def _more(share: float, days: Array) -> float | None:
    """The usual share, if today's is so much larger that somebody minds."""
    usual = float(np.median(days)) if len(days) else 0.0
    return usual if share - usual >= LEAST else None


def _diagnosis(
    name: str, share: float, usual: float, where: str, part: float = 1.0
) -> Diagnosis:
    """What is said of a share of the rows, which are such a part of the day's."""
    among = f" where {where}" if where else ""
    return Diagnosis(
        "missing_values",
        (share - usual) * part,
        1.0,
        f"{percent(share)} of {name} are missing{among}, usually {percent(usual)}",
        "find why they are not delivered",
        {"share": share, "usual_share": usual},
    )
