"""Calls, legs and what is decided in the questions."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ivr.embedded.polling import wait_until
from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.store import Store
from tests.integration.cast import COVERED, called, connecting, covered, kinds, rungs, talking
from tests.integration.conftest import Sql


def test_a_call_opens_an_incident_and_the_timeline_has_its_first_second(store: Store) -> None:
    """Incident numbers begin at 1001; everything is undecided; the caller ID is on the timeline."""
    incident = store.begin_call(channel="PJSIP/carrier-1", uniqueid="1.1", caller_id="+12025550101")
    assert (incident.id, incident.status, incident.identified_how, incident.consent) == (1001, IncidentStatus.OPEN, None, None)
    [event] = store.report(incident.id).events
    assert (event.kind, event.detail) == ("call_began", {"caller_id": "+12025550101"})


def test_the_same_channel_finds_its_incident_again(store: Store) -> None:
    """A second ``serve`` that takes over the call goes on with the same incident."""
    assert called(store, "9.9").id == called(store, "9.9").id
    assert kinds(store, 1001) == ["call_began"]


def test_two_processes_beginning_the_same_call_at_once_make_one_incident(store: Store, sql: Sql) -> None:
    """The loser of the race finds the winner's incident."""
    with ThreadPoolExecutor(8) as threads:
        incidents = list(threads.map(lambda _: called(store, "race.1").id, range(8)))
    assert len(set(incidents)) == 1
    assert sql("SELECT count(*) FROM incident") == [(1,)]


HOSTILE = [
    "",
    "\0",
    "+1202\0555\0",
    "'; DROP TABLE call;--",
    "${SHELL(id)}",
    'a"b\\c\r\nd',
    "\ud800 alone",
    "\udcff\udcfe",
    "\U0001f4a3\u202e",
    "9" * 10_000,
    "%s %(x)s %",
]


@pytest.mark.parametrize("caller_id", HOSTILE, ids=range(len(HOSTILE)))
def test_no_caller_id_can_break_the_record(store: Store, sql: Sql, caller_id: str) -> None:
    """Whatever the network sends, the call is recorded, at most 64 characters of it."""
    incident = store.begin_call(channel=caller_id or "PJSIP/x", uniqueid="h.1", caller_id=caller_id)
    store.note(incident.id, "key", name=caller_id, nested={"list": [caller_id]})
    assert store.report(incident.id).summary.id == incident.id
    [(kept,)] = sql("SELECT coalesce(caller_id, '') FROM call")
    assert len(kept) <= 64
    assert "\0" not in kept


def test_channels_lead_to_their_incident(store: Store) -> None:
    """A caller's and an engineer's channel find it; only the caller's is the caller's; strangers find nothing."""
    offer = talking(store)
    caller = store.unfinished(0)[0].caller_uniqueids[0]
    for uniqueid in (caller, offer.uniqueid):
        found = store.incident_of_channel(uniqueid)
        assert found is not None
        assert found.id == offer.incident_id
    assert store.incident_of_caller(caller) is not None
    assert store.incident_of_caller(offer.uniqueid) is None
    assert store.incident_of_channel("stranger") is None


def test_what_is_decided_is_kept_and_told(store: Store) -> None:
    """Consent with rate and prompt, identity, cover: on the incident and on the timeline, once each."""
    incident = called(store)
    for _ in range(2):
        store.consent(incident.id, Consent.GIVEN, rate=store.current_rate(), prompt_version="en-3", price_ms=4200)
        store.identified(incident.id, COVERED, how="pin")
        assert covered(store, incident.id) == 3600
    now = store.incident(incident.id)
    assert (now.consent, now.customer_id, now.identified_how, now.cover) == (Consent.GIVEN, COVERED, "pin", Cover.AGREEMENT)
    assert now.seconds_left == 3600
    assert store.account_of(incident.id) == "1001"
    events = {event.kind: event.detail for event in store.report(incident.id).events}
    assert events["consent"] == {"answer": "given", "prompt_version": "en-3", "price_ms": 4200, "price_cents": 250, "currency": "USD"}
    assert events["identified"] == {"how": "pin", "account": "1001", "customer": "Covered Dental"}
    assert kinds(store, incident.id) == ["call_began", "consent", "identified", "covered"]


