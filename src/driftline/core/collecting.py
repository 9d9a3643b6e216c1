"""Python's garbage collector, kept from going through what large libraries bring."""

import atexit
import gc

OBJECTS = 500_000
"""New objects after which garbage is looked for: more than a day and its libraries make."""


def collect_seldom() -> None:
    """Garbage in cycles is looked for seldom from now on, in a process that is ours.

    Importing MLflow and Great Expectations makes half a million objects that all stay. A
    third of the CPU time of a day in a process of its own went into going through them: a
    dozen times while they came, and to take them apart one by one at the end, where the
    process gives its memory back whole.
    """
    gc.set_threshold(OBJECTS, *gc.get_threshold()[1:])
    atexit.unregister(gc.freeze)  # once, however often this is called
    atexit.register(gc.freeze)


def collect_young() -> None:
    """What came and went since the last call is given back, between two windows say.

    What stays is not gone through again, so that only the first call takes long.
    """
    gc.collect(0)
