"""Step 2: what is down, and whether it is our own trunks. What the answers make of the money."""

from dataclasses import replace

import pytest

from ivr import call
from ivr.errors import CallerGone
from ivr.model.customer import Coverage
from ivr.model.incident import Category, Cover
from tests.unit.scripted import ACME, ANN, COVERED_CALL, HANG_UP, PAYS, MemoryRecords, ScriptedPhone, hotline

WITH_TRUNKS = replace(ACME, trunks=True)
GUEST = {"disclosure_menu": ["1"], "ask_account": ["*"], **PAYS}


def records_of(*, trunks: bool, covered: bool = True) -> MemoryRecords:
    customer = WITH_TRUNKS if trunks else ACME
    return MemoryRecords(customers=[customer], coverages={7: Coverage(1, None)} if covered else {}, rungs=[ANN])


@pytest.mark.parametrize(("key", "category"), [("1", "outage"), ("2", "telephony"), ("3", "hosted"), ("4", "trunks")])
def test_what_is_down_is_recorded(key: str, category: str) -> None:
    """Each kind of emergency of the seed, before anybody is asked who calls."""
    records, phone = records_of(trunks=False), ScriptedPhone({**COVERED_CALL, "ask_category": [key]})
    call.call(hotline(records), phone)
    assert records.current.category is Category(category)
    assert records.current.trunk_claim is (key == "4")
    assert phone.heard.index("ask_category") < phone.heard.index("ask_account")


def test_three_silences_are_no_category() -> None:
    """The call goes on."""
    records, phone = records_of(trunks=False), ScriptedPhone({**COVERED_CALL, "ask_category": []})
    call.call(hotline(records), phone)
    assert phone.heard.count("no_key_heard") == 2
    assert (records.current.category, records.current.cover) == (None, Cover.AGREEMENT)


@pytest.mark.parametrize(("key", "asked"), [("1", True), ("2", True), ("", True), ("3", False), ("4", False)])
def test_who_has_our_trunks_is_asked_about_them(key: str, asked: bool) -> None:
    """Unless the category says already that they are at fault, or that it is a hosted service."""
    records, phone = records_of(trunks=True), ScriptedPhone({**COVERED_CALL, "ask_category": [key], "ask_trunks": ["2"]})
    call.call(hotline(records), phone)
    assert ("ask_trunks" in phone.heard) is asked
    assert records.current.cover is (Cover.TRUNKS if key == "4" else Cover.AGREEMENT)


@pytest.mark.parametrize("covered", [True, False])
@pytest.mark.parametrize("answers", [{"ask_category": ["4"]}, {"ask_category": ["1"], "ask_trunks": ["1"]}])
def test_our_own_trunks_are_free_for_their_customer(covered: bool, answers: dict[str, list[str]]) -> None:
    """Seed: "if VOICE1 is providing SIP Trunking services …". No agreement is needed, and none is used up."""
    records, phone = records_of(trunks=True, covered=covered), ScriptedPhone({**COVERED_CALL, **answers})
    call.call(hotline(records), phone)
    assert records.current.cover is Cover.TRUNKS
    assert records.current.trunk_claim
    assert "prepay" not in phone.heard


def test_a_claim_of_trunks_that_are_not_ours_is_covered_by_the_agreement() -> None:
    """It is recorded for the engineer; nobody is asked for money, so nothing is said of it."""
    records, phone = records_of(trunks=False), ScriptedPhone({**COVERED_CALL, "ask_category": ["4"]})
    call.call(hotline(records), phone)
    assert (records.current.trunk_claim, records.current.cover) == (True, Cover.AGREEMENT)
    assert "trunk_claim_hold" not in phone.heard
    assert "ask_trunks" not in phone.heard


@pytest.mark.parametrize("way", [GUEST, {**COVERED_CALL, **PAYS}], ids=["guest", "customer without our trunks"])
def test_who_cannot_be_known_to_have_our_trunks_prepays(way: dict[str, list[str]]) -> None:
    """And hears why before the price of a block."""
    records, phone = records_of(trunks=False, covered=False), ScriptedPhone({**way, "ask_category": ["4"]})
    call.call(hotline(records), phone)
    assert phone.heard[phone.heard.index("trunk_claim_hold") + 1] == "prepay"
    assert records.current.trunk_claim
    assert "card_approved" in phone.heard


def test_nobody_is_told_of_a_prepayment_that_is_not_asked_for() -> None:
    """Where no cards are taken, a guest is connected unpaid."""
    records, phone = records_of(trunks=False), ScriptedPhone({**GUEST, "ask_category": ["4"]})
    line = hotline(records)
    line.settings.keypad_cards = False
    call.call(line, phone)
    assert "trunk_claim_hold" not in phone.heard
    assert records.current.cover is Cover.UNPAID


@pytest.mark.parametrize("category", ["1", ""])
def test_a_second_serve_asks_neither_question_again(category: str) -> None:
    """The first one died while the card was keyed in; the answers, and that there was none, stand in the records."""
    records = records_of(trunks=True, covered=False)
    answers = {**COVERED_CALL, **PAYS, "ask_category": [category], "ask_trunks": ["2"]}
    with pytest.raises(CallerGone):
        call.call(hotline(records), ScriptedPhone({**answers, "ask_expiry": [HANG_UP]}))
    second = ScriptedPhone(answers)
    call.call(hotline(records), second)
    assert not {"ask_category", "ask_category_plain", "ask_trunks"} & set(second.heard)
    assert "prepay" in second.heard
