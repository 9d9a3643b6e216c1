"""Small work in one thread: threads that wait for each other spin on a busy machine."""

from functools import cache
from typing import Any


def one_thread() -> Any:
    """One thread inside a `with`, in every library with threads that is loaded by then.

    On two cores with other work two threads of scikit-learn took thirty times as long.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def one_linear_algebra_thread() -> Any:
    """The same for NumPy's linear algebra alone, which is asked hundreds of times a day.

    Its matrices here have some hundred cells: two threads took three times as long on a
    quiet machine's cores, and ten times on a busy one's.
    """
    return _loaded().limit(limits=1, user_api="blas")


@cache
def _loaded() -> Any:
    """Found once: looking for loaded libraries takes longer than a small system."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
