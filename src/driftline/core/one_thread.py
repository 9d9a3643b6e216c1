"""Small work in one thread: threads that wait for each other spin on a busy machine."""

from functools import cache
from typing import Any, Literal


def one_thread() -> Any:
    """One thread inside a `with`, in every library with threads that is loaded by then.

    On two cores with other work two threads of scikit-learn took thirty times as long.
    """
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def one_thread_of(kind: Literal["blas", "openmp"]) -> Any:
    """The same for one kind of threads, cheaply enough to be asked hundreds of times a day.

    `blas` is NumPy's linear algebra, whose matrices here have some hundred cells: on two
    busy cores two threads took two to six times as long. `openmp` is scikit-learn's, which
    must have been imported before.
    """
    return _loaded(kind).limit(limits=1, user_api=kind)


@cache
def _loaded(kind: str) -> Any:
    """Found once for each kind: that takes longer than asking a small tree or system."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
