"""Python's garbage collector, kept from going through what large libraries bring."""

import gc

OBJECTS = 500_000
"""New objects after which garbage is looked for: more than a day and its libraries make."""


def collect_seldom() -> None:
    """Garbage in cycles is looked for seldom from now on, in a process that is ours.

    Importing MLflow and Great Expectations makes half a million objects that all stay. A
    quarter of the CPU time of a day in a process of its own went into going through them.

    >>> collect_seldom()
    >>> gc.get_threshold()[0]
    500000
    """
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
