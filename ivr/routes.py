"""Rings one phone by one route after the other: a carrier that refuses, or says nothing at all, must not keep an engineer from ringing."""

from collections.abc import Callable, Sequence
from threading import Lock
from time import monotonic
from typing import Final

from ivr.model.offer import OfferEnd
from ivr.ringing import Ringing

LAST_FOR: Final = 60.0
"""Seconds for which a route that failed is tried after the others."""


class Routes:
    """Which routes have failed lately. Thread-safe; one for all calls of a process, so that a dead carrier costs one of them its 5 s."""

    def __init__(self) -> None:
        self._failed: dict[str, float] = {}
        self._lock = Lock()

    def in_order(self, dials: Sequence[str]) -> list[str]:
        """The dial strings, those by a route that failed lately behind the others."""
        now = monotonic()
        with self._lock:
            return sorted(dials, key=lambda dial: now - self._failed.get(_route(dial), -LAST_FOR) < LAST_FOR)

    def failed(self, dial: str) -> None:
        """Nothing rang by this route."""
        with self._lock:
            self._failed[_route(dial)] = monotonic()


class RoutedRinging:
    """One engineer's phone, as :class:`Ringing` is, whatever route it rings by."""

    def __init__(self, dials: Sequence[str], routes: Routes, ring: Callable[[str, int], Ringing]) -> None:
        """``ring`` begins to ring by a dial string, for the so-manieth time; may raise SwitchboardDown."""
        self._dials = routes.in_order(dials)
        self._routes = routes
        self._ring = ring
        self._tried = 0
        self._ringing = ring(self._dials[0], 0)

    @property
    def answered(self) -> bool:
        """Whether somebody or something picked up."""
        return self._ringing.answered

    @property
    def slow(self) -> bool:
        """Whether who or what picked up takes so long that others are rung as well."""
        return self._ringing.slow

    @property
    def channel(self) -> str | None:
        """Asterisk's name of the leg, once there is one."""
        return self._ringing.channel

    def state(self) -> OfferEnd | None:
        """How the offer ended; None while the phone rings or the engineer listens to the whisper.

        Where nothing rang the next route is tried: raises SwitchboardDown when Asterisk can't be told to.
        """
        end = self._ringing.state()
        if end is None or not self._ringing.route_failed:
            return end
        self._routes.failed(self._dials[self._tried])
        if self._tried + 1 == len(self._dials):
            return end
        self._tried += 1
        self._ringing = self._ring(self._dials[self._tried], self._tried)
        return None


def _route(dial: str) -> str:
    """``trunk`` of ``PJSIP/+15555550101@trunk``; a registered phone is a route of its own."""
    return dial.rpartition("@")[2]