def test_unknown_is_an_answer_too(store: Store) -> None:
    """A caller who could not be verified is not asked again."""
    incident = called(store)
    store.identified(incident.id, None, how="wrong_pin")
    assert store.incident(incident.id).identified_how == "wrong_pin"
    assert store.incident(incident.id).customer_id is None
    assert store.account_of(incident.id) is None


def test_connecting_is_refused_after_the_end(store: Store) -> None:
    """The flow may repeat it, but not revive an incident that is over."""
    incident = connecting(store)
    store.connecting(incident.id)
    assert store.end_incident(incident.id, EndReason.ABANDONED)
    with pytest.raises(IllegalChange):
        store.connecting(incident.id)


def test_an_incident_ends_once(store: Store) -> None:
    """Of twenty who end it at once, one did; its reason stays."""
    incident = called(store)
    with ThreadPoolExecutor(20) as threads:
        won = list(threads.map(lambda _: store.end_incident(incident.id, EndReason.ABANDONED), range(20)))
    assert sorted(won) == [False] * 19 + [True]
    assert not store.end_incident(incident.id, EndReason.RESOLVED)
    assert store.incident(incident.id).reason is EndReason.ABANDONED
    assert kinds(store, incident.id).count("ended") == 1


def test_the_ending_key_is_remembered_until_the_end(store: Store) -> None:
    """It does not end the incident, and comes too late afterwards without harm."""
    offer = talking(store)
    assert store.ending(offer.incident_id) is None
    store.set_ending(offer.incident_id, offer.id, EndReason.STABILISED)
    assert store.ending(offer.incident_id) is EndReason.STABILISED
    assert store.incident(offer.incident_id).status is IncidentStatus.TALKING
    store.end_incident(offer.incident_id, EndReason.STABILISED)
    store.set_ending(offer.incident_id, offer.id, EndReason.RESOLVED)
    assert store.ending(offer.incident_id) is EndReason.STABILISED


def test_a_leg_ends_once_with_its_cause(store: Store) -> None:
    """Caller's leg, engineer's leg, an engineer's leg that never accepted, and one that nobody knows."""
    offer = talking(store)
    [caller] = store.unfinished(0)[0].caller_uniqueids
    assert store.leg_cause(caller) is None
    for uniqueid, cause in ((caller, 16), (offer.uniqueid, 38)):
        store.end_leg(uniqueid, cause)
        store.end_leg(uniqueid, 127)
        assert store.leg_cause(uniqueid) == cause
    second = store.make_offer(connecting(store).id, rungs(store)[1])
    store.end_leg(second.uniqueid, 21)
    assert store.leg_cause(second.uniqueid) == 21
    store.end_leg("stranger", 16)
    assert store.leg_cause("stranger") is None
    assert kinds(store, offer.incident_id).count("leg_ended") == 2


def test_the_end_of_a_leg_says_whose_caller_has_left(store: Store, sql: Sql) -> None:
    """Nobody's, while the caller is there on another leg, and when it was an engineer's; again when it is told again."""
    offer = talking(store)
    [first] = store.caller_legs(offer.incident_id)
    second(sql, first)
    assert store.end_leg(offer.uniqueid, 16) is None
    assert store.end_leg(first, 16) is None
    assert store.end_leg("back.1", 16) == store.incident(offer.incident_id)
    assert store.end_leg(first, 16) == store.incident(offer.incident_id)
    assert store.end_leg("stranger", 16) is None


