"""What is declared of each share of strange values.

Trifles are judgements of what is worth a sentence: from 1 row in 100, where others tell that
it should not be, to 30 in 100, where a season brings new values too. Half of one told of one
sound day in 120 more on flights; twice that of unknown values missed a change of units in
all rows half of the times.
"""

from dataclasses import replace

from driftline.core.drift import Facts, Noise


def _facts(description: str, sentence: str, trifle: float) -> Facts:
    """A share of a day's rows, watched and never a page by itself: a diagnosis pages."""
    return Facts(
        kinds=frozenset(),
        description=description,
        sentence=sentence,
        highest=1.0,
        level=True,
        percent=True,
        trifle=trifle,
        convention=None,
        tail=6.0,
        noise=Noise.NONE,
        critical=lambda value, usual, bound: False,
    )


UNKNOWN = _facts(
    "share of values that no day of the reference took, between those that some did",
    "{value} of the values of {subject} are none that the reference takes",
    0.3,
)

STRAYS = _facts(
    "share of values farther from their neighbours in time than on the reference's days",
    "{value} of the values of {subject} are far from those before and after them",
    0.02,
)

PLACEHOLDERS = _facts(
    "share of values that people write for none: 0, -1, 999 and the like",
    "{value} of the values of {subject} are numbers that may stand for none",
    0.05,
)

COMMONEST = _facts(
    "share of the day's most frequent value",
    "{value} of the values of {subject} are one and the same",
    0.05,
)

MISSING_ALONE = _facts(
    "share of rows that lack a value and have those usually missing with it",
    "{value} of the values of {subject} are missing where what goes missing with it is there",
    0.01,
)

MISSING_WHERE_SURE = _facts(
    "share of rows that lack a value although they are such as hardly ever lack it",
    "{value} of the values of {subject} are missing where they hardly ever are",
    0.01,
)

OFF_CLOCK = _facts(
    "share of rows whose hour is not the one that their time stamp tells",
    "{value} of the values of {subject} are not the hours of their time stamps",
    0.05,
)

OUT_OF_ORDER = _facts(
    "share of rows in which a column is smaller than one that it is never smaller than",
    "{subject} is smaller than what it is never smaller than in {value} of the rows",
    0.02,
)


def where(facts: Facts, rows: str) -> Facts:
    """The same facts, and a sentence that says of which rows.

    >>> where(MISSING_WHERE_SURE, "shop is '{x}'").said("age", 0.05, None, 0.01)
    "5% of the values of age are missing where shop is '{x}' (bound 1%)"
    """
    escaped = rows.replace("{", "{{").replace("}", "}}")
    before, _, _ = facts.sentence.partition(" where ")
    return replace(facts, sentence=f"{before} where {escaped}")
