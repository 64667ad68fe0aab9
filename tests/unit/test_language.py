"""In which language a caller hears the prompts, and who is told."""

from dataclasses import replace

import pytest

from ivr import call, spoken
from ivr.disclosure import price_sentence
from ivr.model.customer import Coverage
from ivr.model.incident import IncidentStatus
from tests.unit.scripted import ACME, ANN, COVERED_CALL, NUMBER, RATE, MemoryRecords, ScriptedPhone, hotline
from tests.unit.test_whisper import heard

SPANIARD = replace(ACME, language="es")
FROM_PHONE = {**COVERED_CALL, "account_from_phone": ["1"]}


@pytest.fixture
def records() -> MemoryRecords:
    return MemoryRecords(customers=[SPANIARD], phones={NUMBER: SPANIARD}, coverages={7: Coverage(1, 1260)}, rungs=[ANN])


def test_a_known_phone_hears_its_record_s_language_from_the_first_word(records: MemoryRecords) -> None:
    """The price in Spanish words, the version of the Spanish text in the consent, the minutes in Spanish; and it is written down."""
    phone = ScriptedPhone(FROM_PHONE, caller_id=NUMBER)
    call.call(hotline(records), phone)
    price = price_sentence(RATE, "es")
    assert tuple(phone.heard[: len(price)]) == price
    at = phone.heard.index("minutes_left_before")
    assert tuple(phone.heard[at + 1 : at + 3]) == spoken.minutes(21, "es") == ("21_counted", "minutes")
    assert (phone.language, records.current.language) == ("es", "es")


def test_who_is_recognised_later_hears_it_from_then_on(records: MemoryRecords) -> None:
    """By the account number: the price was said in English."""
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    assert tuple(phone.heard[: len(price_sentence(RATE))]) == price_sentence(RATE)
    assert "21_counted" in phone.heard
    assert records.current.language == "es"


def test_a_choice_in_the_main_menu_stands(records: MemoryRecords) -> None:
    """Whatever the record says."""
    phone = ScriptedPhone(FROM_PHONE, caller_id=NUMBER, variables={"IVR_LANGUAGE_CHOSEN": "1"})
    call.call(hotline(records), phone)
    assert (phone.language, records.current.language) == ("en", "en")


def test_who_chose_spanish_is_written_down_without_a_record(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_menu": ["2"]}, variables={"IVR_LANGUAGE_CHOSEN": "1"})
    phone.language = "es"
    call.call(hotline(records), phone)
    assert records.current.language == "es"


def test_the_engineer_is_told_that_the_caller_hears_spanish(records: MemoryRecords) -> None:
    """After who it is; of English nothing is said."""
    records.current = replace(records.current, customer_id=7)
    call.call(hotline(records), ScriptedPhone(FROM_PHONE, caller_id=NUMBER))
    records.offers.clear()
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    records.make_offer(1001, ANN)
    assert "whisper_spanish" in heard(records)
    records.current = replace(records.current, language="en")
    records.offers[-1] = replace(records.offers[-1], end=None)
    assert "whisper_spanish" not in heard(records)
