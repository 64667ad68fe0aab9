"""Something that ``serve`` does every so many seconds beside the calls, on a thread of its own, until it is stopped."""

import logging
from abc import ABC, abstractmethod
from threading import Event, Thread
from typing import Final

log = logging.getLogger(__name__)

_STOP_SECONDS: Final = 10.0
"""What a turn under way is given to end; it waits for nothing that lasts longer."""


class Periodic(ABC):
    """A turn every ``seconds``, the first one so long after :meth:`start`."""

    def __init__(self, name: str, seconds: float) -> None:
        """``name`` is the thread's."""
        self._seconds = seconds
        self._stopping = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Turn from now on."""
        self._thread.start()

    def stop(self) -> None:
        """No more turns. Returns when the last one is over."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    @abstractmethod
    def turn(self) -> None:
        """Once. The next turn is the next try."""

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self.turn()
            except Exception:  # whoever it serves must not lose it for ever because of one turn
                log.exception("%s: this turn failed; the next one comes in %g s", self._thread.name, self._seconds)
