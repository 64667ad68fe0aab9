"""The parts of a node's health, each asked as its real users ask it, and within a deadline of its own."""

import socket
from enum import StrEnum
from threading import Lock, Thread
from time import monotonic
from typing import Final, NamedTuple

from ivr.config import Settings
from ivr.errors import HotlineError
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

AMI_BANNER: Final = b"Asterisk Call Manager"
SLOW_SECONDS: Final = 0.5
"""The records answer the least question in a millisecond."""
SERVE_SECONDS: Final = 1.0
STRIPE_EVERY: Final = 60.0
"""Seconds between two looks at Stripe: each of them is a request of the account's."""
STRIPE_FIRST: Final = 2.0
"""Seconds that the very first look is waited for."""


class Status(StrEnum):
    """``DOWN`` is only what leaves a caller without an answer."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class Part(NamedTuple):
    """One part: how it is, in words that say what it means for callers."""

    status: Status
    detail: str


def asterisk(settings: Settings) -> Part:
    """It greets on its manager port before any login. Without it nobody takes the call."""
    where = (settings.agi_host, settings.ami_port)
    try:
        greeting = _greeting(where, settings.ami_seconds)
    except OSError:
        return Part(Status.DOWN, f"Asterisk's manager interface does not answer on {where[0]}:{where[1]}")
    if not greeting.startswith(AMI_BANNER):
        return Part(Status.DOWN, f"what answers on {where[0]}:{where[1]} is not Asterisk's manager interface")
    return Part(Status.OK, "answers")


def serves(settings: Settings) -> Part:
    """Those of this node, as Asterisk reaches them."""
    ports, gone = asked_serves(settings)
    if not gone:
        return Part(Status.OK, f"{len(ports)} of {len(ports)} answer")
    if len(gone) < len(ports):
        return Part(Status.DEGRADED, f"nothing answers on port {gone[0]}: calls go to the other serve")
    return _failsafe(settings, "no serve answers")


def records(settings: Settings, store: Store) -> Part:
    """PostgreSQL, and how long the least question takes."""
    began = monotonic()
    try:
        store.ping()
    except HotlineError:
        return _failsafe(settings, "PostgreSQL does not answer, or has no tables of the hotline")
    if (seconds := monotonic() - began) > SLOW_SECONDS:
        return Part(Status.DEGRADED, f"PostgreSQL takes {seconds:.1f} s to answer: callers wait")
    return Part(Status.OK, "answers")


def worker(store: Store) -> Part:
    """One is alive, and keeps up."""
    try:
        found = store.queue_now()
    except HotlineError:
        return Part(Status.DEGRADED, "the records do not say whether a worker is alive")
    if not found["workers"][""]:
        return Part(Status.DEGRADED, "no worker is alive: nothing is settled, nobody is paged")
    if late := int(found["jobs_late"][""]):
        return Part(Status.DEGRADED, f"jobs wait: {late}, the latest for {found['jobs_late_seconds']['']:.0f} s")
    return Part(Status.OK, "alive, and nothing waits")


class StripeWatch:
    """Whether Stripe answers to our key: asked at most once a minute, in the background, when somebody wants to know."""

    def __init__(self, settings: Settings, gateway: StripeGateway) -> None:
        self._keyed = settings.stripe_key is not None
        self._gateway = gateway
        self._lock = Lock()
        self._due = 0.0
        self._last: Part | None = None
        self._asking: Thread | None = None

    def part(self) -> Part:
        """What it said last; the very first answer is waited for, for a while."""
        if not self._keyed:
            return Part(Status.OK, "no key is set: who is not covered is connected unpaid")
        with self._lock:
            if monotonic() >= self._due and not (self._asking and self._asking.is_alive()):
                self._asking = Thread(target=self._ask, name="stripe watch", daemon=True)
                self._asking.start()
            asking = self._asking
        if self._last is None and asking:
            asking.join(STRIPE_FIRST)
        return self._last or Part(Status.DEGRADED, "Stripe has not answered yet")

    def _ask(self) -> None:
        try:
            self._gateway.ping()
            self._last = Part(Status.OK, "answers")
        except HotlineError as away:
            self._last = Part(Status.DEGRADED, f"{away} Callers who would pay meet what IVR_STRIPE_DOWN says.")
        self._due = monotonic() + STRIPE_EVERY


def _failsafe(settings: Settings, why: str) -> Part:
    """What only a script can do is not done; Asterisk alone rings the failsafe phones, where there are any."""
    if settings.failsafe_phones:
        return Part(Status.DEGRADED, f"{why}: callers get the failsafe phones, and are not charged")
    return Part(Status.DOWN, f"{why}, and no failsafe phone is set: callers reach nobody")


def _greeting(where: tuple[str, int], seconds: float) -> bytes:
    until = monotonic() + seconds
    with socket.create_connection(where, seconds) as connection:
        said = b""
        while len(said) < len(AMI_BANNER):
            connection.settimeout(max(0.001, until - monotonic()))
            if not (more := connection.recv(64)):
                break
            said += more
        return said


def asked_serves(settings: Settings) -> tuple[tuple[int, ...], list[int]]:
    """The ports of this node's serves, and those of them where none answers."""
    ports = (settings.agi_port, settings.agi_second_port)[: settings.serves]
    return ports, [port for port in ports if not _serves((settings.agi_host, port))]


def _serves(where: tuple[str, int]) -> bool:
    """Whether a connection that is ended at once is closed from the other side too: a serve that hangs or is stopped does not."""
    try:
        with socket.create_connection(where, SERVE_SECONDS) as connection:
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except OSError:
        return False
