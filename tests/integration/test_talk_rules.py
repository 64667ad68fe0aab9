"""The records of a talk's time and of what its engineer decides: limits, warnings said once, calls made free, follow-ups."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.config import Settings
from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import EndReason
from ivr.settlement import decide
from ivr.store import Store
from tests.integration.administering import ivr
from tests.integration.cast import CHARGE, COVERED, accepted, agreed, called, connecting, covered, held, kinds, talking
from tests.integration.conftest import Sql


def caller_of(store: Store, incident_id: int) -> str:
    [uniqueid] = store.caller_legs(incident_id)
    return uniqueid


def test_how_long_an_open_talk_may_last(store: Store) -> None:
    """The caller's channel, the allotted seconds, who gives them, what the other talks used. Talks that are over have no limit."""
    hold = held(store)
    offer = accepted(store, hold.incident_id)
    uniqueid = caller_of(store, hold.incident_id)
    first = store.talk_began(offer.uniqueid, uniqueid, "bridge-1", 1.0)
    store.talk_ended(first, 100.0)
    second = store.talk_began(offer.uniqueid, uniqueid, "bridge-2", 200.0)
    store.talk_checkpoint(second, 5.0)
    [limit] = store.limits([first, second, 999])
    assert (limit.talk_id, limit.incident_id, limit.allotted, limit.covered, limit.before, limit.said) == (
        second, hold.incident_id, 900, False, 100.0, frozenset(),
    )  # fmt: skip
    assert limit.channel.startswith("PJSIP/carrier-")


def test_a_talk_under_an_agreement_and_one_without_a_limit(store: Store) -> None:
    """Only an agreement may give more."""
    for cover, expected in ((COVERED, (3600, True)), (None, (None, False))):
        incident = agreed(store)
        if cover:
            covered(store, incident.id, cover)
        offer = accepted(store, incident.id)
        talk = store.talk_began(offer.uniqueid, caller_of(store, incident.id), "bridge", 1.0)
        [limit] = store.limits([talk])
        assert (limit.allotted, limit.covered) == expected
        store.end_incident(incident.id, EndReason.RESOLVED)


def test_a_warning_is_said_by_one_of_many_processes(store: Store) -> None:
    """Each once an incident, also in a later talk of it; it stands on the timeline."""
    offer = talking(store)
    talk = store.talk_began(offer.uniqueid, caller_of(store, offer.incident_id), "bridge", 1.0)
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda _: store.claim_warning(offer.incident_id, "one_minute_left"), range(16)))
    assert won.count(True) == 1
    assert store.claim_warning(offer.incident_id, "time_is_up")
    [limit] = store.limits([talk])
    assert limit.said == {"one_minute_left", "time_is_up"}
    assert kinds(store, offer.incident_id).count("time_warning") == 2


def test_an_engineer_who_accepted_makes_the_call_free_for_good(store: Store, sql: Sql) -> None:
    """Twice is once; nobody takes it back."""
    number = talking(store).incident_id
    store.no_charge(number)
    store.no_charge(number)
    assert store.incident(number).no_charge
    assert kinds(store, number).count("no_charge") == 1
    with pytest.raises(Exception, match="made free and stays so"):
        sql("UPDATE incident SET no_charge = false WHERE id = %s", number)


def ended(store: Store) -> int:
    number = talking(store).incident_id
    store.end_incident(number, EndReason.RESOLVED)
    return number


@pytest.mark.parametrize("situation", [lambda store: called(store).id, lambda store: connecting(store).id, ended])
def test_nobody_else_makes_a_call_free(store: Store, situation: Callable[[Store], int]) -> None:
    """Not before an accept, and not once it has ended: what it comes to may be decided by then."""
    number = situation(store)
    with pytest.raises(IllegalChange):
        store.no_charge(number)
    with pytest.raises(UnknownRecord):
        store.no_charge(4711)


def test_a_free_call_is_decided_as_nothing_and_its_hold_is_released(store: Store) -> None:
    """Ten minutes of a prepaid block."""
    number = held(store).incident_id
    offer = accepted(store, number)
    store.talk_ended(store.talk_began(offer.uniqueid, caller_of(store, number), "bridge", 1.0), 600.0)
    store.no_charge(number)
    store.end_incident(number, EndReason.RESOLVED)
    account = decide(store, number)
    assert account.charge is not None
    assert account.charge.cents == 0
    assert [hold.capture_cents for hold in account.holds] == [0]


