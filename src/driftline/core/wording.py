"""Numbers as people read them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

MOST_MORE = 12
"""Digits beyond the usual ones: more than these are the noise of a float."""

LONGEST = 1e15
"""Larger numbers are written as powers of ten."""


def number(value: float | None, more: int = 0) -> str:
    """Four significant digits, or `more`, thousands grouped; a dash where there is none.

    >>> number(1234567.8), number(0.00012345), number(None), number(1234.56, more=1)
    ('1,234,568', '0.0001234', '–', '1,234.6')
    """
    if value is None:
        return "–"
    whole = float(value).is_integer()
    near = float(f"{value:.{4 + more}g}")  # 999.6 has the three digits of 1,000
    if abs(value) < LONGEST and (whole or abs(near) >= 1000):
        return f"{value:,.{0 if whole else max(more, 0)}f}"
    return f"{value:,.{4 + more}g}"


def rounded(value: float, digits: int) -> str:
    """So many significant digits, without an exponent for what is large.

    >>> rounded(1234.5, 2), rounded(-312.4, 2), rounded(0.01234, 2)
    ('1,200', '-310', '0.012')
    """
    near = float(f"{value:.{digits}g}")
    return f"{near:,.0f}" if 100 <= abs(near) < LONGEST else f"{near:.{digits}g}"


def how_many(count: int, thing: str) -> str:
    """How many of a thing.

    >>> how_many(1, "window"), how_many(1200, "row")
    ('1 window', '1,200 rows')
    """
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def ended(text: str) -> str:
    """The text as a sentence that another may follow.

    >>> ended("the slice has no rows"), ended("is it running?")
    ('the slice has no rows.', 'is it running?')
    """
    return text if text.endswith((".", "?", "!")) else f"{text}."


def ago(age: timedelta) -> str:
    """How long something has been so, in whole hours, from two days on in days.

    >>> [ago(timedelta(hours=hours)) for hours in (0.4, 1, 47, 71)]
    ['less than an hour ago', '1 hour ago', '47 hours ago', '2 days ago']
    """
    hours = age // timedelta(hours=1)
    if hours < 1:
        return "less than an hour ago"
    many = how_many(hours, "hour") if hours < 48 else how_many(age.days, "day")
    return f"{many} ago"


def percent(value: float | None, more: int = 0) -> str:
    """A share in percent: two digits, or `more`, and never 100% for less than all.

    >>> percent(0.1712), percent(0.00012), percent(0.0), percent(1.0), percent(24.0)
    ('17%', '0.012%', '0%', '100%', '2,400%')
    >>> percent(0.997), percent(0.99999)
    ('99.7%', '99.99%')
    """
    if value is None:
        return "–"
    points = 100 * value
    if 99 <= points < 100:
        return f"{min(points, 100 - 10.0 ** -(2 + more)):.{4 + more}g}%"
    if abs(points) < 99:
        return f"{points:.{2 + more}g}%"
    return f"{points:,.{more}f}%"


def digits_apart(
    shown: Callable[[float, int], str], value: float, ends: Iterable[float | None]
) -> int:
    """How many more digits than usual tell a value from the ends that it is not at.

    >>> digits_apart(number, 0.200004, [0.2, None]), digits_apart(number, 0.3, [0.3])
    (2, 0)
    """
    others = [end for end in ends if end is not None and end != value]
    told = (
        all(shown(value, more) != shown(end, more) for end in others)
        for more in range(MOST_MORE)
    )
    return next((more for more, are in enumerate(told) if are), 0)


def all_apart(values: Sequence[float]) -> tuple[str, ...]:
    """Numbers, with three digits or as many as tell each from all others.

    >>> all_apart([-1.05984, -0.701496, 12.0]), all_apart([1.7e9, 1.7e9 + 0.5])
    (('-1.06', '-0.701', '12'), ('1,700,000,000', '1,700,000,000.5'))
    """
    for more in range(MOST_MORE):
        told = tuple(number(value, more - 1) for value in values)
        if len(set(told)) == len(told):
            return told
    return tuple(map(repr, values))


def apart(one: float, other: float, shares: bool = False) -> tuple[str, str]:
    """Two numbers, with as many digits as tell them apart, where any do.

    Three at least, and two of `shares`, which are in percent.

    >>> apart(0.2, 0.20001), apart(0.4, 0.6, shares=True), apart(1 / 3, 1 / 3)
    (('0.2', '0.20001'), ('40%', '60%'), ('0.333', '0.333'))
    """
    told = [
        (percent(one, more), percent(other, more))
        if shares
        else (number(one, more - 1), number(other, more - 1))
        for more in range(MOST_MORE)
    ]
    return next((both for both in told if both[0] != both[1]), told[0])
