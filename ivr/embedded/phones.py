"""The phones of customers and engineers: dial the hotline; ring, answer, be busy, decline. Phone numbers are E.164."""

import threading
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from ivr.embedded.audiosocket import tone
from ivr.embedded.handset import CONNECT_SECONDS, Handset, Leg
from ivr.embedded.raw_sip import raw_invite
from ivr.embedded.recording import RATE

if TYPE_CHECKING:
    from ivr.embedded.pstn import Network

__all__ = ["Caller", "Handset", "Phone", "raw_invite"]

VOICEMAIL_SECONDS: Final = 10.0


class Caller(Handset):
    """A customer's phone. ``number`` None withholds the number; any text that a SIP From can carry is passed on."""

    def __init__(self, network: "Network", number: str | None) -> None:
        self.network = network
        self.number = number
        self.name = number or "anonymous"
        self._leg: Leg | None = None

    @property
    def leg(self) -> Leg:
        assert self._leg, f"{self.name} has not dialled"
        return self._leg

    @property
    def has_dialled(self) -> bool:
        return self._leg is not None

    def dials(self, *, answered: bool = True) -> None:
        """Dials the hotline and waits for the answer, if ``answered`` is expected. Raises ``AssertionError`` when it does not come."""
        identity = str(uuid.uuid4())
        self._leg = self.network.new_leg(identity, identity, self.number)
        try:
            self.network.action("Originate", **self._call(identity))
        except BaseException:
            self._leg.over(0)
            self.network.forget(self._leg)
            raise
        if answered:
            assert self._leg.is_answered(CONNECT_SECONDS), f"the hotline did not answer {self.name} (cause {self._leg.cause})"

    def _call(self, identity: str) -> Mapping[str, str]:
        line = self.network.address.line if self.number is not None else "hotline-anonymous"
        return {
            "Channel": f"PJSIP/{self.network.did}@{line}", "ChannelId": identity, "Variable": f"PHONE_LEG={identity}", "Async": "true",
            "Context": "phone", "Exten": "talk", "Priority": "1", "Timeout": "30000", "CallerID": f"<{self.number or ''}>",
        }  # fmt: skip


class Phone(Handset):
    """An engineer's phone. What it does is done to the call that rings now, or else holds for every call to come."""

    def __init__(self, network: "Network", number: str) -> None:
        self.network = network
        self.number = self.name = number
        self._calls: list[Leg] = []
        self._rang = 0
        self._habit: Callable[[Leg], None] | None = None
        self._change = threading.Condition()
        self._handled: set[str] = set()

    @property
    def leg(self) -> Leg:
        assert self._calls, f"{self.number} has not rung"
        return self._calls[-1]

    @property
    def rings_so_far(self) -> int:
        """How often it was rung in all."""
        return len(self._calls)

    @property
    def is_ringing(self) -> bool:
        """Rung and neither picked up nor given up."""
        return bool(self._calls) and not self.leg.ended.is_set() and not self.leg.link.connected.is_set()

    def forget_rings(self) -> None:
        """:meth:`rings` waits for rings from now on."""
        with self._change:
            self._rang = len(self._calls)

    def ring(self, leg: Leg) -> None:
        """The network rings this phone."""
        with self._change:
            self._calls.append(leg)
            self._change.notify_all()
        if self._habit:
            self._do(self._habit, leg)

    def rings(self, within: float = 10.0) -> Leg:
        """Waits for the next ring not waited for yet."""
        with self._change:
            rang = self._change.wait_for(lambda: len(self._calls) > self._rang, within)
            assert rang, f"{self.number} did not ring within {within:g} s"
            self._rang += 1
            return self._calls[self._rang - 1]

    def stops_ringing(self, within: float = 10.0) -> None:
        """Waits until the hotline gives up ringing."""
        assert self.leg.ended.wait(within), f"{self.number} still rings after {within:g} s"

    def answers(self) -> None:
        """Picks up."""
        self._act(lambda leg: self._pick_up(leg))

    def is_busy(self) -> None:
        """Engaged: SIP 486."""
        self._act(lambda leg: self._send(leg, "busy"))

    def declines(self) -> None:
        """Rejects the call."""
        self._act(lambda leg: self._send(leg, "decline"))

    def unreachable(self) -> None:
        """Switched off or out of range: SIP 503."""
        self._act(lambda leg: self._send(leg, "unreachable"))

    def lets_ring(self) -> None:
        """Nobody picks up, now and in calls to come."""
        self._habit = None

    def behaves(self, deed: Callable[[Leg], None]) -> None:
        """Does this with every call to come; it must not take long."""
        self._habit = deed

    def voicemail(self) -> None:
        """A machine answers: a greeting, a beep, and after 10 s it hangs up."""
        self._act(self._record)

    def _record(self, leg: Leg) -> None:
        self._pick_up(leg)
        greeting = self.network.library.voice("voicemail").sound[: 3 * RATE]
        leg.link.say(np.concatenate([greeting, tone(1000, 0.4)]))
        machine = threading.Timer(VOICEMAIL_SECONDS, leg.link.close)
        machine.daemon = True
        machine.start()

    def _pick_up(self, leg: Leg) -> None:
        self._send(leg, "talk")
        assert leg.is_answered(CONNECT_SECONDS), f"{self.number} picked up, but the call was gone"

    def _send(self, leg: Leg, place: str) -> None:
        self.network.action("Redirect", Channel=leg.uniqueid, Context="phone", Exten=place, Priority="1")

    def _act(self, deed: Callable[[Leg], None]) -> None:
        with self._change:
            ringing = [leg for leg in self._calls[-1:] if not leg.ended.is_set() and leg.uniqueid not in self._handled]
            if not ringing:
                self._habit = deed
        for leg in ringing:
            self._do(deed, leg)

    def _do(self, deed: Callable[[Leg], None], leg: Leg) -> None:
        with self._change:
            if leg.uniqueid in self._handled:
                return
            self._handled.add(leg.uniqueid)
        deed(leg)
