"""One connection to Asterisk's manager interface (AMI). The only importer of ``asterisk.manager``.

pyst2's ``Manager`` gives the actions; its transport is replaced, because nothing robust can stand on it: it waits for ever in connect,
login and every action, matches replies by order instead of ``ActionID``, reads byte by byte, leaves callers waiting when its reader
dies (a ``ChanVariable`` header kills it), sends CR LF in values unchecked, and logs off in ``__del__``.
"""

import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock
from time import monotonic
from typing import Any, Final

from asterisk.manager import EOL, Manager, ManagerException, ManagerMsg

from ivr.errors import SwitchboardDown

Message = Mapping[str, str]
Headers = Mapping[str, str | list[str]]

TICK: Final = 1.0
"""Seconds between looks at a line without news."""

_MESSAGE_BYTES: Final = 1_000_000
_END: Final = b"\r\n\r\n"


@dataclass(slots=True)
class Pending:
    """An action that waits for its response, and for the events of its list when it has one."""

    wants_list: bool
    done: Event = field(default_factory=Event)
    response: Message | None = None
    events: list[Message] = field(default_factory=list)

    def take(self, message: Message) -> bool:
        """Whether the action is complete with this message."""
        if "Event" not in message:
            self.response = message
            return not self.wants_list or message.get("Response") == "Error"
        if message.get("EventList") == "Complete":
            return True
        self.events.append(message)
        return False


class Wire(Manager):
    """From greeting to end. One thread runs :meth:`messages`; any other may ask. Raises SwitchboardDown (also when made)."""

    def __init__(self, host: str, port: int, deadline: float) -> None:
        try:
            self._socket = socket.create_connection((host, port), timeout=deadline)
        except OSError as error:
            raise SwitchboardDown(f"Asterisk's manager at {host}:{port} cannot be reached ({error}).") from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(TICK)
        self._deadline = deadline
        self._sending = Lock()
        self._numbers = count(1)
        self._waiting: dict[str, Pending] = {}
        self._broken = False
        self.quiet = 0  # seconds in a row that brought nothing
        self.heard = self.delivered = monotonic()  # when the last byte came; up to when all that came was handed on

    def __del__(self) -> None:
        """Nothing: pyst2 would log off here, and wait."""

    def close(self) -> None:
        """End the connection; whoever waits is told."""
        self._broken = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for pending in list(self._waiting.values()):
            pending.done.set()

    def login(self, username: str, secret: str) -> ManagerMsg:
        """Log in; events flow from then on."""
        try:
            return super().login(username, secret)
        except ManagerException as error:
            raise SwitchboardDown(f"Asterisk's manager refused the login of {username}: {error}.") from None

    def send_action(self, cdict: Mapping[str, Any] | None = None, **kwargs: Any) -> ManagerMsg:
        """pyst2's own form of an action, used by its methods."""
        answer = self.ask({**(cdict or {}), **kwargs}).response or {}
        return ManagerMsg([f"{name}: {value}{EOL}" for name, value in answer.items()])

    def ask(self, headers: Headers, *, wants_list: bool = False) -> Pending:
        """Send an action and wait for its answer, at most the deadline. Raises ValueError for a line break in a name or value."""
        number = str(headers.get("ActionID") or f"ivr-{next(self._numbers)}")
        data = serialise({**headers, "ActionID": number})
        pending = self._waiting[number] = Pending(wants_list)
        try:
            self._send(data)
            if not pending.done.wait(self._deadline) or self._broken:
                raise SwitchboardDown(f"Asterisk's manager did not answer {headers['Action']}.")
        finally:
            self._waiting.pop(number, None)
        return pending

    def nudge(self) -> None:
        """Ask for a sign of life, without waiting for it."""
        self._send(serialise({"Action": "Ping", "ActionID": "ivr-ping"}))

    def messages(self) -> Iterator[Message | None]:
        """The events as they arrive; None when a second brought nothing. Ends with the connection."""
        buffer = bytearray()
        while data := self._receive():
            if data is not _NOTHING:
                self.quiet = 0
                self.heard = monotonic()
                buffer += data
            yield from self._events(buffer)
            self.delivered = self.heard
            if len(buffer) > _MESSAGE_BYTES:
                raise SwitchboardDown("Asterisk's manager sent a message without end.")
            if data is _NOTHING:
                self.quiet += 1
                yield None

    def _receive(self) -> bytes:
        """What arrived; b"" at the end of the connection, _NOTHING after a second of silence."""
        try:
            return b"" if self._broken else self._socket.recv(65_536)
        except TimeoutError:
            return _NOTHING
        except OSError:
            return b""

    def _events(self, buffer: bytearray) -> Iterator[Message]:
        while (end := buffer.find(_END)) >= 0:
            data = bytes(buffer[:end])
            del buffer[: end + len(_END)]
            if not data.startswith(_UNHEARD) and not self._answers(message := parse(data.decode("utf-8", "replace"))):
                yield message

    def _answers(self, message: Message) -> bool:
        """Whether this belongs to an action (or to nobody any more, as a late answer does)."""
        pending = self._waiting.get(message.get("ActionID", ""))
        is_event = "Event" in message
        if pending is None or (is_event and not pending.wants_list):
            return not is_event
        if pending.take(message):
            pending.done.set()
        return True

    def _send(self, data: bytes) -> None:
        try:
            with self._sending:
                self._socket.sendall(data)
        except OSError as error:
            self.close()  # half an action may be sent: nothing can follow it
            raise SwitchboardDown(f"Asterisk's manager is gone ({error}).") from None


_NOTHING: Final = b"\0"

_UNHEARD: Final = tuple(
    f"Event: {name}{EOL}".encode()
    for name in (
        "BridgeCreate", "BridgeDestroy", "DialBegin", "DialEnd", "DialState", "HangupRequest", "NewCallerid", "NewConnectedLine",
        "SoftHangupRequest",
    )
)  # fmt: skip
"""What nobody here listens to. They are passed over before they are read."""


def parse(text: str) -> Message:
    """A message's headers. The first of equal names counts: later ones may be a caller ID's that holds line breaks.

    ``Output`` alone, a line of what a command prints, is gathered line by line.
    """
    found: dict[str, str] = {}
    for line in text.split(EOL):
        name, colon, value = line.partition(":")
        if name == "Output" and name in found:
            found[name] += "\n" + value.strip()
        elif colon:
            found.setdefault(name.strip(), value.strip())
    return found


def serialise(headers: Headers) -> bytes:
    """An action as bytes; a list's items become headers of the same name. Raises ValueError for control characters."""
    lines = [f"{name}: {value}" for name, values in headers.items() for value in ([values] if isinstance(values, str) else values)]
    if any(not line.isprintable() for line in lines):
        raise ValueError("A manager action must not contain control characters.")
    return (EOL.join(lines) + EOL + EOL).encode()
