"""The caller's line drops in a talk, and they call again: back to their engineer with what is left, once paid, once agreed."""

import pytest

from ivr import spoken
from ivr.embedded.phones import Caller, Phone
from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.money import HoldStatus
from ivr.model.offer import OfferEnd
from tests.e2e.money import THIRTY_MINUTES, intents
from tests.e2e.world import COVERED, World, wait_until

ASKED_ONCE = ("consent", "category", "identified", "hold_opened", "card_tried")


def cut_off(world: World, caller: Caller, engineer: Phone | None = None) -> int:
    """The caller's line drops in the talk, the engineer hears so and is released. The number of the incident, which waits."""
    engineer = engineer or world.ann
    caller.drops()
    engineer.hears("customer_line_lost")
    engineer.wait_hung_up(within=15)
    world.wait_suspended()
    return world.incident_id()


def calls_again(world: World, key: str = "1") -> Caller:
    """The same number dials, and answers the question where to go."""
    again = world.caller()
    world.presses_nine(again)
    again.hears("resume_menu")
    again.presses(key)
    return again


def gets_through(caller: Caller, question: str, digits: str) -> None:
    """Proves who it is."""
    caller.hears(question, within=15)
    caller.presses(digits + "#")
    caller.hears("resuming", within=15)


def as_guest(world: World) -> str:
    """Nobody proved a PIN in this incident; its code. Behind the callers' backs: it spares a card."""
    number = world.incident_id()
    world.sql(f"UPDATE incident SET identified_how = 'guest' WHERE id = {number}")
    return world.store.incident(number).resume_code or ""


def test_a_guest_comes_back_and_pays_once(world: World) -> None:
    """The code, the same engineer first, no second question or card, one settlement: 900 s and the second talk are 16 minutes."""
    caller = world.caller()
    world.pays(caller, None, block="2")
    world.ann.rings(within=20)  # and rings out, while the caller hears the code
    code = world.store.incident(world.incident_id()).resume_code or ""
    caller.hears_sequence("your_code", *spoken.digits(code), within=25)
    world.accepts(world.ben)
    world.talk_goes_on(caller, world.ben)
    number = cut_off(world, caller, world.ben)
    assert [hold.status for hold in world.store.holds(number)] == [HoldStatus.HELD]
    world.sql(f"UPDATE talk SET seconds = 900 WHERE incident_id = {number}")

    again = calls_again(world)
    gets_through(again, "ask_code_again", code)
    world.ben.rings(within=20)
    world.ben.answers()
    world.ben.hears("whisper_again", within=15)
    world.ben.presses("1")
    world.talk_goes_on(again, world.ben)
    world.ben.hangs_up()
    again.hears("engineer_left", within=10)
    again.presses("2")
    again.hears_sequence("you_talked", *spoken.minutes_of(910), within=15)
    again.hears_sequence("card_charged", *spoken.money(4330), within=15)
    again.wait_hung_up(within=30)

    expected = {"held": THIRTY_MINUTES, "charge": 4330, "captured": 4330, "released": THIRTY_MINUTES - 4330, "owed": 0}
    assert world.money() | expected == world.money()
    assert [(intent["status"], intent["amount_received"]) for intent in intents(world)] == [("succeeded", 4330)]
    kinds = world.kinds()
    assert {kind: kinds.count(kind) for kind in ASKED_ONCE} == dict.fromkeys(ASKED_ONCE, 1)
    assert (kinds.count("talk_began"), kinds.count("suspended"), kinds.count("resumed"), kinds.count("hold_captured")) == (2, 1, 1, 1)
    assert not any(again.has_heard(prompt) for prompt in ("disclosure", "ask_category", "ask_account", "prepay"))
    assert world.offers()[-2:] == [OfferEnd.ACCEPTED] * 2


def test_a_customer_comes_back_by_the_pin(world: World) -> None:
    """No serve ran when the line dropped: the next one finds out, and the window is open. The engineer declines: the ladder."""
    caller = world.caller()
    world.connected(caller, COVERED)
    with world.stopped("serve"):
        caller.drops()
        world.ann.wait_hung_up(within=15)
    world.wait_suspended()
    again = calls_again(world)
    gets_through(again, "ask_pin", COVERED.pin)
    world.ann.rings(within=20)
    world.ann.declines()
    world.accepts(world.ben)
    world.talk_goes_on(again, world.ben)
    world.engineer_ends(world.ben)
    again.hears("goodbye_resolved", within=30)
    again.wait_hung_up()
    assert world.report().summary.reason is EndReason.RESOLVED
    offers = world.offers()
    assert (offers[:2], offers[-1]) == ([OfferEnd.ACCEPTED, OfferEnd.DECLINED], OfferEnd.ACCEPTED)


