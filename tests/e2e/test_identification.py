"""Who calls, by sound: numbers in every form, a number that is forged, too many guesses, and the engineer who finds out."""

import pytest

from ivr import spoken
from ivr.model.customer import GuessLimits
from ivr.model.incident import Cover, EndReason
from tests.e2e.world import COVERED, STRANGER, World
from tests.long import and_long

LIMITS = GuessLimits(caller=10, account=5, seconds=3600)


@pytest.mark.parametrize("number", and_long(["0015555550142", "5555550142"], often=[]))
def test_a_customers_number_in_another_form_is_recognised(world: World, number: str) -> None:
    """Bad input 4: with a carrier's prefix, and as dialled in the country. The cast's own tests call with +1."""
    assert COVERED.phone == "+15555550142"
    caller = world.caller(number)
    world.agreed(caller)
    world.recognised(caller, COVERED.pin)
    caller.hears("covered")


def test_a_forged_number_without_the_pin_is_a_matter_for_the_engineer(world: World) -> None:
    """Bad input 3: the account is offered, three PINs are wrong; an engineer is told, and the star 4 confirms who it really is.

    From then on the agreement pays: nothing is owed, nobody is asked for money.
    """
    caller, ann = world.caller(COVERED.phone), world.ann
    world.agreed(caller)
    caller.hears("account_from_phone")
    caller.presses("1")
    world.wrong_pins(caller)
    caller.hears("unverified_terms", within=15)
    world.listens(ann, within=25)
    ann.hears_sequence("whisper_claims", *spoken.digits(COVERED.account))
    ann.hears("whisper_locked")
    ann.presses("1")
    world.talk_goes_on(caller, ann)
    assert world.store.account_of(world.incident_id()) is None
    ann.presses("*4")
    ann.hears("confirm_verified")
    ann.presses("1")
    ann.hears("verified_noted")
    world.talk_goes_on(caller, ann)
    world.engineer_ends(ann)
    caller.hears("no_charge", within=20)
    caller.wait_hung_up(within=30)
    report = world.report()
    assert (report.summary.account, report.identified_how, report.cover) == (COVERED.account, "engineer", Cover.AGREEMENT)
    assert report.debt_cents is None
    assert world.kinds().count("claimed") == 1


def test_who_is_locked_out_still_reaches_an_engineer(world: World) -> None:
    """Five wrong PINs came from other phones: nobody is asked for this account's PIN any more, and what is talked is owed, not taken."""
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    customer = world.store.customer_by_account(COVERED.account)
    assert customer is not None
    for place in range(5):
        assert world.store.guess(world.incident_id(), f"+1555555016{place}", customer.id, LIMITS)
    caller.presses(COVERED.account + "#")
    caller.hears("locked_out")
    caller.hears("unverified_terms", within=20)
    assert not caller.has_heard("ask_pin")
    world.accepts(world.ann, within=25)
    world.talk_goes_on(caller, world.ann)
    number = world.wait_metered()
    world.sql(f"UPDATE talk SET seconds = 600 WHERE incident_id = {number}")
    world.engineer_ends(world.ann, EndReason.CALLER_STOPPED)
    caller.wait_hung_up(within=30)
    report = world.report()
    assert (report.identified_how, report.cover, report.summary.account) == ("locked", Cover.UNPAID, None)
    assert report.summary.reason is EndReason.CALLER_STOPPED
    assert report.holds == ()


def test_there_is_nothing_to_confirm_for_who_is_known(world: World) -> None:
    """Whatever the engineer presses then; and the caller's star 4 does nothing at all (fault 36)."""
    caller = world.caller(STRANGER)
    world.connected(caller, COVERED)
    caller.presses("*4")
    world.talk_goes_on(caller, world.ann)
    assert world.kinds().count("key") == 0
    world.ann.presses("*4")
    world.ann.hears("nothing_to_verify")
    world.talk_goes_on(caller, world.ann)