def test_of_two_legs_that_end_at_once_one_says_that_the_caller_has_left(store: Store, sql: Sql, database_url: str) -> None:
    """Neither statement sees the other's end."""
    offer = talking(store)
    [first] = store.caller_legs(offer.incident_id)
    second(sql, first)
    with psycopg.connect(database_url) as blocker, ThreadPoolExecutor(2) as threads:
        blocker.execute("SELECT FROM leg FOR UPDATE")
        ends = [threads.submit(store.end_leg, leg, 16) for leg in (first, "back.1")]
        assert wait_until(lambda: sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == [(2,)], 5)
        blocker.commit()
        assert any(end.result(5) is not None for end in ends)


def second(sql: Sql, uniqueid: str) -> None:
    """The caller is there on another leg as well, ``back.1``."""
    sql(
        "INSERT INTO leg (uniqueid, channel, role, incident_id, call_id) SELECT 'back.1', 'PJSIP/c-2', role, incident_id, call_id FROM leg"
        " WHERE uniqueid = %s", uniqueid,
    )  # fmt: skip


def test_what_changes_an_incident_gives_it_back_as_it_is_then(store: Store) -> None:
    """As reading it would."""
    incident = called(store, "9.9")
    assert store.identified(incident.id, COVERED, how="pin") == store.incident(incident.id)
    now, last = store.connecting(incident.id)
    assert (now, last) == (store.incident(incident.id), None)
    offer = store.make_offer(incident.id, rungs(store)[0])
    assert offer == store.offer(offer.id)
    store.accept(offer.id, "PJSIP/ann-1")
    assert called(store, "9.9") == store.incident(incident.id)
    assert store.incident(incident.id).engineer_channel == "PJSIP/ann-1"
    store.set_ending(incident.id, offer.id, EndReason.STABILISED)
    assert store.key_pressed(incident.id, "resolved") == store.incident(incident.id)
    assert store.incident(incident.id).ending is EndReason.STABILISED
    store.engineer_lost(incident.id)
    now, last = store.connecting(incident.id)
    assert (now, last) == (store.incident(incident.id), offer.id)
    assert now.engineer_channel is None
    assert kinds(store, incident.id).count("key") == 1


def test_the_goodbye_ends_the_incident_once_and_learns_what_was_talked(store: Store) -> None:
    """The reason that came first stands."""
    offer = talking(store)
    [caller] = store.caller_legs(offer.incident_id)
    store.talk_ended(store.talk_began(offer.uniqueid, caller, "bridge-1", 1.0), 42.5)
    ended, talked = store.conclude(offer.incident_id, EndReason.RESOLVED)
    assert (ended.status, ended.reason, talked) == (IncidentStatus.ENDED, EndReason.RESOLVED, 42.5)
    assert store.conclude(offer.incident_id, EndReason.CALLER_STOPPED) == (ended, 42.5)
    assert kinds(store, offer.incident_id).count("ended") == 1


@pytest.mark.parametrize("number", [7, -1, 0, 2**63, 10**30])
def test_an_unknown_number_is_said_so(store: Store, number: int) -> None:
    """Not a crash and not "unavailable": there is no such incident, however large the number."""
    for ask in (store.incident, store.report, store.ending, store.connecting, store.offer):
        with pytest.raises(UnknownRecord):
            ask(number)
    with pytest.raises(UnknownRecord):
        store.note(min(number, 2**62), "key")
    for change in (lambda: store.key_pressed(number, "resolved"), lambda: store.conclude(number, EndReason.RESOLVED)):
        with pytest.raises(UnknownRecord):
            change()


@pytest.mark.parametrize("change", ["consent = 'refused'", "consent = NULL", "rate_id = NULL", "prompt_version = 'other'"])
def test_a_consent_is_given_once(store: Store, sql: Sql, change: str) -> None:
    """It is the reason for every charge: nobody rewrites it, and repeating it changes nothing."""
    incident = called(store)
    rate = store.current_rate()
    for _ in range(2):
        store.consent(incident.id, Consent.GIVEN, rate=rate, prompt_version="disclosure@1", price_ms=4000)
    with pytest.raises(psycopg.DatabaseError, match="given once"):
        sql(f"UPDATE incident SET {change} WHERE id = {incident.id}")
