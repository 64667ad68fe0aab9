"""Step 3: who has guessed too often, and when too many guess at once."""

from time import monotonic
from typing import Any

import pytest

from ivr import call, guesses, pins
from ivr.guesses import Guess, guess_pin
from ivr.model.incident import Consent, Cover, IncidentStatus
from tests.unit.scripted import ACME, COVERED_CALL, PAYS, PEPPER, THREE_WRONG_PINS, MemoryRecords, ScriptedPhone, hotline


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
    phone = ScriptedPhone({**THREE_WRONG_PINS, "ask_pin_plain": ["4711#"]})
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


def test_a_pin_that_does_not_get_its_turn_names_the_customer(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is too busy to compare it: the caller goes on to an engineer, who finds out."""

    def late(*_: Any) -> bool:
        raise TimeoutError

    monkeypatch.setattr(guesses, "check_pin", late)
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
