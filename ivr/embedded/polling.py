"""Waiting for something outside that can only be asked: bounded, and at once when it is there."""

import time
from collections.abc import Callable

PAUSE = 0.03


def wait_until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Asks until ``is_so()`` or the seconds are over; what it said last."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True
