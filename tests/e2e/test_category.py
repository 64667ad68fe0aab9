"""What is down, by sound: whether it is asked, what is told of it, and what it makes of the money."""

import pytest

from ivr.model.incident import Category, Cover, EndReason
from tests.e2e.money import intents, nothing_taken
from tests.e2e.world import LAPSED_WITH_TRUNKS, WITH_TRUNKS, World


def test_a_customer_whose_trunks_are_ours_and_down_pays_nothing(world: World) -> None:
    """Seed: "if VOICE1 is providing SIP Trunking services …": said by the first key, so nobody asks again; the engineer hears of it."""
    caller, customer = world.caller(), LAPSED_WITH_TRUNKS
    world.consented(caller)
    caller.hears("ask_category")
    caller.presses("4")
    world.says_who(caller, customer)
    caller.hears("trunks_free")
    world.listens(world.ann)
    world.ann.hears("whisper_trunks", within=20)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    world.engineer_ends(world.ann)
    caller.hears("trunks_free", within=15)
    caller.hears("goodbye_resolved", within=20)
    caller.wait_hung_up()
    assert not caller.has_heard("ask_trunks")
    incident = world.store.incident(world.incident_id())
    assert (incident.category, incident.trunk_claim, incident.cover) == (Category.TRUNKS, True, Cover.TRUNKS)
    assert world.report().debt_cents is None
    assert intents(world) == []


@pytest.mark.long
def test_a_customer_with_our_trunks_and_another_trouble_prepays(world: World) -> None:
    """No telephone service, but not because of the trunks."""
    caller, customer = world.caller(), LAPSED_WITH_TRUNKS
    world.consented(caller)
    caller.hears("ask_category")
    caller.presses("2")
    world.says_who(caller, customer)
    caller.hears("ask_trunks")
    caller.presses("2")
    caller.hears("prepay", within=15)
    caller.hangs_up()
    world.wait_idle()
    incident = world.store.incident(world.incident_id())
    assert (incident.category, incident.trunk_claim, incident.cover) == (Category.TELEPHONY, False, None)


def test_a_guest_who_blames_our_trunks_prepays_and_hears_why(world: World) -> None:
    """Nobody knows whether they have our trunks; the hold is released when the engineer makes it free."""
    caller = world.caller()
    world.consented(caller)
    caller.hears("ask_category")
    caller.presses("4")
    caller.hears("ask_account")
    caller.presses("*")
    caller.hears("trunk_claim_hold")
    caller.hears("prepay", within=20)
    caller.presses("1")
    caller.hears("ask_card_number")
    caller.hangs_up()
    world.wait_idle()
    assert world.store.incident(world.incident_id()).trunk_claim
    assert world.report().summary.reason is EndReason.ABANDONED
    nothing_taken(world, held=0)


def test_a_slow_hosted_service_is_no_matter_of_trunks_and_nothing_is_asked_twice(world: World) -> None:
    """Fault 3: the process is killed after the answer; the second one goes on with the account, not with the price or the trouble."""
    caller = world.caller()
    with world.second_serve():
        world.consented(caller)
        caller.hears("ask_category")
        caller.presses("3")
        caller.hears("ask_account")
        world.kill("serve")
        caller.hears("ask_account", within=15)
        assert [each.name for each in caller.heard()].count("ask_category") == 1
        caller.presses(WITH_TRUNKS.account + "#")
        caller.hears("ask_pin")
        caller.presses(WITH_TRUNKS.pin + "#")
        caller.hears("covered")
        assert not caller.has_heard("ask_trunks")
        caller.hangs_up()
        world.wait_idle()
    assert world.kinds().count("category") == 1
    assert world.store.incident(world.incident_id()).category is Category.HOSTED
