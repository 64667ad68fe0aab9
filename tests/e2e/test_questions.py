"""Silence and a wrong key at every question of the flow. The list is the flow's own: a question without a way to it fails."""

from collections.abc import Callable

import pytest

from ivr.call import QUESTIONS
from ivr.embedded.cast import MENU
from ivr.embedded.handset import Handset
from ivr.questions import Entry, Menu
from tests.e2e.cards import GOOD
from tests.e2e.world import COVERED, WITH_TRUNKS, World
from tests.long import and_long

Question = Menu | Entry


def to_disclosure(world: World) -> Handset:
    caller = world.caller()
    world.to_terms(caller)
    return caller


def to_category(world: World) -> Handset:
    caller = world.caller()
    world.consented(caller)
    return caller


def to_account_from_phone(world: World) -> Handset:
    caller = world.caller(COVERED.phone)
    world.agreed(caller)
    return caller


def to_account(world: World) -> Handset:
    caller = world.caller()
    world.agreed(caller)
    return caller


def to_pin(world: World) -> Handset:
    caller = to_account(world)
    caller.hears("ask_account")
    caller.presses(COVERED.account + "#")
    return caller


def to_trunks(world: World) -> Handset:
    caller = world.caller()
    world.identified(caller, WITH_TRUNKS)
    return caller


def to_blocks(world: World) -> Handset:
    caller = world.caller()
    world.to_payment(caller, None)
    return caller


CARD = {"ask_card_number": GOOD.number, "ask_expiry": GOOD.expiry, "ask_code": GOOD.code, "ask_zip": GOOD.zip}


def to_card(question: str) -> Callable[[World], Handset]:
    """Through the fields of a card up to this one, or, when it is none of them, through all."""

    def way(world: World) -> Handset:
        caller = to_blocks(world)
        caller.presses("1")
        for field, digits in CARD.items():
            if field == question:
                break
            caller.hears(field)
            caller.presses(digits + "#")
        return caller

    return way


def to_whisper(world: World) -> Handset:
    world.identified(world.caller(), COVERED)
    world.listens(world.ann, within=15)
    return world.ann


def to_confirmation(key: str) -> Callable[[World], Handset]:
    def way(world: World) -> Handset:
        world.connected(world.caller(), COVERED)
        world.ann.presses(key)
        return world.ann

    return way


def to_verification(world: World) -> Handset:
    caller = world.caller()
    world.named(caller, COVERED)
    world.accepts(world.ann)
    world.talk_goes_on(caller, world.ann)
    world.ann.presses("*4")
    return world.ann


def to_engineer_left(world: World) -> Handset:
    caller = world.caller()
    world.connected(caller, COVERED)
    world.ann.hangs_up()
    return caller


def to_resume(world: World, how: str = "pin") -> Handset:
    caller, again = world.caller(), world.caller()
    world.connected(caller, COVERED)
    caller.drops()
    world.wait_suspended()
    world.sql(f"UPDATE incident SET identified_how = '{how}' WHERE id = {world.incident_id()}")
    world.presses_nine(again)
    return again


def to_code(world: World) -> Handset:
    caller = to_resume(world, "guest")
    caller.hears("resume_menu")
    caller.presses("1")
    return caller


WAYS: dict[str, tuple[Callable[[World], Handset], str, str]] = {
    "resume_menu": (to_resume, "5", "disclosure"),
    "ask_code_again": (to_code, "#", "disclosure"),
    "disclosure_menu": (to_disclosure, "5", "ask_category"),
    "ask_category": (to_category, "5", "ask_account"),
    "account_from_phone": (to_account_from_phone, "5", "ask_account"),
    "ask_account": (to_account, "#", "no_account"),
    "ask_pin": (to_pin, "#", "not_identified"),
    "ask_trunks": (to_trunks, "5", "covered"),
    "choose_block": (to_blocks, "5", "unpaid_terms"),
    "ask_card_number": (to_card("ask_card_number"), "#", "unpaid_terms"),
    "ask_expiry": (to_card("ask_expiry"), "#", "unpaid_terms"),
    "ask_code": (to_card("ask_code"), "#", "unpaid_terms"),
    "ask_zip": (to_card("ask_zip"), "#", "unpaid_terms"),
    "confirm_card": (to_card("confirm_card"), "5", "unpaid_terms"),
    "whisper_menu": (to_whisper, "5", ""),
    "confirm_resolved": (to_confirmation("*1"), "5", "not_confirmed"),
    "confirm_stabilised": (to_confirmation("*2"), "5", "not_confirmed"),
    "confirm_caller_stopped": (to_confirmation("*3"), "5", "not_confirmed"),
    "confirm_no_charge": (to_confirmation("*5"), "5", "not_confirmed"),
    "confirm_verified": (to_verification, "5", "not_confirmed"),
    "engineer_left": (to_engineer_left, "5", "no_charge"),
}
"""Question → how to get there, a key that is wrong there, what is heard after its last try."""

OFTEN = ("disclosure_menu", "ask_card_number", "confirm_card", "whisper_menu")
"""Of every kind and every consequence one; the others are heard in ``make trials``."""
BY_PROMPT: dict[str, Question] = {question.prompt: question for question in QUESTIONS}
WRONG_OFTEN = ("ask_account", "whisper_menu")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("prompt", and_long(BY_PROMPT, often=OFTEN))
def test_silence(world: World, prompt: str) -> None:
    """Asked again more plainly so many times, then on to whoever can help: nobody is dropped, nobody waits in silence."""
    question, (way, _, last) = BY_PROMPT[prompt], WAYS[prompt]
    phone = way(world)
    phone.hears(prompt, within=25)
    for _ in range(question.tries - 1):
        phone.hears("no_key_heard", within=20)
        phone.hears(question.plain, within=35)
    if last:
        phone.hears(last, within=20)
    else:
        phone.wait_hung_up(within=20)
    assert phone.longest_silence() < 10


@pytest.mark.parametrize("prompt", and_long(BY_PROMPT, often=WRONG_OFTEN))
def test_a_wrong_key(world: World, prompt: str) -> None:
    """Said to be wrong, and asked again more plainly."""
    question, (way, wrong, _) = BY_PROMPT[prompt], WAYS[prompt]
    phone = way(world)
    phone.hears(prompt, within=25)
    phone.presses(wrong)
    phone.hears("wrong_key")
    phone.hears(question.plain, within=35)


def test_silence_in_the_main_menu_reaches_the_hotline(world: World) -> None:
    """The main menu is the dialplan's own question; whoever has no usable keys is put to the operator, and else to the emergency line."""
    operator = world.network.phone(MENU["0"])
    caller = world.caller()
    caller.dials()
    caller.hears("main_menu")
    for _ in range(2):
        caller.hears("no_key_heard", within=20)
        caller.hears("main_menu_plain")
    operator.rings(within=20)
    operator.is_busy()
    caller.hears("disclosure", within=10)


@pytest.mark.parametrize("key", and_long(["5", "*", "#"], often=["*"]))
def test_a_wrong_key_in_the_main_menu(world: World, key: str) -> None:
    caller = world.caller()
    caller.dials()
    caller.hears("main_menu")
    caller.presses(key)
    caller.hears("wrong_key")
    caller.hears("main_menu_plain")
    caller.presses("9")
    caller.hears("disclosure")
