"""An engineer whose phone was answered: what they hear first, and which key takes the call."""

from dataclasses import replace

import pytest

from ivr import call, spoken
from ivr.model.incident import Cover, IncidentStatus
from ivr.model.offer import OfferEnd
from tests.unit.scripted import ANN, MemoryRecords, ScriptedPhone, hotline


def ringing(records: MemoryRecords, *, customer_id: int | None = 7) -> dict[str, str]:
    records.current = replace(records.current, status=IncidentStatus.CONNECTING, customer_id=customer_id)
    offer = records.make_offer(1001, ANN)
    return {"IVR_OFFER": str(offer.id), "IVR_INCIDENT": "1001"}


def test_one_at_the_whisper_accepts(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"whisper_menu": ["1"]}, variables=ringing(records), uniqueid="ess-offer-1")
    call.engineer(hotline(records), phone)
    assert phone.heard[:7] == ["whisper", "whisper_account", *spoken.digits("10042")]
    assert phone.variables["IVR_ACCEPTED"] == "1"
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize(
    ("cover", "said"),
    [
        (Cover.PREPAID, ("whisper_prepaid", *spoken.minutes(15))),
        (Cover.TRUNKS, ("whisper_trunks",)),
        (Cover.UNPAID, ("whisper_unpaid",)),
        (Cover.AGREEMENT, ("whisper_covered", *spoken.minutes(15))),
    ],
)
def test_the_engineer_hears_who_pays(records: MemoryRecords, cover: Cover, said: tuple[str, ...]) -> None:
    variables = ringing(records)
    records.current = replace(records.current, cover=cover, seconds_left=900)
    phone = ScriptedPhone({"whisper_menu": ["1"]}, variables=variables, uniqueid="ess-offer-1")
    call.engineer(hotline(records), phone)
    heard = tuple(phone.heard)
    assert heard[2 + 5 : heard.index("whisper_incident")] == said


def test_an_unverified_caller_is_announced_as_such(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"whisper_menu": ["1"]}, variables=ringing(records, customer_id=None))
    call.engineer(hotline(records), phone)
    assert phone.heard[:2] == ["whisper", "whisper_unverified"]


@pytest.mark.parametrize(
    ("keys", "end", "last"),
    [
        ("2", OfferEnd.DECLINED, "declined_thanks"),
        ("", OfferEnd.NOT_ACCEPTED, "whisper_menu_plain"),
        ("9", OfferEnd.NOT_ACCEPTED, "whisper_menu_plain"),
    ],
)
def test_nothing_but_one_accepts(records: MemoryRecords, keys: str, end: OfferEnd, last: str) -> None:
    phone = ScriptedPhone({"whisper_menu": [keys]}, variables=ringing(records))
    call.engineer(hotline(records), phone)
    assert records.offers[0].end is end
    assert phone.heard[-1] == last
    assert "IVR_ACCEPTED" not in phone.variables


def test_star_repeats_the_whisper(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"whisper_menu": ["*", "1"]}, variables=ringing(records))
    call.engineer(hotline(records), phone)
    assert phone.heard.count("whisper") == 2
    assert phone.variables["IVR_ACCEPTED"] == "1"


def test_one_pressed_too_late_hears_taken(records: MemoryRecords) -> None:
    variables = ringing(records)
    records.end_offer(1, OfferEnd.NOT_ACCEPTED)
    phone = ScriptedPhone({"whisper_menu": ["1"]}, variables=variables)
    call.engineer(hotline(records), phone)
    assert phone.heard[-1] == "taken"
    assert "IVR_ACCEPTED" not in phone.variables
