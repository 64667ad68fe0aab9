"""The telephone network as Python sees it: one AMI connection and one AudioSocket server for all phones of a stack."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ivr.embedded.audiosocket import AudioServer
from ivr.embedded.ears import Library
from ivr.embedded.handset import CONNECT_SECONDS, NORMAL, Leg
from ivr.embedded.phones import Caller, Phone
from ivr.embedded.raw_sip import RawCall
from ivr.errors import SwitchboardDown, Unavailable
from ivr.switchboard import ManagerLink

AMI_USER = "pstn"
AMI_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class PstnAddress:
    """How to reach a stack's pstn, and which number the hotline has (digits)."""

    ami_port: int
    ami_secret: str
    audio_port: int
    sip_port: int
    """The hotline's SIP port, for calls that bypass the pstn's Asterisk."""
    did: str = "18552528788"
    line: str = "hotline"
    """The pstn's endpoint of the hotline."""


class Network:
    """Phones by number. Use as a context manager, or :meth:`start` and :meth:`stop`."""

    def __init__(self, address: PstnAddress, library: Library) -> None:
        self.address = address
        self.did = address.did
        self.library = library
        self._sound = AudioServer(address.audio_port)
        self._link = ManagerLink("127.0.0.1", address.ami_port, AMI_USER, address.ami_secret, deadline=AMI_SECONDS, on_event=self._event)
        self._phones: dict[str, Phone] = {}
        self._legs: dict[str, Leg] = {}
        self._hands = ThreadPoolExecutor(8, "phone")

    def start(self) -> None:
        """Connects to the pstn's Asterisk. Raises ``SwitchboardDown`` when it can't be reached."""
        self._sound.start()
        self._link.start()
        if not self._link.wait_connected(CONNECT_SECONDS):
            self.stop()
            raise SwitchboardDown(f"the pstn's manager does not answer on port {self.address.ami_port}; is the stack up?")

    def stop(self) -> None:
        """Hangs up whatever is still in a call and disconnects."""
        for leg in list(self._legs.values()):
            with suppress(Unavailable, AssertionError):  # the pstn itself may be gone
                leg.hang_up(NORMAL)
        self._hands.shutdown()
        self._link.stop()
        self._sound.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def caller(self, number: str | None) -> Caller:
        """A new phone that calls the hotline from ``number``; None withholds it.

        Quotes, ``${}``, commas, emoji pass; Asterisk takes ``( ) . -`` and spaces out of numbers: for exact bytes use :meth:`raw_caller`.
        """
        return Caller(self, number)

    def legs_up(self) -> bool:
        """Whether any phone is in a call or rings."""
        return bool(self._legs)

    def hang_up_all(self) -> None:
        """Ends every call of every phone."""
        for leg in list(self._legs.values()):
            leg.hang_up(16)

    def raw_caller(self, from_header: bytes) -> RawCall:
        """A caller whose From header has exactly these bytes, past the pstn's Asterisk, straight to the hotline."""
        return RawCall(from_header, self.did, ("127.0.0.1", self.address.sip_port), self.library)

    def phone(self, number: str) -> Phone:
        """The phone that the hotline rings under this number; always the same one."""
        return self._phones.setdefault(number, Phone(self, number))

    def new_leg(self, identity: str, uniqueid: str, number: str | None) -> Leg:
        """A leg whose sound will come under the UUID ``identity``."""
        leg = self._legs[uniqueid] = Leg(self, self._sound.expect(identity), uniqueid, number)
        return leg

    def forget(self, leg: Leg) -> None:
        """A leg that Asterisk never made."""
        self._legs.pop(leg.uniqueid, None)

    def ask(self, name: str, **headers: str) -> Mapping[str, str]:
        """One AMI action, whatever Asterisk answers. Raises ``SwitchboardDown``."""
        return self._link.action(name, **headers)

    def action(self, name: str, **headers: str) -> Mapping[str, str]:
        """One AMI action. Raises ``SwitchboardDown``, and ``AssertionError`` when Asterisk refuses."""
        response = self.ask(name, **headers)
        assert response.get("Response") == "Success", f"the pstn refused {name}: {response.get('Message')}"
        return response

    def _event(self, event: Mapping[str, str]) -> None:
        if event.get("UserEvent") == "PhoneRings":
            self._ring(event)
        elif event.get("Event") == "Hangup":
            leg = self._legs.pop(event["Uniqueid"], None)
            if leg:
                leg.over(int(event.get("Cause", 0)))

    def _ring(self, event: Mapping[str, str]) -> None:
        leg = self.new_leg(event["Leg"], event["Uniqueid"], event["Number"])
        leg.caller_id = event.get("CallerIDNum", "")
        self._hands.submit(self.phone(event["Number"]).ring, leg)
