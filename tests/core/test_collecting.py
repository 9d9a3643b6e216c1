"""Garbage of a process of ours: seldom gone through, and not kept from window to window."""

import gc
import weakref

from driftline.core.collecting import OBJECTS, collect_seldom, collect_young


class Day:
    """Holds itself, as an error with its traceback does."""

    def __init__(self) -> None:
        self.itself = self


def test_what_a_window_left_is_given_back_before_the_next():
    """However seldom garbage is looked for, many windows need the memory of one."""
    usual = gc.get_threshold()
    try:
        collect_seldom()
        assert gc.get_threshold()[0] == OBJECTS
        left = weakref.ref(Day())
        assert left() is not None
        collect_young()
        assert left() is None
    finally:
        gc.set_threshold(*usual)
