"""The demo's call: a customer whose agreement has lapsed prepays half an hour, and is charged for what was used.

Every step raises AssertionError when it does not happen.
"""

from dataclasses import dataclass
from typing import Final

from ivr import spoken, tariff
from ivr.disclosure import price_sentence
from ivr.embedded.cast import ANN, BEN, LAPSED
from ivr.embedded.narrator import Narrator
from ivr.embedded.phones import Caller, Phone
from ivr.event_words import money
from ivr.model.money import Hold, HoldStatus, Rate
from ivr.store import Store

STRANGER: Final = "+15555550177"
"""The caller rings from a phone that the hotline does not know."""
MINUTES: Final = 30
KEY: Final = "2"
"""The block that is prepaid, and its key."""
TALK_SECONDS: Final = 31.0
"""Talks under 30 s are free ("Money rules", rule 2)."""
VOICEMAIL_SECONDS: Final = 20.0
CARD: Final = {"number": "4242424242424242", "expiry": "1239", "code": "123", "zip": "94102"}
"""Stripe's documented test card that is approved (docs.stripe.com/testing), as it is keyed in."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Who is in it; ``newest`` is the last incident before this one."""

    narrator: Narrator
    caller: Caller
    ann: Phone
    ben: Phone
    store: Store
    newest: int

    @property
    def rate(self) -> Rate:
        return self.store.current_rate()

    def hold(self) -> Hold:
        """The one hold of this call. Raises AssertionError when there is none that is held."""
        incidents = [one.id for one in self.store.incidents(limit=1) if one.id > self.newest]
        held = [hold for number in incidents for hold in self.store.holds(number) if hold.status is HoldStatus.HELD]
        assert len(held) == 1, f"one hold expected, found {len(held)}"
        return held[0]


def play(scene: Scene) -> bool:
    """The whole call. Returns whether both heard each other, at the beginning of the talk and at its end."""
    agrees(scene)
    says_what_is_wrong(scene)
    identifies(scene)
    chooses_time(scene)
    pays(scene)
    voicemail_answers(scene)
    accepts(scene)
    both = talks(scene)
    hears_what_it_cost(scene)
    return both


def agrees(scene: Scene) -> None:
    """9, the price, and the caller's 1."""
    tell, caller = scene.narrator, scene.caller
    tell.tell("caller", f"dials the hotline from {caller.name}")
    caller.dials()
    tell.hears("caller", caller, "main_menu")
    tell.presses("caller", caller, "9")
    tell.hears("caller", caller, "disclosure")
    tell.hears_words("caller", caller, *price_sentence(scene.rate)[1:])
    tell.hears("caller", caller, "disclosure_terms")
    tell.hears("caller", caller, "disclosure_menu", within=20)
    tell.presses("caller", caller, "1")


def says_what_is_wrong(scene: Scene) -> None:
    """An outage."""
    scene.narrator.hears("caller", scene.caller, "ask_category")
    scene.narrator.presses("caller", scene.caller, "1")


def identifies(scene: Scene) -> None:
    """The account of a customer whose agreement has lapsed, and its PIN."""
    tell, caller = scene.narrator, scene.caller
    tell.hears("caller", caller, "ask_account")
    tell.presses("caller", caller, LAPSED.account + "#")
    tell.hears("caller", caller, "ask_pin")
    tell.presses("caller", caller, LAPSED.pin + "#", shown="types the PIN")
    tell.hears("caller", caller, "prepay")


def chooses_time(scene: Scene) -> None:
    """The block, with its price, tax included."""
    tell, caller = scene.narrator, scene.caller
    price = spoken.money(tariff.block_cents(scene.rate, MINUTES))
    tell.hears_words(
        "caller", caller, "block_for", *spoken.minutes(MINUTES), "block_at", *price, "block_press", figures=KEY, within=30
    )  # fmt: skip
    tell.presses("caller", caller, KEY)


