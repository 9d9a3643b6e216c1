"""Questions to which an answer may never come."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def beside(ask: Callable[[], Result]) -> "Future[Result]":
    """The answer, or the error, to come in a thread of its own, which may be left behind.

    A socket's time-out is for one read, so that an answer may trickle for ever. Whoever
    still waits for it when nobody wants it any more is a thread that ends with the process,
    where one of a pool would hold the process back.

    >>> beside(lambda: 6 * 7).result(timeout=60)
    42
    """
    answer: Future[Result] = Future()

    def find() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=find, daemon=True).start()
    return answer
