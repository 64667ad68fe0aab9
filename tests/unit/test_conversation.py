"""Keys in the talk: the engineer's and the caller's."""

from dataclasses import replace

import pytest

from ivr import call, spoken
from ivr.model.incident import EndReason
from tests.unit.scripted import BEN, MemoryRecords, ScriptedPhone, hotline, talking


def talking_engineer(records: MemoryRecords, name: str, *keys: str) -> ScriptedPhone:
    """Ann, in the talk, has pressed the key of this name."""
    talking(records)
    return ScriptedPhone({f"confirm_{name}": list(keys)}, variables={"IVR_INCIDENT": "1001", "IVR_OFFER": "1"}, argument=name)


@pytest.mark.parametrize("name", ["resolved", "stabilised", "caller_stopped"])
def test_an_ending_key_asks_once_more_and_ends_the_leg(records: MemoryRecords, name: str) -> None:
    phone = talking_engineer(records, name, "1")
    call.key(hotline(records), phone)
    assert records.key_reason is EndReason(name)
    assert phone.hung_up


def test_an_ending_key_of_an_engineer_who_has_the_incident_no_more_says_nothing(records: MemoryRecords) -> None:
    """The caller's line dropped while it was being confirmed, and they are back: somebody else has them now."""
    phone = talking_engineer(records, "resolved", "1")
    records.engineer_lost(1001)
    assert records.accept(records.make_offer(1001, BEN).id, "PJSIP/ben")
    call.key(hotline(records), phone)
    assert records.key_reason is None


def test_an_ending_key_without_confirmation_lets_the_talk_go_on(records: MemoryRecords) -> None:
    phone = ScriptedPhone(variables={"IVR_INCIDENT": "1001"}, argument="resolved")
    call.key(hotline(records), phone)
    assert records.key_reason is None
    assert not phone.hung_up
    assert phone.heard[-1] == "not_confirmed"


@pytest.mark.parametrize(("keys", "free", "said"), [("1", True, "no_charge_noted"), ("", False, "not_confirmed")])
def test_the_engineer_makes_the_call_free_when_sure(records: MemoryRecords, keys: str, free: bool, said: str) -> None:
    """``*5`` asks for 1 once more; the talk goes on in both cases."""
    phone = ScriptedPhone({"confirm_no_charge": [keys]}, variables={"IVR_INCIDENT": "1001"}, argument="no_charge", uniqueid="ess-offer-1")
    call.key(hotline(records), phone)
    assert records.current.no_charge is free
    assert phone.heard[-1] == said
    assert not phone.hung_up


def test_a_call_that_is_free_already_is_not_asked_about(records: MemoryRecords) -> None:
    records.current = replace(records.current, no_charge=True)
    phone = ScriptedPhone(variables={"IVR_INCIDENT": "1001"}, argument="no_charge", uniqueid="ess-offer-1")
    call.key(hotline(records), phone)
    assert phone.heard == ["no_charge_noted"]


@pytest.mark.parametrize(
    ("left", "expected"),
    [(None, ("time_unlimited",)), (600, ("time_left", *spoken.minutes(8), "minutes_left_after")), (100, ("time_is_up",))],
)
def test_the_caller_hears_how_much_time_is_left(records: MemoryRecords, left: int | None, expected: tuple[str, ...]) -> None:
    records.current, records.talked = replace(records.current, seconds_left=left), 120.0
    phone = ScriptedPhone(variables={"IVR_INCIDENT": "1001"}, argument="time_left")
    call.key(hotline(records), phone)
    assert tuple(phone.heard) == expected


def test_an_unknown_key_does_nothing(records: MemoryRecords) -> None:
    phone = ScriptedPhone(variables={"IVR_INCIDENT": "1001"}, argument="../resolved")
    call.key(hotline(records), phone)
    assert phone.heard == []
    assert records.key_reason is None
