"""A stack with its phones as a scenario uses it: ways through the call, faults, and what stands in the records afterwards.

Every wait has a deadline and every failed expectation says what was heard instead.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from ivr.config import Settings
from ivr.embedded.cast import (
    ANN,
    BEN,
    CLEO,
    COVERED,
    EXHAUSTED,
    FAILSAFE,
    LAPSED,
    LAPSED_WITH_TRUNKS,
    MONTHLY,
    OFFICE_HOURS,
    SIXTY_MINUTES,
    WITH_TRUNKS,
    Customer,
)
from ivr.embedded.phones import Caller, Handset, Phone
from ivr.embedded.ports import Ports
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox.control import SandboxControl
from ivr.migrate import run_script
from ivr.model import IncidentReport, IncidentStatus, OfferEnd
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.timeline import money_of
from tests.e2e.cards import GOOD, KeyedCard

__all__ = ["COVERED", "EXHAUSTED", "LAPSED", "LAPSED_WITH_TRUNKS", "MONTHLY", "OFFICE_HOURS", "SIXTY_MINUTES", "WITH_TRUNKS", "World"]

STRANGER: Final = "+15555550177"
"""A number that belongs to nobody in the cast."""
WITHOUT_ORDER: Final = frozenset({"leg_ended", "paged"})
"""Events that may come before or after their neighbours."""


class World:
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

    # before and after a scenario

    def begin(self) -> None:
        """Everybody's phone is idle and rings out; what happened before does not count."""
        self._callers.clear()
        self.window_is_over()  # of a scenario that was broken off: the same number calls again now
        for phone in self._phones():
            phone.lets_ring()
            phone.forget_rings()
        self._newest = max((each.id for each in self.store.incidents(limit=1)), default=0)
        self._rings = {phone.number: phone.rings_so_far for phone in self._phones()}
        self.sandbox.clear_faults()
        self._forget_cards()
        self._forget_guesses()

    def finish(self) -> None:
        """Hangs up what is still in a call and waits until the hotline is idle."""
        for caller in self._callers:
            if caller.has_dialled:
                caller.hangs_up()
        self.network.hang_up_all()
        self.sandbox.clear_faults()
        self.wait_idle()

    def _forget_cards(self) -> None:
        """The cards of earlier scenarios were tried the day before yesterday, so that the limits of a day begin anew."""
        rule = "ALTER TABLE card_try {} TRIGGER card_try_rule"
        self.sql(f"{rule.format('DISABLE')}; UPDATE card_try SET began_at = began_at - interval '2 days'; {rule.format('ENABLE')}")

    def _forget_guesses(self) -> None:
        """Wrong PINs of earlier scenarios lock nobody any more."""
        rule = "ALTER TABLE pin_try {} TRIGGER pin_try_rule"
        self.sql(f"{rule.format('DISABLE')}; UPDATE pin_try SET at = at - interval '2 days'; {rule.format('ENABLE')}")

    def _phones(self) -> tuple[Phone, ...]:
        return (*self.engineers, *(self.network.phone(number) for number in FAILSAFE))

    # people

    def caller(self, number: str | None = STRANGER) -> Caller:
        """A new phone that calls the hotline; by default nobody's that the hotline knows."""
        self._callers.append(self.network.caller(number))
        return self._callers[-1]

    def presses_nine(self, caller: Caller) -> None:
        """Dials, and asks the main menu for the emergency."""
        caller.dials()
        caller.hears("main_menu")
        caller.presses("9")

    def to_terms(self, caller: Caller) -> None:
        """9, the price, and into the terms, where keys count."""
        self.presses_nine(caller)
        caller.hears("disclosure")
        caller.hears("disclosure_terms", within=15)

    def agreed(self, caller: Caller) -> None:
        """Up to the consent, and what is wrong: an outage."""
        self.consented(caller)
        caller.hears("ask_category")
        caller.presses("1")

    def consented(self, caller: Caller) -> None:
        """Up to the consent alone."""
        self.to_terms(caller)
        caller.presses("1")

    def identified(self, caller: Caller, customer: Customer) -> None:
        """Up to the PIN's last key, by account number."""
        self.agreed(caller)
        self.says_who(caller, customer)

    def says_who(self, caller: Caller, customer: Customer, within: float = 10.0) -> None:
        """Account number and PIN, each after its question."""
        caller.hears("ask_account", within)
        caller.presses(customer.account + "#")
        caller.hears("ask_pin", within)
        caller.presses(customer.pin + "#")

    def named(self, caller: Caller, customer: Customer) -> None:
        """Up to the engineers, by an account whose PIN the caller does not know."""
        self.agreed(caller)
        caller.hears("ask_account")
        caller.presses(customer.account + "#")
        caller.hears("ask_pin")
        caller.presses("*")
        caller.hears("not_identified")

    def to_payment(self, caller: Caller, customer: Customer | None) -> None:
        """Up to the blocks with their prices: a customer whom no agreement covers, or a guest."""
        if customer is not None:
            self.identified(caller, customer)
        else:
            self.agreed(caller)
            caller.hears("ask_account")
            caller.presses("*")
        caller.hears("prepay")

    def to_card(self, caller: Caller, customer: Customer | None, *, block: str = "1") -> None:
        """Up to the question for the card's number."""
        self.to_payment(caller, customer)
        caller.presses(block)
        caller.hears("ask_card_number")

    def keys_in(self, caller: Caller, card: KeyedCard) -> None:
        """All fields of a card in one breath, as who knows the way does, up to the confirmation."""
        caller.presses(f"{card.number}#{card.expiry}#{card.code}#{card.zip}#")
        caller.hears("confirm_card", within=20)

    def keys_fields(self, caller: Caller, card: KeyedCard) -> None:
        """All fields of a card, each after its question, up to the ZIP code's last key."""
        caller.presses(card.number + "#")
        caller.hears("ask_expiry")
        caller.presses(card.expiry + "#")
        caller.hears("ask_code")
        caller.presses(card.code + "#")
        caller.hears("ask_zip")
        caller.presses(card.zip + "#")

    def pays(self, caller: Caller, customer: Customer | None, card: KeyedCard = GOOD, *, block: str = "1") -> None:
        """Up to the card's approval."""
        self.to_card(caller, customer, block=block)
        self.keys_in(caller, card)
        caller.presses("1")
        caller.hears("card_approved", within=15)

    def accepts(self, engineer: Phone, within: float = 20.0) -> None:
        """The engineer's phone rings, is answered, and 1 is pressed."""
        engineer.rings(within)
        engineer.answers()
        engineer.hears("whisper")
        engineer.presses("1")

    def connected(self, caller: Caller, customer: Customer, *, seconds_left: int | None = None) -> None:
        """Up to Ann and the caller hearing each other. ``seconds_left`` shortens what the agreement allots."""
        self.identified(caller, customer)
        if seconds_left is not None:
            caller.hears("covered")
            self.sql(f"UPDATE incident SET seconds_left = {seconds_left} WHERE id = {self.incident_id()}")
        self.accepts(self.ann)
        self.talk_goes_on(caller, self.ann)

    def way(self, customer: Customer) -> list[tuple[str, str]]:
        """What is heard up to the ringing, and what is pressed then."""
        return [
            ("main_menu", "9"), ("disclosure", ""), ("disclosure_terms", "1"), ("ask_category", "1"),
            ("ask_account", customer.account + "#"), ("ask_pin", customer.pin + "#"), ("covered", ""), ("connecting", ""),
        ]  # fmt: skip

    def talk_goes_on(self, one: Handset, other: Handset) -> None:
        """Both hear each other, from this moment on."""
        assert one.hears_voice_of(other), f"{one.name} does not hear {other.name}; heard {one.heard()}"
        assert other.hears_voice_of(one), f"{other.name} does not hear {one.name}; heard {other.heard()}"

    def failsafe_connects(self, caller: Caller, at_most: float) -> None:
        """The caller is told so within ``at_most`` seconds, a failsafe phone rings, and only its 1 connects."""
        with self.timed("waited for the failsafe", at_most=at_most):
            caller.hears("failsafe_connecting", within=at_most + 2)
        self.failsafe.rings(within=15)
        self.failsafe.answers()
        self.failsafe.hears("failsafe_whisper")
        assert not caller.hears_voice_of(self.failsafe, within=1.0), "joined before the failsafe phone's 1"
        self.failsafe.presses("1")
        self.talk_goes_on(caller, self.failsafe)

    # faults

    @contextmanager
    def stopped(self, program: str) -> Iterator[None]:
        """The program does not run inside the block."""
        self.stack.stop_program(program)
        try:
            yield
        finally:
            self.stack.start_program(program)
            self.wait_ready()

    @contextmanager
    def hung(self, program: str) -> Iterator[None]:
        """The program takes connections and never answers inside the block."""
        self.stack.signal(program, signal.SIGSTOP)
        try:
            yield
        finally:
            self.stack.signal(program, signal.SIGCONT)

    def kill(self, program: str) -> None:
        """SIGKILL; supervisord starts it again."""
        self.stack.signal(program, signal.SIGKILL)

    def terminate(self, program: str) -> None:
        """SIGTERM: finishes what it does, then supervisord starts it again."""
        self.stack.signal(program, signal.SIGTERM)

    @contextmanager
    def second_serve(self) -> Iterator[None]:
        """Another serve on the same node inside the block."""
        self.stack.start_program("serve2")
        try:
            yield
        finally:
            self.stack.stop_program("serve2")

    @contextmanager
    def database_stopped(self) -> Iterator[None]:
        """The records refuse every connection inside the block, as if their server were down."""
        self.stack.postgres.cut(self.stack.database)
        try:
            yield
        finally:
            self.stack.postgres.mend(self.stack.database)
            self.wait_ready()

    @contextmanager
    def timed(self, what: str, *, at_most: float) -> Iterator[None]:
        """Prints the seconds that the block took and fails when they are more than allowed."""
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        print(f"{what}: {took:.1f} s")
        assert took <= at_most, f"{what}: {took:.1f} s, allowed are {at_most:g} s"

    # records

    def sql(self, statements: str) -> None:
        """Changes the records behind the hotline's back."""
        run_script(str(self.settings.database_url), statements)

    def incident_id(self) -> int:
        """The number of this scenario's incident. Raises ``AssertionError`` when there is none, or more than one."""
        new = [each.id for each in self.store.incidents(limit=3) if each.id > self._newest]
        assert len(new) == 1, f"one incident expected, found {new}"
        return new[0]

    def incident_ids(self) -> list[int]:
        """The numbers of all of this scenario's incidents, newest first."""
        return [each.id for each in self.store.incidents(limit=100) if each.id > self._newest]

    def report(self) -> IncidentReport:
        return self.store.report(self.incident_id())

    def kinds(self) -> list[str]:
        """The kinds of this scenario's events in order."""
        return [event.kind for event in self.report().events if event.kind not in WITHOUT_ORDER]

    def offers(self) -> list[OfferEnd]:
        """How this scenario's offers ended, in order."""
        return [OfferEnd(str(event.detail["end"])) for event in self.report().events if event.kind == "offer_ended"]

    def money(self) -> dict[str, Any]:
        """Held, captured and released cents of this scenario's incident, once all of it is settled."""
        number = self.incident_id()
        wait_until(lambda: bool(money_of(self.store.report(number))["settled"]), 20, f"incident {number} is not settled")
        return money_of(self.store.report(number))

    def rung(self) -> list[str]:
        """The phones that were rung in this scenario."""
        return [phone.number for phone in self._phones() if phone.rings_so_far > self._rings[phone.number]]

    def wait_ready(self) -> None:
        """Waits until calls are served."""
        self.stack.wait_ready()

    def wait_idle(self) -> None:
        """Waits until no leg is up and this scenario's incidents are ended; who was cut off and could call again, does not."""
        wait_until(lambda: not self.network.legs_up(), 10, "a leg is still up")
        wait_until(lambda: not self.open_incidents(), 10, "an incident has not ended")
        self.window_is_over()

    def open_incidents(self) -> list[int]:
        """Those of this scenario that have neither ended nor wait for their caller to call again."""
        over = (IncidentStatus.ENDED, IncidentStatus.SUSPENDED)
        return [each.id for each in self.store.incidents(limit=100) if each.id > self._newest and each.status not in over]

    def wait_suspended(self) -> None:
        """Waits until this scenario's incident waits for its caller to call again."""
        number = self.incident_id()
        wait_until(lambda: self.store.incident(number).status is IncidentStatus.SUSPENDED, 10, f"incident {number} is not suspended")

    def window_is_over(self) -> None:
        """The time for calling again passes, and what the worker does then is done."""
        self.sql("UPDATE incident SET suspended_until = clock_timestamp() WHERE status = 'suspended'")
        self.store.end_windows()

    # the machine

    @property
    def did(self) -> str:
        """The hotline's number as it stands in a request, digits alone."""
        return self.settings.did.removeprefix("+")

    def tables_stand(self) -> bool:
        """Whether every table of the records is still there and can be read."""
        self.store.ping()
        return all(self.store.report(each.id).summary.id == each.id for each in self.store.incidents(limit=1))

    @property
    def sip_address(self) -> tuple[str, int]:
        return self.settings.sip_host, self.settings.sip_port

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
