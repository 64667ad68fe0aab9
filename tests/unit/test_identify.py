"""Step 3: who calls, by which number, and who has guessed too often."""

from dataclasses import replace
from time import monotonic
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr import call, locks, pins
from ivr.identify import e164
from ivr.locks import Guess, guess_pin
from ivr.model import Consent, Cover, IncidentStatus
from tests.unit.scripted import MemoryRecords, ScriptedPhone
from tests.unit.test_flow import ACME, ANN, COVERED_CALL, PAYS, PEPPER, hotline

NUMBER = "+15555550142"
FORMS = [
    NUMBER, "15555550142", "0015555550142", "5555550142", "(555) 555-0142", "+1 555 555 0142", "01115555550142", "555.555.0142",
    " 15555550142 ", "tel:+15555550142", "00 1 555 555 0142",
]  # fmt: skip
WRONG = {"disclosure_menu": ["1"], "ask_account": ["10042#"], "ask_pin": ["1#"], "ask_pin_plain": ["2#", "3#"]}


@pytest.fixture
def records() -> MemoryRecords:
    return MemoryRecords(customers=[ACME], phones={NUMBER: ACME}, rungs=[ANN])


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
    phone = ScriptedPhone(
        {**WRONG, "account_from_phone": ["1"]}, caller_id=NUMBER
    )  # fmt: skip
    call.call(hotline(records), phone)
    assert (records.current.customer_id, records.current.claimed_id) == (None, ACME.id)
    assert (records.current.identified_how, records.current.cover) == ("wrong_pin", Cover.UNPAID)
    assert "covered" not in phone.heard


def test_three_wrong_pins_name_the_customer_for_the_engineer(records: MemoryRecords) -> None:
    """Each was counted; the caller is told that the engineer will find out."""
    phone = ScriptedPhone(WRONG)
    call.call(hotline(records), phone)
    assert [guess["fits"] for guess in records.guesses] == [False] * 3
    assert (records.current.claimed_id, records.current.cover) == (ACME.id, Cover.UNPAID)
    assert phone.heard[phone.heard.index("not_identified") + 1] == "unverified_terms"
    assert records.current.status is IncidentStatus.TALKING


def wrong_before(records: MemoryRecords, times: int, *, customer: int | None = None, caller: str | None = None) -> None:
    """So many wrong guesses in earlier calls."""
    records.guesses += [{"id": place, "caller": caller, "customer_id": customer, "fits": False} for place in range(times)]


@pytest.mark.parametrize(
    ("times", "customer", "caller"), [(5, ACME.id, "+15555550199"), (10, None, "+15555550177"), (50, None, None)]
)  # fmt: skip
def test_who_is_locked_out_is_asked_no_pin_and_reaches_an_engineer(
    records: MemoryRecords, times: int, customer: int | None, caller: str | None
) -> None:
    """The account after five, a caller after ten, all without a number together after fifty."""
    wrong_before(records, times, customer=customer, caller=caller)
    number = "+15555550177" if caller == "+15555550199" else caller
    phone = ScriptedPhone(COVERED_CALL, caller_id=number)
    call.call(hotline(records), phone)
    assert "ask_pin" not in phone.heard
    assert phone.heard[phone.heard.index("locked_out") + 1] == "unverified_terms"
    assert (records.current.identified_how, records.current.claimed_id) == ("locked", ACME.id)
    assert (records.current.cover, records.current.status) == (Cover.UNPAID, IncidentStatus.TALKING)


def test_ten_hidden_callers_do_not_lock_out_the_others(records: MemoryRecords) -> None:
    wrong_before(records, 49)
    call.call(hotline(records), ScriptedPhone(COVERED_CALL))
    assert records.current.customer_id == ACME.id


def test_the_guess_after_the_last_is_not_compared(records: MemoryRecords) -> None:
    """The account locks while its PIN is typed: even the right one is refused."""
    wrong_before(records, 4, customer=ACME.id, caller="+15555550199")
    phone = ScriptedPhone({**WRONG, "ask_pin_plain": ["4711#"]})
    call.call(hotline(records), phone)
    assert (records.current.identified_how, records.current.customer_id) == ("locked", None)
    assert "locked_out" in phone.heard


