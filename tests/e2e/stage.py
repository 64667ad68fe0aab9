"""What a scenario plays on: a stack with everybody's phones, and the records behind it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

from ivr.config import Settings
from ivr.embedded.cast import ANN, BEN, CLEO, FAILSAFE
from ivr.embedded.phones import Caller, Phone
from ivr.embedded.ports import Ports
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox.control import SandboxControl
from ivr.migrate import run_script
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

STRANGER: Final = "+15555550177"
"""A number that belongs to nobody in the cast."""


class Stage:
    """One stack, its phones and its records, for one scenario after the other."""

    def __init__(self, stack: Stack, network: Network, store: Store, check_traces: Callable[[], None] = lambda: None) -> None:
        """``check_traces`` raises ``AssertionError`` when a card that was keyed stands anywhere."""
        self.check_traces = check_traces
        self.stack = stack
        self.network = network
        self.store = store
        self.gateway = StripeGateway(stack.settings)
        self.ann, self.ben, self.cleo = (network.phone(engineer.phone) for engineer in (ANN, BEN, CLEO))
        self.engineers = (self.ann, self.ben, self.cleo)
        self.failsafe_phones = tuple(network.phone(number) for number in FAILSAFE)
        self.failsafe = self.failsafe_phones[0]
        self._callers: list[Caller] = []
        self._newest = 0
        self._rings: dict[str, int] = {}

    @property
    def settings(self) -> Settings:
        return self.stack.settings

    @property
    def ports(self) -> Ports:
        return self.stack.ports

    @cached_property
    def sandbox(self) -> SandboxControl:
        """Stripe's stand-in: faults on demand, and what it knows."""
        key = self.settings.stripe_key
        return SandboxControl(self.stack.stripe_url, key.get_secret_value() if key else "")

    @property
    def did(self) -> str:
        """The hotline's number as it stands in a request, digits alone."""
        return self.settings.did.removeprefix("+")

    @property
    def sip_address(self) -> tuple[str, int]:
        return self.settings.sip_host, self.settings.sip_port

    def caller(self, number: str | None = STRANGER) -> Caller:
        """A new phone that calls the hotline; by default nobody's that the hotline knows."""
        self._callers.append(self.network.caller(number))
        return self._callers[-1]

    def _phones(self) -> tuple[Phone, ...]:
        return (*self.engineers, *(self.network.phone(number) for number in FAILSAFE))

    def sql(self, statements: str) -> None:
        """Changes the records behind the hotline's back."""
        run_script(str(self.settings.database_url), statements)

    def wait_ready(self) -> None:
        """Waits until calls are served."""
        self.stack.wait_ready()

    @contextmanager
    def timed(self, what: str, *, at_most: float) -> Iterator[None]:
        """Prints the seconds that the block took and fails when they are more than allowed."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        print(f"{what}: {took:.1f} s")
        assert took <= at_most, f"{what}: {took:.1f} s, allowed are {at_most:g} s"

    def tables_stand(self) -> bool:
        """Whether every table of the records is still there and can be read."""
        self.store.ping()
        return all(self.store.report(each.id).summary.id == each.id for each in self.store.incidents(limit=1))

    def listening_addresses(self, port: int) -> set[str]:
        """The local IPv4 and IPv6 addresses on which somebody listens on this TCP port."""
        found = set()
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in Path(table).read_text().splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                host, _, hex_port = address.partition(":")
                if state == "0A" and int(hex_port, 16) == port:
                    found.add(".".join(str(byte) for byte in reversed(bytes.fromhex(host))) if len(host) == 8 else host)
        return found


def wait_until(fact: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Waits until ``fact`` holds. Raises ``AssertionError`` saying ``otherwise`` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.05)
