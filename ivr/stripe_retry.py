"""How a request to Stripe is repeated until its outcome is known, within a deadline ("Money rules", rule 3).

Stripe remembers the first answer to an idempotency key, also a 500, and gives it again to every repetition. So a request whose
answer was lost is sent again with the same key, and one that was answered by an error of Stripe's own is looked at first:
done is done, and what is not done goes out with a new key (``KEY-again-1`` …).
"""

from collections.abc import Callable, Iterator
from random import uniform
from time import monotonic, sleep
from typing import Final, TypeVar

from ivr.errors import StripeUnavailable

T = TypeVar("T")

FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 2.0
_GROWTH: Final = 2.0


class SameKeyAgain(Exception):
    """The request was not answered, is still being worked on, or came too fast: the same key is safe and finds the same outcome."""


class LookFirst(Exception):
    """Stripe answered that it failed: it may have happened all the same. ``replayed``: the key is burnt, waiting is of no use."""

    def __init__(self, reason: str, *, replayed: bool = False) -> None:
        super().__init__(reason)
        self.replayed = replayed


class Deadline:
    """A moment, ``seconds`` from now on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds until then, 0 when it is over."""
        return max(0.0, self._end - monotonic())


def insist(send: Callable[[str], T | None], look: Callable[[], T | None], *, key: str, deadline: Deadline) -> T:
    """What ``send`` comes to. ``look`` says what became of it so far, None when nothing did and it may be sent again.

    Both raise SameKeyAgain or LookFirst when they don't know; whatever else they raise is the outcome. ``send`` may return None
    for not yet. Raises StripeUnavailable when the outcome is not known before the deadline.
    """
    again, unsure, last = 0, False, "no time"
    pauses = _pauses()
    while True:
        pause = next(pauses)
        try:
            if unsure:
                if (found := look()) is not None:
                    return found
                unsure, again = False, again + 1
            if (done := send(f"{key}-again-{again}" if again else key)) is not None:
                return done
            unsure = True
        except SameKeyAgain as unknown:
            last = str(unknown)
        except LookFirst as unknown:
            unsure, last, pause = True, str(unknown), 0.0 if unknown.replayed else pause
        if deadline.left() <= pause:
            raise StripeUnavailable(f"Stripe gave no answer that can be used: {last}.")
        sleep(pause)


def read(ask: Callable[[], T], deadline: Deadline) -> T:
    """What ``ask``, which changes nothing, comes to. Raises StripeUnavailable as :func:`insist`."""
    return insist(lambda _: ask(), lambda: None, key="", deadline=deadline)


def _pauses() -> Iterator[float]:
    """Seconds between two tries: growing, and never the same for callers who failed together."""
    pause = FIRST_PAUSE
    while True:
        yield pause * uniform(0.5, 1.0)
        pause = min(LONGEST_PAUSE, pause * _GROWTH)