@pytest.mark.long
def test_who_cannot_prove_it_has_a_new_emergency(world: World) -> None:
    """A hidden number is not asked; three wrong codes, and the old incident goes on waiting for its caller."""
    caller = world.caller()
    world.connected(caller, COVERED)
    number = cut_off(world, caller)
    as_guest(world)
    world.sql(f"UPDATE incident SET resume_code = '0451' WHERE id = {number}")
    hidden = world.caller(None)
    world.presses_nine(hidden)
    hidden.hears("disclosure")
    hidden.hangs_up()
    assert not hidden.has_heard("resume_menu")
    again = calls_again(world)
    again.hears("ask_code_again")
    again.presses("1111#")
    for wrong in ("2222#", "3333#"):
        again.hears("code_not_right")
        again.hears("ask_code_again_plain")
        again.presses(wrong)
    again.hears("disclosure", within=15)
    assert world.store.incident(number).status is IncidentStatus.SUSPENDED
    assert len(world.incident_ids()) == 3


@pytest.mark.long
def test_a_new_emergency_on_wish_and_after_the_window(world: World) -> None:
    """A 2, and a call that comes too late: both begin anew, and the old incident is settled as the caller's own end."""
    caller = world.caller()
    world.connected(caller, COVERED)
    number = cut_off(world, caller)
    other = calls_again(world, "2")
    other.hears("disclosure")
    other.hangs_up()
    assert world.store.incident(number).status is IncidentStatus.SUSPENDED
    world.window_is_over()
    assert world.store.incident(number).reason is EndReason.CALLER_STOPPED
    late = world.caller()
    world.presses_nine(late)
    late.hears("disclosure")
    assert not late.has_heard("resume_menu")
    assert len(world.incident_ids()) == 3


def test_the_worker_ends_the_window(world: World) -> None:
    """Nobody else does: the job that was queued with the suspension is due at its end."""
    caller = world.caller()
    world.connected(caller, COVERED)
    number = cut_off(world, caller)
    world.sql(
        f"UPDATE incident SET suspended_until = clock_timestamp() WHERE id = {number};"
        " UPDATE procrastinate_jobs SET scheduled_at = now() WHERE task_name = 'ivr:end_window' AND status = 'todo'"
    )
    wait_until(lambda: world.store.incident(number).status is IncidentStatus.ENDED, 20, "the window's job was not done")
    assert world.report().summary.reason is EndReason.CALLER_STOPPED


@pytest.mark.long
def test_both_lines_drop_at_once(world: World) -> None:
    """Fault 23: the meter stops at that second, whoever was first; one settlement, and the caller may still come back."""
    caller = world.caller()
    world.pays(caller, None)
    world.accepts(world.ann)
    world.talk_goes_on(caller, world.ann)
    world.ann.drops()
    caller.drops()
    world.wait_suspended()
    world.window_is_over()
    world.wait_idle()
    assert world.money()["captured"] == 0  # less than half a minute
    kinds = world.kinds()
    assert [kinds.count(kind) for kind in ("talk_began", "talk_ended", "ended", "charged", "hold_released")] == [1, 1, 1, 1, 1]
    at = {event.kind: event.at for event in world.report().events}
    assert abs(world.report().summary.talked_seconds - (at["talk_ended"] - at["talk_began"]).total_seconds()) < 1


@pytest.mark.long
def test_killed_while_the_caller_comes_back(world: World) -> None:
    """Fault 3: the second process asks for the code alone, since the wish to go back stands in the records; then they talk."""
    caller = world.caller()
    world.connected(caller, COVERED)
    cut_off(world, caller)
    code = as_guest(world)
    with world.second_serve():
        again = calls_again(world)
        again.hears("ask_code_again")
        world.kill("serve")
        gets_through(again, "ask_code_again", code)
        world.accepts(world.ann)
        world.talk_goes_on(again, world.ann)
    assert [each.name for each in again.heard()].count("resume_menu") == 1
    assert len(world.incident_ids()) == 1
