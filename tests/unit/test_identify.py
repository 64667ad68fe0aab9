"""Step 3: who calls, by which number, account and PIN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import call
from ivr.model.incident import Cover, IncidentStatus
from ivr.phone_numbers import e164
from tests.unit.scripted import ACME, COVERED_CALL, NUMBER, THREE_WRONG_PINS, MemoryRecords, ScriptedPhone, hotline

FORMS = [
    NUMBER, "15555550142", "0015555550142", "5555550142", "(555) 555-0142", "+1 555 555 0142", "01115555550142", "555.555.0142",
    " 15555550142 ", "tel:+15555550142", "00 1 555 555 0142",
]  # fmt: skip


def test_a_wrong_pin_may_be_mended(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_menu": ["1"], "ask_account": ["10042#"], "ask_pin": ["1#"], "ask_pin_plain": ["4711#"]})
    call.call(hotline(records), phone)
    assert "pin_wrong" in phone.heard
    assert records.current.customer_id == 7


def test_three_wrong_pins_still_reach_an_engineer_unverified(records: MemoryRecords) -> None:
    phone = ScriptedPhone(THREE_WRONG_PINS)
    call.call(hotline(records), phone)
    assert records.current.customer_id is None
    assert records.current.cover is Cover.UNPAID
    assert "not_identified" in phone.heard
    assert records.current.status is IncidentStatus.TALKING


def test_star_in_an_entry_clears_it(records: MemoryRecords) -> None:
    phone = ScriptedPhone({**COVERED_CALL, "ask_account": ["99*10042#"]})
    call.call(hotline(records), phone)
    assert records.current.customer_id == 7


def test_no_account_is_an_answer(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_menu": ["1"], "ask_account": ["*"]})
    call.call(hotline(records), phone)
    assert ("identified", {"how": "guest"}) in records.events
    assert "ask_pin" not in phone.heard
    assert "not_identified" not in phone.heard
    assert "prepay" in phone.heard


def test_an_unknown_account_is_asked_for_again(records: MemoryRecords) -> None:
    phone = ScriptedPhone({**COVERED_CALL, "ask_account": ["555#"], "ask_account_plain": ["10042#"]})
    call.call(hotline(records), phone)
    assert "account_unknown" in phone.heard
    assert records.current.customer_id == 7


@pytest.mark.parametrize("caller_id", ["+15555550123", "15555550123", "5555550123"])
def test_a_known_phone_is_offered_its_account_without_a_name(records: MemoryRecords, caller_id: str) -> None:
    records.phones["+15555550123"] = ACME
    phone = ScriptedPhone({"disclosure_menu": ["1"], "account_from_phone": ["1"], "ask_pin": ["4711#"]}, caller_id=caller_id)
    call.call(hotline(records), phone)
    assert records.current.customer_id == 7
    assert "ask_account" not in phone.heard


@pytest.mark.parametrize("caller_id", FORMS)
def test_a_number_in_any_form_is_one_customer(records: MemoryRecords, caller_id: str) -> None:
    """Bad input 4: international, with the carrier's prefix, local, with signs."""
    assert e164(caller_id, "US") == NUMBER
    phone = ScriptedPhone({"disclosure_menu": ["1"], "account_from_phone": ["1"], "ask_pin": ["4711#"]}, caller_id=caller_id)
    call.call(hotline(records), phone)
    assert records.current.customer_id == ACME.id


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [("00442071838750", "US", "+442071838750"), ("02071838750", "GB", "+442071838750"), ("00493012345678", "DE", "+493012345678"),
     ("030 12345678", "DE", "+493012345678"), ("0612345678", "FR", "+33612345678"), ("06 1234 5678", "IT", "+390612345678")],
)  # fmt: skip
def test_numbers_of_other_countries(written: str, country: str, number: str) -> None:
    """Written as there, or as dialled from there."""
    assert e164(written, country) == number


@pytest.mark.parametrize(
    "caller_id",
    [None, "", "anonymous", "Restricted", "911", "5550142", "00", "0", "+", "++1", "000000000000", "+1" + "5" * 30, "1" * 10_000,
     "'; DROP TABLE call;--", "${SHELL(id)}", "+1\x00\r\n", "\u202e\U0001f600", "\udcff"],
)  # fmt: skip
def test_what_is_no_number_recognises_nobody(caller_id: str | None) -> None:
    """Bad inputs 1, 2 and 4: hidden, of this town alone, absurd, hostile."""
    assert e164(caller_id, "US") is None


@given(st.text(max_size=40), st.sampled_from(["US", "DE", "XX"]))
def test_whatever_a_carrier_sends_is_a_number_or_none(written: str, country: str) -> None:
    """Never an exception, and what it is is the same when it is read again."""
    number = e164(written, country)
    assert number is None or e164(number, country) == number


def test_a_spoofed_number_still_needs_the_pin(records: MemoryRecords) -> None:
    """Bad input 3: who calls with a customer's number gets their account offered, and nothing of them without the PIN."""
    phone = ScriptedPhone({**THREE_WRONG_PINS, "account_from_phone": ["1"]}, caller_id=NUMBER)
    call.call(hotline(records), phone)
    assert (records.current.customer_id, records.current.claimed_id) == (None, ACME.id)
    assert (records.current.identified_how, records.current.cover) == ("wrong_pin", Cover.UNPAID)
    assert "covered" not in phone.heard


def test_three_wrong_pins_name_the_customer_for_the_engineer(records: MemoryRecords) -> None:
    """Each was counted; the caller is told that the engineer will find out."""
    phone = ScriptedPhone(THREE_WRONG_PINS)
    call.call(hotline(records), phone)
    assert [guess["fits"] for guess in records.guesses] == [False] * 3
    assert (records.current.claimed_id, records.current.cover) == (ACME.id, Cover.UNPAID)
    assert phone.heard[phone.heard.index("not_identified") + 1] == "unverified_terms"
    assert records.current.status is IncidentStatus.TALKING
