"""Which talks are going on, from Asterisk's bridge events. No I/O but the clocks; thread-safe.

A talk is the time that an engineer's channel (``ess-offer-…``) and one other channel are in the same bridge.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic, time
from typing import Final

OFFER_PREFIX: Final = "ess-offer-"


_MEMORY: Final = 600.0
"""Seconds for which a step of the wall clock is remembered: an event may have waited so long."""

_STEP: Final = 1.0
"""Seconds. Less between two readings is no step of the wall clock, but its slow correction."""


class Ages:
    """How long ago Asterisk sent an event: it waits in the socket while this process is stopped or starved.

    Asterisk stamps events by the wall clock. When that has stepped, nobody knows on which side of the step the event was sent; then the
    shortest age that fits counts, so that no step is ever counted as a talk's seconds or taken off them.
    """

    def __init__(self, wall: Callable[[], float] = time, clock: Callable[[], float] = monotonic) -> None:
        self._wall, self._clock = wall, clock
        self._offsets: dict[float, float] = {}  # wall minus monotonic, and until when (monotonic) it counts
        self._offset = wall() - clock()

    def of(self, event: Mapping[str, str]) -> float:
        """Its age in seconds; 0 when it has no date that makes sense."""
        now, wall = self._clock(), self._wall()
        if abs(wall - now - self._offset) > _STEP:
            self._offsets[self._offset] = now + _MEMORY
        self._offset = wall - now
        self._offsets = {offset: until for offset, until in self._offsets.items() if until > now}
        try:
            sent = float(event["Timestamp"])
        except (KeyError, ValueError):
            return 0.0
        return max(0.0, min(now + offset - sent for offset in (self._offset, *self._offsets)))


@dataclass(slots=True)
class Talk:
    """One talk. ``before``: seconds counted by an earlier process or boot; ``began``: monotonic."""

    offer: str
    caller: str
    bridge: str
    began: float
    before: float = 0.0
    over: float | None = None  # its seconds, once it is over
    id: int | None = None  # in the records; None until written
    saved: float = 0.0  # seconds at the last checkpoint

    def seconds(self, now: float) -> float:
        """Talked so far, or in all when it is over."""
        return self.over if self.over is not None else self.before + max(0.0, now - self.began)


class LiveTalks:
    """The talks of this process, and who is in which bridge."""

    def __init__(self, clock: Callable[[], float] = monotonic, ages: Ages | None = None) -> None:
        self._clock = clock
        self._ages = Ages() if ages is None else ages
        self._lock = Lock()
        self._bridges: dict[str, set[str]] = {}
        self._talks: list[Talk] = []
        self._moves: dict[str, str] | None = None  # who went where while the channels are being listed; "" is nowhere

    def hear(self, event: Mapping[str, str]) -> bool:
        """Take one event in; whether it began or ended a talk."""
        kind = event.get("Event")
        if kind not in ("BridgeEnter", "BridgeLeave"):
            return False
        bridge, channel = event.get("BridgeUniqueid", ""), event.get("Uniqueid", "")
        with self._lock:
            entered = kind == "BridgeEnter"
            if self._moves is not None:
                self._moves[channel] = bridge if entered else ""
            moment = self._clock() - self._ages.of(event)
            return self._enter(bridge, channel, moment) if entered else self._leave(bridge, channel, moment)

    def all(self) -> list[Talk]:
        """Every talk that is going on, or over and not yet forgotten."""
        with self._lock:
            return list(self._talks)

    def forget(self, talk: Talk) -> None:
        """It is over and written down."""
        with self._lock:
            self._talks.remove(talk)

    def look(self) -> None:
        """Before :meth:`compare`: note from now on who moves, since the channels are about to be listed."""
        with self._lock:
            self._moves = {}

    def compare(self, present: Mapping[str, str], known: list[Talk]) -> None:
        """After a gap in the events: ``present`` is each channel's bridge now, ``known`` the records' open talks.

        A talk whose two legs are in its bridge goes on; any other has ended, at its last checkpoint.
        A talk that began in the gap begins now.
        """
        with self._lock:
            ours = {(talk.bridge, talk.offer) for talk in self._talks}
            self._talks += [talk for talk in known if (talk.bridge, talk.offer) not in ours]
            here = {**present, **(self._moves or {})}
            self._moves = None
            for talk in self._talks:
                if talk.over is None and not here.get(talk.offer) == here.get(talk.caller) == talk.bridge:
                    talk.over = talk.saved
            self._bridges = {}
            for uniqueid, bridge in here.items():
                if bridge:
                    self._enter(bridge, uniqueid, self._clock())

    def _enter(self, bridge: str, channel: str, moment: float) -> bool:
        members = self._bridges.setdefault(bridge, set())
        members.add(channel)
        offer = next((member for member in members if member.startswith(OFFER_PREFIX)), None)
        caller = next((member for member in members if not member.startswith(OFFER_PREFIX)), None)
        if offer is None or caller is None or self._running(bridge, offer):
            return False
        self._talks.append(Talk(offer, caller, bridge, moment))
        return True

    def _leave(self, bridge: str, channel: str, moment: float) -> bool:
        members = self._bridges.get(bridge, set())
        members.discard(channel)
        if not members:
            self._bridges.pop(bridge, None)
        ended = [talk for talk in self._talks if talk.over is None and talk.bridge == bridge and channel in (talk.offer, talk.caller)]
        for talk in ended:
            talk.over = talk.seconds(moment)
        return bool(ended)

    def _running(self, bridge: str, offer: str) -> bool:
        return any(talk.over is None and (talk.bridge, talk.offer) == (bridge, offer) for talk in self._talks)
