"""Work outside that goes on while the caller listens, types, or has music; and also when the caller hangs up."""

from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import Final, Generic, TypeVar

from ivr.phone import Phone

T = TypeVar("T")

TICK: Final = 0.05
"""Seconds between two looks at the result while the caller waits."""


class Errand(Generic[T]):
    """``work`` on a thread of its own, begun at once and finished also when the caller, who needs the result, is gone."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._future: Future[T] = Future()
        Thread(target=copy_context().run, args=(self._run, work), name="errand", daemon=True).start()  # the log's ids go with it

    def check(self) -> None:
        """Raise what the work raised, if it has failed already; never waits."""
        if self._future.done():
            self._future.result()

    def result(self) -> T:
        """Wait for the result, from another errand. Raises what the work raised."""
        return self._future.result()

    def with_music(self, phone: Phone) -> T:
        """The result; the caller has music until then. Keys are thrown away. Raises what the work raised, and CallerGone."""
        phone.music(True)
        while not self._future.done():
            phone.key(TICK)
        phone.music(False)
        return self._future.result()

    def _run(self, work: Callable[[], T]) -> None:
        try:
            self._future.set_result(work())
        except BaseException as error:
            self._future.set_exception(error)
