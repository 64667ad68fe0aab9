"""A caller of the random trial: who it is and what it wants is decided by dice beforehand, how it ends by what is heard."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ivr.embedded.cast import Customer
from ivr.embedded.loops import LoopSearch
from ivr.embedded.phones import Caller
from ivr.embedded.recording import Sound
from ivr.embedded.searching import Search
from ivr.errors import Unavailable
from tests.e2e.cards import DECLINING, GOOD, KeyedCard
from tests.e2e.world import COVERED, EXHAUSTED, LAPSED, LAPSED_WITH_TRUNKS, OFFICE_HOURS, SIXTY_MINUTES, World
from tests.trials.humans import chosen

PATIENCE: Final = 240.0
"""Seconds after the questions in which a human or a machine that takes a message must have come; then the caller was let down."""
STEP: Final = 30.0

HUMAN, MESSAGE, CHOICE, LET_DOWN = "reached a human", "left a message", "hung up by own choice", "WAS LET DOWN"

KINDS: Final = {
    "covered": 24, "with minutes": 12, "lapsed, prepays": 14, "exhausted, prepays": 8, "guest, prepays": 14, "guest, bad card first": 8,
    "wrong PIN": 6, "our trunks are down": 8, "says nothing": 6,
}  # fmt: skip
WISHES: Final = {"stays": 78, "hangs up in the questions": 10, "hangs up while waiting": 5, "wants to leave a message": 7}


@dataclass
class Attempt:
    """One emergency call: what was planned, and what came of it."""

    number: int
    kind: str
    wish: str
    outcome: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0


def planned(number: int, dice: random.Random) -> Attempt:
    """A call by dice."""
    return Attempt(number, chosen(dice, KINDS), chosen(dice, WISHES))


def calls(world: World, attempt: Attempt, dice: random.Random, humans: Sequence[str]) -> None:
    """Makes the call and writes down what came of it. ``humans``: the phones whose voices are a human's."""
    began = time.monotonic()
    caller = world.network.caller(f"+1555555{2000 + attempt.number:04}")
    try:
        attempt.outcome = _makes(world, caller, attempt, dice, humans)
    except (AssertionError, Unavailable) as fault:
        attempt.outcome = LET_DOWN
        attempt.notes.append(str(fault)[:600])
    finally:
        attempt.seconds = time.monotonic() - began
        if caller.has_dialled and not caller.leg.ended.is_set():
            caller.leg.hang_up(16)


def _makes(world: World, caller: Caller, attempt: Attempt, dice: random.Random, humans: Sequence[str]) -> str:
    world.presses_nine(caller)
    steps = _steps(attempt.kind)
    leaves_at = dice.randrange(len(steps)) if steps and attempt.wish == "hangs up in the questions" else -1
    for place, (prompt, keys) in enumerate(steps):
        if _waits_for(caller, prompt, humans, STEP) != prompt:
            attempt.notes.append(f"{prompt} was not heard")  # a fault changed the way: now only the end counts
            break
        if place == leaves_at:
            return CHOICE
        caller.presses(keys)
    if attempt.wish == "hangs up while waiting" or (not steps and attempt.wish == "hangs up in the questions"):
        if _waits_for(caller, "leave_message", humans, dice.uniform(3, 15)) == HUMAN:
            return HUMAN
        return CHOICE
    if attempt.wish == "wants to leave a message" and _waits_for(caller, "wait_menu", humans, STEP) == "wait_menu":
        caller.presses("9")
    return _waits(caller, dice, humans)


def _waits(caller: Caller, dice: random.Random, humans: Sequence[str]) -> str:
    """Until a human speaks or a machine asks for a message."""
    found = _waits_for(caller, "leave_message", humans, PATIENCE)
    if found == HUMAN:
        caller.says()
        caller.leg.ended.wait(dice.uniform(4, 30))  # half of the callers hang up before the engineer does
        return HUMAN
    if found != "leave_message":
        raise AssertionError(f"nobody came: {found}; heard {[heard.name for heard in caller.heard()]}")
    caller.leg.ended.wait(5.0)
    caller.says()
    caller.leg.ended.wait(3.0)
    caller.falls_silent()
    caller.presses("#")
    kept = _waits_for(caller, "message_kept", humans, PATIENCE)  # or, when a process was killed meanwhile, whoever answers instead
    if kept not in ("message_kept", HUMAN):
        raise AssertionError(f"nobody came after the message: {kept}; heard {[heard.name for heard in caller.heard()]}")
    return MESSAGE if kept == "message_kept" else HUMAN


def _waits_for(caller: Caller, prompt: str, humans: Sequence[str], within: float) -> str:
    """What comes first: the prompt, a human's voice, the end of the call ("gone"), or nothing ("silence or something else")."""
    ears = caller.leg.ears
    said = Search(ears.library.templates[prompt], ears.cursor)
    voices = LoopSearch([ears.library.voice(name) for name in humans], ears.track.samples)
    deadline = time.monotonic() + within

    def look(sound: Sound, received: int) -> str | None:
        if (start := ears._recognise(said, sound, received)) is not None:
            ears.cursor = start + 1
            return prompt
        if voices.advance(sound, received) is not None:
            return HUMAN
        if caller.leg.ended.is_set():
            return "gone"
        return "silence or something else" if time.monotonic() > deadline else None

    return ears._until(within + 5, prompt, look)


def _steps(kind: str) -> list[tuple[str, str]]:
    """What is heard and then pressed, up to the ringing."""
    begin = [("disclosure_terms", "1"), ("ask_category", "4" if kind == "our trunks are down" else "1")]
    match kind:
        case "covered":
            return [*begin, *_named(COVERED)]
        case "with minutes":
            return [*begin, *_named(SIXTY_MINUTES)]
        case "lapsed, prepays":
            return [*begin, *_named(LAPSED), *_paid(GOOD)]
        case "exhausted, prepays":
            return [*begin, *_named(EXHAUSTED), *_paid(GOOD)]
        case "guest, prepays":
            return [*begin, ("ask_account", "*"), *_paid(GOOD)]
        case "guest, bad card first":
            return [*begin, ("ask_account", "*"), *_paid(DECLINING["insufficient_funds"]), *_card(GOOD)]
        case "wrong PIN":
            return [*begin, ("ask_account", f"{OFFICE_HOURS.account}#"), ("ask_pin", "*")]
        case "our trunks are down":
            return [*begin, *_named(LAPSED_WITH_TRUNKS)]
        case _:
            return begin[:0]


def _named(customer: Customer) -> list[tuple[str, str]]:
    return [("ask_account", f"{customer.account}#"), ("ask_pin", f"{customer.pin}#")]


def _paid(card: KeyedCard) -> list[tuple[str, str]]:
    return [("prepay", "1"), *_card(card)]


def _card(card: KeyedCard) -> list[tuple[str, str]]:
    return [("ask_card_number", f"{card.number}#{card.expiry}#{card.code}#{card.zip}#"), ("confirm_card", "1")]
