"""A category that goes by another name: UA as United, JFK as jfk, a typing error."""

import difflib
import re
import unicodedata

import numpy as np

from driftline.core.bounds.tails import predictive_quantile
from driftline.core.diagnosis._categories import Categories
from driftline.core.diagnosis._day import Day, limit_of
from driftline.core.diagnosis._mixture import likeness
from driftline.core.diagnosis._undo import Diagnosis, Facts, Subject, undo
from driftline.core.wording import percent

UNLIKELY = 3e-5
"""What chance does once in 30,000 days, as four deviations of a bell curve."""

FAR = 0.5
"""Rows whose other columns are half of the way from a lost value's are not that value's:
a judgement, where those of one value are apart by chance, a tenth or two."""

LONG = 6
"""Letters of a name from which on one that differs by a slip is hardly another's."""

MOST = 20
"""How many new values are looked at, the most frequent first."""


@undo(
    Facts(
        subjects=frozenset({Subject.CATEGORIES}),
        description="categories under another name",
        order=30,
    )
)
def category_rename(day: Day, name: str) -> Diagnosis | None:
    """New values are known ones spelled otherwise, or stand in the place of lost ones."""
    column = day.categories(name)
    if not column.new or not column.rows:
        return None
    renamed: dict[str, str] = {}
    for value in list(column.new)[:MOST]:
        if column.one_value_days:
            old = _of_one_day(column, value)
        elif column.today[value] < 2:
            old = _of_every_day(column, value)
        else:
            old = _alike(column, value) or _in_place_of(day, name, value)
        if old is not None:
            renamed[value] = old
    if not renamed:
        return None
    rows = sum(column.today[value] for value in renamed)
    shown = ", ".join(f"{new!r} is {old!r}" for new, old in list(renamed.items())[:3])
    return Diagnosis(
        "category_rename",
        rows / column.rows,
        rows / sum(column.new.values()),
        f"{percent(rows / column.rows)} of {name} are known under another name: {shown}",
        "rename " + ", ".join(f"{n!r} to {o!r}" for n, o in renamed.items()),
        {"renamed": renamed},
    )


def _of_one_day(column: Categories, value: str) -> str | None:
    """The known value that a day's only one is, spelled otherwise or with a word more."""
    known = _by_spelling(column)
    words = [_plain(value), *_outer_words(value)] if len(column.today) == 1 else []
    return next((known[word] for word in words if word and word in known), None)


def _of_every_day(column: Categories, value: str) -> str | None:
    """The known value that is spelled like a single row's, if no day was without it."""
    known = _by_spelling(column)
    found = (known.get(word) for word in (_plain(value), *_outer_words(value)))
    daily = (old for old in found if old and column.shares(old).min(initial=1.0) > 0)
    return next((old for old in daily if old not in column.today), None)


def _by_spelling(column: Categories) -> dict[str, str]:
    """The known values by their letters and digits; what has none is left out."""
    known = {_plain(one): one for one in sorted(column.known | column.sampled)}
    return {plain: one for plain, one in known.items() if plain}


def _alike(column: Categories, value: str) -> str | None:
    """The known value that is spelled like this one, and lost rows or nothing but case.

    Names of a length are often one letter apart (LAX, LAS): a letter counts only when
    the known value lost about the rows that the new one has, or is long; two letters
    (Austria, Australia) do not. A word more counts when the known value is gone.
    """
    plain = _by_spelling(column)
    if _plain(value) in plain:
        return plain[_plain(value)]
    for word in _outer_words(value):
        if word in plain and _gone_for(column, plain[word], value):
            return plain[word]
    near = difflib.get_close_matches(_plain(value), list(plain), n=3, cutoff=0.6)
    for candidate in near:
        known = plain[candidate]
        slip = len(candidate) >= LONG and _is_a_slip(_plain(value), candidate)
        if slip or _lost_to(column, known, value):
            return known
    return None


def _is_a_slip(one: str, other: str) -> bool:
    """Whether two words differ by a letter, or by two neighbours that changed places.

    >>> _is_a_slip("minneapols", "minneapolis"), _is_a_slip("austria", "australia")
    (True, False)
    >>> _is_a_slip("untied", "united")
    True
    """
    short, long = sorted((one, other), key=len)
    if len(short) < len(long):
        cut = (long[:i] + long[i + 1 :] for i in range(len(long)))
        return short in cut
    apart = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) == 2:
        i, j = apart
        return j == i + 1 and one[i] == other[j] and one[j] == other[i]
    return len(apart) <= 1


def _plain(value: str) -> str:
    """Without case, accents, and anything but letters and digits.

    >>> _plain(" São-Paulo ")
    'saopaulo'
    """
    letters = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in letters if c.isalnum())


def _outer_words(value: str) -> list[str]:
    """The first word and the last one of several, plain.

    >>> _outer_words("EWR_v2"), _outer_words("new Paris"), _outer_words("LAX")
    (['ewr', 'v2'], ['new', 'paris'], [])
    """
    words = [plain for word in re.split(r"[\W_]+", value) if (plain := _plain(word))]
    return [words[0], words[-1]] if len(words) > 1 else []


def _gone_for(column: Categories, known: str, value: str) -> bool:
    """Whether no row holds a known value, and the new one has no more than it may have.

    By chance, or as on another day: a wind blows from one side all day long.
    """
    shares, rows = column.shares(known), column.rows
    share = float(shares.mean())
    if known in column.today or share * rows < 1:
        return False
    total = len(column.before)
    most = predictive_quantile(UNLIKELY, rows, share * total, total)
    return column.today[value] <= max(most, limit_of(shares, rows) * rows)


def _lost_to(column: Categories, known: str, value: str) -> bool:
    """Whether a known value lost rows that no day lost, and the new one makes up for it."""
    shares = column.shares(known)
    left = column.today.get(known, 0)
    expected = float(shares.mean()) * column.rows
    if len(shares) < 5:
        return False
    total = len(column.before)
    chance = column.rows - predictive_quantile(
        UNLIKELY, column.rows, (1 - float(shares.mean())) * total, total
    )
    least = min(float(shares.min()) * column.rows, float(chance))
    both = (left + column.today[value]) / column.rows
    spread = 3 * float(shares.std()) + 3 * np.sqrt(expected) / column.rows
    return bool(left < least and abs(both - float(shares.mean())) <= spread)


def _in_place_of(day: Day, name: str, value: str) -> str | None:
    """The known value that is gone, whose share and whose other columns are this one's."""
    column = day.categories(name)
    gone = [known for known in column.sampled if known not in column.today]
    lost = [known for known in gone if _lost_to(column, known, value)]
    if not lost:
        return None
    mask = (column.now == value).fill_null(False).to_numpy()
    known = [v for v in column.sampled if float(column.shares(v).mean()) >= 0.01]
    far = {v: likeness(day, mask, v, name) for v in {*lost, *known}}
    best = min(lost, key=lambda v: far[v])
    return best if far[best] <= min(FAR, min(far.values()) + 0.05) else None
