"""A connection to Asterisk's manager interface (AMI) that keeps itself up."""

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread, current_thread
from typing import Final

from ivr.errors import SwitchboardDown
from ivr.manager_wire import Headers, Message, Pending, Wire

log = logging.getLogger(__name__)

QUIET: Final = 3
"""More quiet seconds than these, answers to pings included, and the connection is taken for dead.

Counted, not timed: a process that was stopped for a while has its news waiting in the socket.
"""

_BACK_OFF: Final = (0.2, 0.5, 1.0, 2.0, 5.0)


class ManagerLink:
    """Thread-safe. Events are delivered in order, one at a time, on the link's own thread, where no action can be asked."""

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        *,
        deadline: float,
        on_event: Callable[[Mapping[str, str]], None] | None = None,
        on_connect: Callable[[], None] | None = None,
    ) -> None:
        """``deadline``: seconds for connecting, login and each action. ``on_connect`` runs after each login, on its own thread."""
        self._address = (host, port)
        self._login = (user, secret)
        self._deadline = deadline
        self._on_event = on_event
        self._on_connect = on_connect
        self._wire: Wire | None = None
        self._up = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._keep_up, name="ami", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether it is logged in now."""
        return self._up.is_set()

    @property
    def delivered(self) -> float:
        """Up to which moment (monotonic) every event was delivered; a second or two ago at most while it is connected."""
        return self._wire.delivered if self._wire else 0.0

    def start(self) -> None:
        """Connect, and connect again whenever the connection is lost, until stopped. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Close the connection for good."""
        self._stopping.set()
        if self._wire:
            self._wire.close()
        if self._thread.is_alive() and self._thread is not current_thread():
            self._thread.join(2 * self._deadline)

    def wait_connected(self, seconds: float) -> bool:
        """Wait for the login; whether it is there."""
        return self._up.wait(seconds)

    def action(self, name: str, **headers: str | list[str]) -> Message:
        """The response to one action; look at its ``Response``. Raises SwitchboardDown; ValueError for control characters."""
        return self._ask(name, headers).response or {}

    def actions_list(self, name: str, **headers: str) -> list[Message]:
        """The events of an action that answers with a list (``Status`` …). Raises SwitchboardDown, also when Asterisk refuses it."""
        pending = self._ask(name, headers, wants_list=True)
        if pending.response and pending.response.get("Response") == "Error":
            raise SwitchboardDown(f"Asterisk refused {name}: {pending.response.get('Message')}.")
        return pending.events

    def _ask(self, name: str, headers: Headers, *, wants_list: bool = False) -> Pending:
        if current_thread() is self._thread:
            raise RuntimeError("An action asked from an event's listener would wait for itself.")
        wire = self._wire
        if wire is None or not self.connected:
            raise SwitchboardDown("Asterisk's manager is not connected.")
        return wire.ask({"Action": name, **headers}, wants_list=wants_list)

    def _keep_up(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                self._live()
            except SwitchboardDown as error:
                log.warning("%s", error)
            if self._up.is_set():
                failures = 0
                if not self._stopping.is_set():
                    log.warning("The connection to Asterisk's manager is lost")
            self._up.clear()
            self._stopping.wait(_BACK_OFF[min(failures, len(_BACK_OFF) - 1)])
            failures += 1

    def _live(self) -> None:
        """One connection's life."""
        wire = self._wire = Wire(*self._address, self._deadline)
        Thread(target=self._log_in, args=(wire,), name="ami-login", daemon=True).start()
        try:
            for message in wire.messages():
                if message is not None:
                    self._deliver(message)
                elif wire.quiet > QUIET:
                    raise SwitchboardDown("Asterisk's manager is silent.")
                else:
                    wire.nudge()
        finally:
            wire.close()

    def _log_in(self, wire: Wire) -> None:
        try:
            wire.login(*self._login)
        except SwitchboardDown as error:
            log.error("%s", error)
            wire.close()
            return
        self._up.set()
        if self._on_connect:
            self._on_connect()

    def _deliver(self, message: Message) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(message)
        except Exception:
            log.exception("A listener failed on %s", message.get("Event"))