def test_a_free_call_owes_nothing(store: Store, sql: Sql) -> None:
    """Neither by the decision, nor by anybody's own row; and no charge can be written."""
    number = agreed(store).id
    assert store.connect_unpaid(number)
    offer = accepted(store, number)
    store.talk_ended(store.talk_began(offer.uniqueid, caller_of(store, number), "bridge", 1.0), 600.0)
    store.no_charge(number)
    store.end_incident(number, EndReason.RESOLVED)
    with pytest.raises(IllegalChange, match="incident_free"):
        store.decide(number, CHARGE, {}, 0)
    decide(store, number)
    assert [debt for debt in store.debts() if debt.incident_id == number] == []
    with pytest.raises(IllegalChange, match="owes nothing"):
        store.add_debt(number, 4059, "USD", "unpaid")


def test_the_grace_is_not_charged(store: Store) -> None:
    """The block is 15 minutes: 930 s cost no sixteenth."""
    number = held(store).incident_id
    offer = accepted(store, number)
    store.talk_ended(store.talk_began(offer.uniqueid, caller_of(store, number), "bridge", 1.0), 930.0)
    store.end_incident(number, EndReason.TIME_EXPIRED)
    account = decide(store, number)
    assert account.charge is not None
    assert (account.charge.seconds, account.charge.minutes, account.charge.cents) == (900, 15, 3750)


def stabilised(store: Store) -> int:
    offer = talking(store)
    store.identified(offer.incident_id, COVERED, how="pin")
    store.end_incident(offer.incident_id, EndReason.STABILISED)
    return offer.incident_id


@pytest.mark.parametrize("reason", EndReason)
def test_only_a_stabilised_incident_leaves_a_follow_up(store: Store, reason: EndReason) -> None:
    """In the transaction that ends it."""
    number = talking(store).incident_id
    store.end_incident(number, reason)
    assert (store.follow_up(number) is not None) == (reason is EndReason.STABILISED)
    assert ("follow_up" in kinds(store, number)) == (reason is EndReason.STABILISED)


def test_a_follow_up_is_done_once(store: Store, sql: Sql) -> None:
    """By whom and how stands on the timeline; the same again changes nothing, somebody else is told."""
    number = stabilised(store)
    [left] = store.follow_ups()
    assert (left.incident_id, left.account, left.caller_id, left.done_at) == (number, "1001", "+12025550101", None)
    store.follow_up_done(number, "Dora", "router replaced")
    store.follow_up_done(number, "Dora", "again")
    with pytest.raises(IllegalChange, match="done by Dora"):
        store.follow_up_done(number, "Emil", None)
    assert store.follow_ups() == []
    [done] = store.follow_ups(done_too=True)
    assert (done.done_by, done.note) == ("Dora", "router replaced")
    assert kinds(store, number).count("follow_up_done") == 1
    with pytest.raises(Exception, match="not deleted"):
        sql("DELETE FROM follow_up")
    with pytest.raises(UnknownRecord):
        store.follow_up_done(4711, "Dora", None)


def test_follow_ups_on_the_command_line(store: Store, settings: Settings) -> None:
    """List, done, shown with the incident; expected errors are sentences."""
    assert ivr(settings, "follow-up", "list").stdout == "No follow-up is open.\n"
    number = str(stabilised(store))
    assert "Covered Dental (1001)" in ivr(settings, "follow-up", "list").stdout
    assert "follow-up" in ivr(settings, "incident", "show", number).stdout
    done = ivr(settings, "follow-up", "done", number, "--note", "[red]\x1b[31m", IVR_ACTOR="Dora")
    assert done.stdout == f"The follow-up of incident {number} is done.\n"
    listed = ivr(settings, "follow-up", "list", "--all").stdout
    assert "by Dora" in listed
    assert "\x1b" not in listed
    refused = ivr(settings, "follow-up", "done", number, "--by", "Emil")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "done by Dora" in refused.stderr
    assert ivr(settings, "follow-up", "done", "4711").returncode == 1
    assert ivr(settings, "follow-up", "done", number, "--by", "x" * 501).returncode == 1
    assert ivr(settings, "follow-up", "done", "seven").returncode == 2
