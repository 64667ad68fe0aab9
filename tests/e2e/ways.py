"""Ways through the call: what a caller presses and hears up to a point, and an engineer's accept."""

from typing import Final

from ivr.embedded.cast import Customer
from ivr.embedded.phones import Caller, Handset, Phone
from ivr.model.incident import EndReason
from tests.e2e.cards import GOOD, KeyedCard
from tests.e2e.records import Records

ENDING_KEYS: Final = {EndReason.RESOLVED: "*1", EndReason.STABILISED: "*2", EndReason.CALLER_STOPPED: "*3"}


class Ways(Records):
    """Each says from where to where; a step that is not heard fails with what was heard instead."""

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

    def consented(self, caller: Caller) -> None:
        """Up to the consent alone."""
        self.to_terms(caller)
        caller.presses("1")

    def agreed(self, caller: Caller) -> None:
        """Up to the consent, and what is wrong: an outage."""
        self.consented(caller)
        caller.hears("ask_category")
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

    def recognised(self, caller: Caller, pin: str) -> None:
        """Who calls from a customer's phone takes the account that is offered, and keys in this PIN."""
        caller.hears("account_from_phone")
        caller.presses("1")
        caller.hears("ask_pin")
        caller.presses(pin + "#")

    def wrong_pins(self, caller: Caller) -> None:
        """From the question for the PIN to the end of the asking: three that are nobody's."""
        caller.hears("ask_pin")
        caller.presses("0000#")
        for _ in range(2):
            caller.hears("pin_wrong")
            caller.presses("0000#")
        caller.hears("not_identified")

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
        self.to_payment(caller, customer)
        self.pays_block(caller, card, block=block)

    def pays_block(self, caller: Caller, card: KeyedCard = GOOD, *, block: str = "1") -> None:
        """From the blocks with their prices to the card's approval."""
        caller.presses(block)
        caller.hears("ask_card_number")
        self.keys_in(caller, card)
        caller.presses("1")
        caller.hears("card_approved", within=15)

    def listens(self, engineer: Phone, within: float = 20.0) -> None:
        """The engineer's phone rings, is answered, and the whisper begins."""
        engineer.rings(within)
        engineer.answers()
        engineer.hears("whisper")

    def accepts(self, engineer: Phone, within: float = 20.0) -> None:
        """The engineer's phone rings, is answered, and 1 is pressed."""
        self.listens(engineer, within)
        engineer.presses("1")

    def engineer_ends(self, engineer: Phone, reason: EndReason = EndReason.RESOLVED) -> None:
        """The engineer's ending key in the talk, and the 1 that it asks for."""
        engineer.presses(ENDING_KEYS[reason])
        engineer.hears(f"confirm_{reason}")
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
