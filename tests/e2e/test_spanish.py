"""The second language: chosen by a key or by the record, in its own words, and English where it has no sound."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr import spoken
from ivr.embedded.cast import SIXTY_MINUTES
from ivr.embedded.ears import Library
from ivr.embedded.phones import Caller
from ivr.model.incident import EndReason
from ivr.prompts.texts import SOUNDS
from tests.e2e.test_talk import both_hear, leave
from tests.e2e.world import World

SPANISH = Library([SOUNDS["es"]])


@contextmanager
def listening(world: World, library: Library) -> Iterator[None]:
    """Whoever begins to listen now knows these sounds alone."""
    usual, world.network.library = world.network.library, library
    try:
        yield
    finally:
        world.network.library = usual


def dials_in_spanish(world: World, number: str | None = None) -> Caller:
    """A caller who only knows Spanish dials and waits for the first word of it."""
    caller = world.caller(number) if number else world.caller()
    with listening(world, SPANISH):
        caller.dials()
        caller.hears("choose_language", within=20)
    return caller


@pytest.fixture
def bakery(world: World) -> Iterator[None]:
    """Mill Street Bakery, whose record says Spanish."""
    world.sql(f"UPDATE customer SET language = 'es' WHERE account = '{SIXTY_MINUTES.account}'")
    yield
    world.sql(f"UPDATE customer SET language = 'en' WHERE account = '{SIXTY_MINUTES.account}'")


def test_two_in_the_main_menu_is_spanish_until_the_goodbye(world: World) -> None:
    """Menu, price in Spanish words, the questions, the goodbye. A warning in the talk is said in both languages; the engineer
    hears English and is told; the timeline has it."""
    caller = dials_in_spanish(world)
    caller.presses("2")
    caller.hears("main_menu", within=15)
    caller.presses("9")
    caller.hears("disclosure")
    caller.hears_sequence(*spoken.price_a_minute(world.store.current_rate().price_cents, "es"), within=15)
    caller.hears("disclosure_terms", within=15)
    caller.presses("1")
    caller.hears("ask_category", within=15)
    caller.presses("1")
    world.says_who(caller, SIXTY_MINUTES, within=15)
    caller.hears("covered", within=15)
    world.listens(world.ann, within=30)
    world.ann.hears("whisper_spanish", within=15)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    leave(world, 302)
    both_hear("five_minutes_left", world.ann, caller, within=15)
    world.ann.presses("*1")
    world.ann.hears("confirm_resolved_plain", within=25)  # the first asking may be under the end of the warning
    world.ann.presses("1")
    caller.hears("no_charge", within=20)
    caller.hears("goodbye_resolved", within=30)
    assert world.report().summary.reason is EndReason.RESOLVED
    assert "language" in world.kinds()


@pytest.mark.long
def test_the_record_s_language_is_heard_from_the_price_on(world: World, bakery: None) -> None:
    """By the caller ID, without a key; nobody's name is said by that."""
    caller = world.caller(SIXTY_MINUTES.phone)
    with listening(world, SPANISH):
        caller.dials()
        caller.hears("choose_language", within=20)
    caller.presses("9")
    caller.hears("disclosure")
    caller.hears("disclosure_terms", within=20)
    caller.presses("2")
    caller.hears("not_an_emergency", within=15)


def test_a_missing_spanish_sound_is_heard_in_english(world: World) -> None:
    """Never silence: Asterisk's own fallback."""
    place = world.stack.folder / "asterisk" / "sounds" / "es" / "ivr" / "disclosure_terms.wav"
    target = place.readlink()
    place.unlink()
    caller = world.caller()
    try:
        with listening(world, both(world)):
            caller.dials()
            caller.hears("choose_language", within=20)
        caller.presses("2")
        caller.hears("main_menu", within=15)
        caller.presses("9")
        caller.hears("disclosure")
        caller.hears("disclosure_terms", within=20)
        caller.hears("disclosure_emergency", within=20)
    finally:
        place.symlink_to(target)


def both(world: World) -> Library:
    """The Spanish sounds, and of the missing one the English one, as these tests hear it."""
    folder = Path(world.stack.folder) / "heard_in_english"
    folder.mkdir(exist_ok=True)
    english = world.stack.folder / "asterisk" / "sounds" / "en" / "ivr" / "disclosure_terms.wav"
    copy = folder / "disclosure_terms.wav"
    copy.unlink(missing_ok=True)
    copy.symlink_to(english.resolve())
    return Library([SOUNDS["es"], folder])
