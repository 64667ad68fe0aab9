"""Waiting for an engineer: music and a word often enough, 9 for a message, and engineers who hear that the caller is gone."""

from itertools import pairwise
from uuid import uuid4

import pytest

from ivr import spoken
from ivr.embedded.cast import ANN
from ivr.model.incident import EndReason
from ivr.model.offer import OfferEnd
from ivr.switchboard import Switchboard
from tests.e2e.world import COVERED, STRANGER, World, wait_until

LONGEST_WITHOUT_A_WORD = 20.0
"""Seconds (the hotline's own rule)."""
WORDS = {"connecting", "wait_menu", "still_trying", "calling_backup"}


@pytest.mark.long
def test_a_caller_hears_a_word_at_least_every_twenty_seconds(world: World) -> None:
    """Also while a voicemail listens to the whisper; music in between, never silence; and 9 in the music ends the ringing."""
    caller = world.caller()
    world.ann.voicemail()
    world.identified(caller, COVERED)
    caller.hears("connecting", within=15)
    caller.hears_sequence("incident_number", *spoken.digits(str(world.incident_id())))
    caller.hears("wait_menu")
    waited = caller.offset()
    caller.hears_music()
    world.cleo.rings(within=60)
    caller.hears("still_trying", within=25)
    caller.hears("wait_menu", within=25)
    caller.hears_music()
    said = [each.at for each in caller.heard() if each.name in WORDS]
    assert max(later - before for before, later in pairwise(said)) <= LONGEST_WITHOUT_A_WORD
    assert caller.longest_silence(since=waited) < 3
    caller.presses("9")
    caller.hears("leave_message", within=5)
    wait_until(lambda: not any(phone.is_ringing for phone in world.engineers), 3, "a phone rings on after the 9")
    first, *between, last = world.offers()
    assert (first, last) == (OfferEnd.NOT_ACCEPTED, OfferEnd.MESSAGE)
    assert set(between) == {OfferEnd.NO_ANSWER}


def test_nine_in_a_prompt_and_the_engineer_who_listens_is_told(world: World) -> None:
    """With the incident and the number to call back; a 1 after that gets nothing."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.listens(world.ann, within=15)
    caller.hears("connecting")
    caller.presses("9")
    world.ann.hears("caller_gone_message", within=5)
    world.ann.hears_sequence("whisper_incident", *spoken.digits(str(world.incident_id())))
    world.ann.hears_sequence("caller_number", *spoken.digits(STRANGER.removeprefix("+")))
    world.ann.wait_hung_up()
    caller.hears("leave_message")
    caller.hangs_up()
    world.wait_idle()
    assert world.offers() == [OfferEnd.MESSAGE]
    assert world.report().summary.reason is EndReason.NO_ENGINEER


@pytest.mark.long
def test_an_engineer_who_listens_when_the_caller_hangs_up_hears_incident_and_number(world: World) -> None:
    """The 1 that comes too late changes nothing."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.listens(world.ann, within=15)
    caller.hangs_up()
    world.ann.hears("caller_left", within=5)
    world.ann.presses("1")
    world.ann.hears_sequence("whisper_incident", *spoken.digits(str(world.incident_id())))
    world.ann.hears_sequence("caller_number", *spoken.digits(STRANGER.removeprefix("+")))
    world.ann.wait_hung_up()
    world.wait_idle()
    assert world.offers() == [OfferEnd.CALLER_GONE]
    assert world.report().summary.reason is EndReason.ABANDONED
    assert world.rung() == [world.ann.number]


@pytest.mark.long
def test_who_accepted_a_caller_who_is_gone_hears_incident_and_number(world: World) -> None:
    """The caller's leg went between the accept and the bridge: nobody comes, and fifteen seconds later the dialplan has it said."""
    incident = world.store.begin_call(channel="PJSIP/gone", uniqueid=f"gone-{uuid4()}", caller_id=STRANGER)
    world.store.connecting(incident.id)
    offer = next(
        world.store.make_offer(incident.id, rung) for level in world.store.levels() for rung in level.rungs if rung.phone == ANN.phone
    )
    switchboard = Switchboard(world.settings)
    switchboard.start()
    try:
        assert switchboard.wait_connected(5)
        switchboard.ring(offer, 20, caller_id=world.settings.did)
        world.accepts(world.ann)
        world.ann.hears("caller_left", within=25)
        world.ann.hears_sequence("whisper_incident", *spoken.digits(str(incident.id)))
        world.ann.hears_sequence("caller_number", *spoken.digits(STRANGER.removeprefix("+")))
        world.ann.wait_hung_up()
    finally:
        switchboard.stop()
        world.store.end_incident(incident.id, EndReason.CALLER_STOPPED)
    assert world.offers() == [OfferEnd.ACCEPTED]