def pays(scene: Scene) -> None:
    """The card, its confirmation, and the bank's yes: the amount is held, nothing is charged."""
    tell, caller = scene.narrator, scene.caller
    for question, field, what in (
        ("ask_card_number", "number", "the card number"), ("ask_expiry", "expiry", "its expiry date"),
        ("ask_code", "code", "its security code"), ("ask_zip", "zip", "the ZIP code"),
    ):  # fmt: skip
        tell.hears("caller", caller, question)
        tell.presses("caller", caller, CARD[field] + "#", shown=f"types {what}")
    price = spoken.money(tariff.block_cents(scene.rate, MINUTES))
    tell.hears_words("caller", caller, "confirm_hold", *price, "on_your", "brand_visa", "ending_in", figures=CARD["number"][-4:], within=20)
    tell.hears("caller", caller, "confirm_card")
    tell.presses("caller", caller, "1")
    tell.hears("caller", caller, "card_approved")
    held = scene.hold()
    tell.tell("money", f"{money(held.amount_cents, held.currency)} are held, nothing is charged", held=held.amount_cents)


def voicemail_answers(scene: Scene) -> None:
    """The first engineer's voicemail picks up; it presses nothing, so it gets nothing."""
    tell, ann = scene.narrator, scene.ann
    ann.voicemail()
    ann.rings(within=20)
    tell.tell(ANN.name, "is rung, and her voicemail answers")
    tell.hears("caller", scene.caller, "connecting")
    assert ann.leg.ended.wait(VOICEMAIL_SECONDS), f"{ANN.name}'s voicemail was not given up within {VOICEMAIL_SECONDS:g} s"
    tell.tell(ANN.name, "has not pressed 1: the voicemail does not get the call")


def accepts(scene: Scene) -> None:
    """The second engineer hears who waits and what is prepaid, and presses 1."""
    tell, ben = scene.narrator, scene.ben
    ben.rings(within=15)
    tell.tell(BEN.name, "is rung")
    tell.hears("caller", scene.caller, "still_trying")
    ben.answers()
    tell.tell(BEN.name, "answers")
    tell.hears(BEN.name, ben, "whisper")
    tell.hears_words(BEN.name, ben, "whisper_account", figures=LAPSED.account)
    tell.hears_words(BEN.name, ben, "whisper_prepaid", *spoken.minutes(MINUTES))
    tell.presses(BEN.name, ben, "1")


def talks(scene: Scene) -> bool:
    """Both speak for long enough to be charged, then the engineer ends it."""
    tell, caller, ben = scene.narrator, scene.caller, scene.ben
    first = _hear_each_other(scene)
    ben.leg.ended.wait(TALK_SECONDS)
    last = _hear_each_other(scene)
    caller.falls_silent()
    ben.falls_silent()
    tell.presses(BEN.name, ben, "*1")
    tell.hears(BEN.name, ben, "confirm_resolved")
    tell.presses(BEN.name, ben, "1")
    return first and last


def hears_what_it_cost(scene: Scene) -> None:
    """The goodbye: the minimum to the cent, and that the rest is released."""
    tell, caller = scene.narrator, scene.caller
    tell.hears_words("caller", caller, "card_charged", *spoken.money(expected_cents(scene.rate)), within=20)
    tell.hears("caller", caller, "rest_released")
    tell.hears("caller", caller, "goodbye_resolved", within=20)
    caller.wait_hung_up()
    tell.tell("hotline", "hangs up")


def expected_cents(rate: Rate) -> int:
    """What a talk of this length costs: the minimum, tax included."""
    return tariff.block_cents(rate, rate.minimum_minutes)


def _hear_each_other(scene: Scene) -> bool:
    to_caller, to_ben = scene.caller.hears_voice_of(scene.ben), scene.ben.hears_voice_of(scene.caller)
    heard = {(True, True): "hear each other", (True, False): f"only the caller hears {BEN.name}", (False, True): f"only {BEN.name} hears"}
    scene.narrator.tell("both", heard.get((to_caller, to_ben), "hear nothing of each other"))
    return to_caller and to_ben
