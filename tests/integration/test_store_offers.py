"""Offers and the accept."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.customer import Coverage
from ivr.model.incident import Category, Cover, EndReason, IncidentStatus
from ivr.model.offer import Briefing, FailsafePhone, OfferEnd, Rung
from ivr.store import Store
from tests.integration.cast import COVERED, called, connecting, kinds, offered, rungs, talking
from tests.integration.conftest import Sql


def test_an_offer_names_the_engineers_channel_before_it_rings(store: Store) -> None:
    """Its uniqueid is derived from its id, so any process can find the leg."""
    offer = offered(store)
    assert (offer.uniqueid, offer.end, offer.channel) == (f"ess-offer-{offer.id}", None, None)
    assert (offer.engineer_name, offer.phone) == ("Ann", "+12025550191")


def test_offers_are_made_only_while_connecting(store: Store) -> None:
    """Not before, not while somebody talks, not after the end; nor to engineers who do not exist."""
    rung = rungs(store)[0]
    with pytest.raises(IllegalChange):
        store.make_offer(called(store).id, rung)
    taken = talking(store)
    with pytest.raises(IllegalChange):
        store.make_offer(taken.incident_id, rung)
    store.end_incident(taken.incident_id, EndReason.RESOLVED)
    with pytest.raises(IllegalChange):
        store.make_offer(taken.incident_id, rung)
    with pytest.raises(UnknownRecord):
        store.make_offer(connecting(store).id, Rung(99, "Nobody", "+12025550100"))


def test_an_offer_ends_once(store: Store) -> None:
    """The first end wins and is on the timeline."""
    offer = offered(store)
    store.end_offer(offer.id, OfferEnd.BUSY)
    store.end_offer(offer.id, OfferEnd.DECLINED)
    assert store.offer(offer.id).end is OfferEnd.BUSY
    assert kinds(store, offer.incident_id).count("offer_ended") == 1


def test_the_accept_claims_the_incident(store: Store) -> None:
    """The incident is talking, the offer accepted with its channel; the winner may ask again."""
    offer = offered(store)
    assert store.accepted_offer(offer.incident_id) is None
    assert store.accept(offer.id, "PJSIP/ann-1")
    assert store.accept(offer.id, "PJSIP/ann-1")
    accepted = store.accepted_offer(offer.incident_id)
    assert accepted is not None
    assert (accepted.id, accepted.end, accepted.channel) == (offer.id, OfferEnd.ACCEPTED, "PJSIP/ann-1")
    assert store.incident(offer.incident_id).status is IncidentStatus.TALKING
    told = kinds(store, offer.incident_id)
    assert told[:3] == ["call_began", "connecting", "offer_made"]
    assert sorted(told[3:]) == ["offer_ended", "talking"]


def test_twenty_engineers_press_one_at_once_and_one_wins(store: Store) -> None:
    """Exactly one accept is true, whatever the interleaving."""
    for _ in range(5):
        incident = connecting(store)
        offers = [store.make_offer(incident.id, rungs(store)[0]) for _ in range(20)]
        start = Barrier(20)

        def press_one(offer_id: int, start: Barrier = start) -> bool:
            start.wait(10)
            return store.accept(offer_id, f"PJSIP/{offer_id}")

        with ThreadPoolExecutor(20) as threads:
            won = list(threads.map(press_one, [offer.id for offer in offers]))
        assert won.count(True) == 1
        accepted = store.accepted_offer(incident.id)
        assert accepted is not None
        assert accepted.id == offers[won.index(True)].id


def test_a_late_one_is_no_accept(store: Store) -> None:
    """After the offer's end, after another's accept, after the incident's end, for no offer at all."""
    offer = offered(store)
    store.end_offer(offer.id, OfferEnd.NOT_ACCEPTED)
    assert not store.accept(offer.id, "x")
    second = store.make_offer(offer.incident_id, rungs(store)[2])
    third = store.make_offer(offer.incident_id, rungs(store)[2])
    assert store.accept(second.id, "y")
    assert not store.accept(third.id, "z")
    over = offered(store)
    store.end_incident(over.incident_id, EndReason.ABANDONED)
    assert not store.accept(over.id, "x")
    assert store.offer(over.id).end is None
    assert not store.accept(424242, "x")


def test_an_accept_racing_the_callers_hangup_leaves_no_half_state(store: Store) -> None:
    """Accept, end of the offer and end of the incident at once: whoever wins, offer and incident agree."""
    for _ in range(20):
        offer = offered(store)
        start = Barrier(3)

        def at_once(act: str, offer_id: int = offer.id, incident: int = offer.incident_id, start: Barrier = start) -> bool:
            start.wait(10)
            if act == "accept":
                return store.accept(offer_id, "PJSIP/ann")
            if act == "hangup":
                return store.end_incident(incident, EndReason.ABANDONED)
            store.end_offer(offer_id, OfferEnd.CALLER_GONE)
            return True

        with ThreadPoolExecutor(3) as threads:
            accepted, _, ended = threads.map(at_once, ["accept", "end", "hangup"])
        assert ended is True
        assert (store.offer(offer.id).end is OfferEnd.ACCEPTED) is accepted
        assert store.incident(offer.incident_id).status is IncidentStatus.ENDED
        assert ("talking" in kinds(store, offer.incident_id)) is accepted