def test_who_gives_no_pin_has_not_guessed(records: MemoryRecords) -> None:
    """The star is for who does not know it."""
    call.call(hotline(records), ScriptedPhone({**COVERED_CALL, "ask_pin": ["*"]}))
    assert (records.guesses, records.current.identified_how, records.current.claimed_id) == ([], "wrong_pin", ACME.id)


def test_account_numbers_are_counted_when_nobody_has_them(records: MemoryRecords) -> None:
    """Eight wrong ones so far, so two more, and then no third try."""
    wrong_before(records, 8, caller="+15555550177")
    answers = {"disclosure_menu": ["1"], "ask_account": ["1#"], "ask_account_plain": ["2#", "3#"], **PAYS}
    phone = ScriptedPhone(answers, caller_id="+15555550177")
    call.call(hotline(records), phone)
    assert phone.heard.count("account_unknown") == 2
    assert [guess["customer_id"] for guess in records.guesses[8:]] == [None, None]
    assert (records.current.identified_how, records.current.claimed_id) == ("none", None)
    assert "prepay" in phone.heard  # a guest, as who has no account


def test_what_is_typed_right_is_not_counted_as_wrong(records: MemoryRecords) -> None:
    call.call(hotline(records), ScriptedPhone(COVERED_CALL))
    assert [guess["fits"] for guess in records.guesses] == [True]


def test_who_did_not_agree_and_is_locked_out_is_never_charged(records: MemoryRecords) -> None:
    wrong_before(records, 5, customer=ACME.id)
    phone = ScriptedPhone({**COVERED_CALL, "disclosure_menu": []})
    call.call(hotline(records), phone)
    assert (records.current.consent, records.current.cover) == (Consent.NONE, Cover.UNPAID)
    assert "unverified_terms" not in phone.heard


# too many at once


def test_a_pin_that_does_not_get_its_turn_names_the_customer(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is too busy to compare it: the caller goes on to an engineer, who finds out."""

    def late(*_: Any) -> bool:
        raise TimeoutError

    monkeypatch.setattr(locks, "check_pin", late)
    assert guess_pin(hotline(records), records.current, None, ACME, "4711") is Guess.UNCHECKED
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    assert (records.current.identified_how, records.current.claimed_id) == ("unchecked", ACME.id)
    assert "not_identified" in phone.heard


def test_nobody_waits_for_ever_for_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """All four are taken by what does not end."""
    monkeypatch.setattr(pins, "PATIENCE_SECONDS", 0.05)
    for _ in range(pins.AT_ONCE):
        pins._slots.acquire()
    began = monotonic()
    try:
        with pytest.raises(TimeoutError, match="no PIN could be checked"):
            pins.check_pin("4711", ACME.pin_hash, PEPPER)
        assert monotonic() - began < 2
    finally:
        for _ in range(pins.AT_ONCE):
            pins._slots.release()
    assert pins.check_pin("4711", ACME.pin_hash, PEPPER)


# blocked


def test_a_blocked_phone_is_told_so_before_anything_else(records: MemoryRecords) -> None:
    """In whatever form the number comes; no engineer is rung."""
    records.blocked, line = {NUMBER}, hotline(records)
    phone = ScriptedPhone(COVERED_CALL, caller_id="0015555550142")
    call.call(line, phone)
    assert phone.heard == ["caller_blocked"]
    assert (str(records.current.reason), phone.variables["IVR_DONE"], line.switchboard.rung) == ("refused", "1", [])


@pytest.mark.parametrize("caller_id", [None, "anonymous", "+15555550143"])
def test_nobody_else_is_turned_away(records: MemoryRecords, caller_id: str | None) -> None:
    records.blocked = {NUMBER}
    call.call(hotline(records), ScriptedPhone(COVERED_CALL, caller_id=caller_id))
    assert records.current.status is IncidentStatus.TALKING


def test_who_had_an_engineer_already_is_not_turned_away(records: MemoryRecords) -> None:
    """The block came in the middle of the call, and the script is run anew."""
    call.call(hotline(records), ScriptedPhone(COVERED_CALL, caller_id=NUMBER))
    records.blocked, phone = {NUMBER}, ScriptedPhone(caller_id=NUMBER)
    records.current = replace(records.current, status=IncidentStatus.TALKING)
    call.call(hotline(records), phone)
    assert "caller_blocked" not in phone.heard