def test_a_lost_engineer_frees_the_incident_for_the_next(store: Store) -> None:
    """Connecting again, nobody has it, the next accept wins, and the timeline tells who was lost."""
    first = talking(store)
    store.engineer_lost(first.incident_id)
    assert store.accepted_offer(first.incident_id) is None
    assert not store.accept(first.id, "PJSIP/ann-1")
    second = store.make_offer(first.incident_id, rungs(store)[2])
    assert store.accept(second.id, "PJSIP/ben-1")
    [lost] = [event for event in store.report(first.incident_id).events if event.kind == "engineer_lost"]
    assert lost.detail["engineer"] == "Ann"
    assert store.report(first.incident_id).summary.engineer == "Ben"
    with pytest.raises(IllegalChange):
        store.engineer_lost(called(store).id)


def test_a_failsafe_phone_is_offered_like_an_engineer(store: Store) -> None:
    """It belongs to nobody, has a name everywhere, and its holder can be lost like anybody."""
    incident = connecting(store)
    offer = store.make_offer(incident.id, FailsafePhone("failsafe phone 1", "+12025550161"))
    assert (offer.engineer_id, offer.engineer_name, offer.phone) == (None, "failsafe phone 1", "+12025550161")
    assert store.accept(offer.id, "PJSIP/backup-1")
    store.talk_began(offer.uniqueid, "call.1", "bridge-1", 1.0)
    store.end_leg(offer.uniqueid, 38)
    store.engineer_lost(incident.id)
    report = store.report(incident.id)
    named = [event.detail["engineer"] for event in report.events if "engineer" in event.detail]
    assert named == ["failsafe phone 1"] * 6
    assert report.summary.engineer == "failsafe phone 1"


@pytest.mark.parametrize("change", ["engineer_id = NULL", "failsafe = 'failsafe phone 1'", "engineer_id = NULL, failsafe = ''"])
def test_an_offer_is_somebodys(store: Store, sql: Sql, change: str) -> None:
    """An engineer's or a failsafe phone's, never both and never nobody's."""
    offer = offered(store)
    with pytest.raises(psycopg.errors.CheckViolation):
        sql(f"UPDATE offer SET {change} WHERE id = {offer.id}")


def test_the_first_end_knows_that_it_is_the_first(store: Store) -> None:
    """Whoever ends an offer second leaves the engineer alone: somebody else says why."""
    offer = offered(store)
    assert store.end_offer(offer.id, OfferEnd.MESSAGE)
    assert not store.end_offer(offer.id, OfferEnd.TAKEN)
    assert store.offer(offer.id).end is OfferEnd.MESSAGE


def test_ends_of_several_offers_and_an_accept_of_one_that_was_not_asked_for(store: Store) -> None:
    incident = connecting(store)
    rung = FailsafePhone("failsafe phone 1", "+12025550161")
    one, two, three, foreign = (store.make_offer(incident.id, rung) for _ in range(4))
    assert store.offer_ends(incident.id, [one.id, two.id]) == {}
    store.end_offer(one.id, OfferEnd.BUSY)
    store.end_offer(three.id, OfferEnd.DECLINED)
    assert store.offer_ends(incident.id, [one.id, two.id]) == {one.id: OfferEnd.BUSY}
    assert store.accept(foreign.id, "x")
    assert store.offer_ends(incident.id, [one.id, two.id]) == {one.id: OfferEnd.BUSY, foreign.id: OfferEnd.ACCEPTED}
    assert store.offer_ends(incident.id, []) == {foreign.id: OfferEnd.ACCEPTED}


def test_the_briefing_of_an_offer(store: Store) -> None:
    """Everything that an engineer is told, as it stands now, in one statement."""
    offer = offered(store)
    plain = store.briefing(offer.id)
    assert plain == Briefing(
        offer.incident_id, IncidentStatus.CONNECTING, None, None, None, None, False, None, None, "+12025550101", again=False
    )  # fmt: skip
    store.category(offer.incident_id, Category.OUTAGE, trunk_claim=True)
    store.identified(offer.incident_id, COVERED, "pin")
    store.reserve(offer.incident_id, Coverage(1, 3600))
    told = store.briefing(offer.id)
    assert (told.account, told.category, told.trunk_claim, told.cover, told.seconds_left) == (
        "1001",
        Category.OUTAGE,
        True,
        Cover.AGREEMENT,
        3600,
    )
    store.end_offer(offer.id, OfferEnd.BUSY)
    assert store.briefing(offer.id).end is OfferEnd.BUSY
    with pytest.raises(UnknownRecord):
        store.briefing(424242)


def test_the_briefing_knows_what_was_talked_and_with_whom(store: Store) -> None:
    """Seconds left shrink by the talks; who comes back is told so, everybody else is not, whatever phone it is."""
    first = talking(store)
    store.identified(first.incident_id, COVERED, "pin")
    store.reserve(first.incident_id, Coverage(1, 3600))
    talk = store.talk_began(first.uniqueid, "call.1", "bridge-1", 1.0)
    store.talk_ended(talk, 100.4)
    store.engineer_lost(first.incident_id)
    ann = store.make_offer(first.incident_id, Rung(first.engineer_id or 0, "Ann", "+12025550192"))
    ben = store.make_offer(first.incident_id, Rung(1, "Ben", first.phone))
    backup = store.make_offer(first.incident_id, FailsafePhone("failsafe phone 1", first.phone))
    assert [store.briefing(each.id).again for each in (ann, ben, backup)] == [True, False, False]
    assert store.briefing(ben.id).seconds_left == 3500
