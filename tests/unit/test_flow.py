"""The flow against a scripted phone: every branch of its scripts without a network."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from ivr import call, spoken
from ivr.disclosure import price_sentence
from ivr.errors import CallerGone, StoreUnavailable
from ivr.model import Charge, Consent, Cover, Coverage, Customer, EndReason, IncidentStatus, LegOver, OfferEnd, Rung
from ivr.pins import hash_pin
from tests.unit.scripted import HANG_UP, RATE, MemoryRecords, ScriptedPhone, ScriptedSwitchboard
from tests.unit.scripted.money import ScriptedStripe

PEPPER = SecretStr("pepper")
ACME = Customer(7, "10042", "Acme", hash_pin("4711", PEPPER), trunks=False)
ANN, BEN = Rung(1, "Ann", "+15555550101"), Rung(2, "Ben", "+15555550102")
COVERED_CALL = {"disclosure_menu": ["1"], "ask_category": ["1"], "ask_account": ["10042#"], "ask_pin": ["4711#"]}


@pytest.fixture
def records(tmp_path: Path) -> MemoryRecords:
    return MemoryRecords(customers=[ACME], coverages={7: Coverage(1, None)}, rungs=[ANN, BEN], messages_folder=tmp_path)


def hotline(records: MemoryRecords, *outcomes: OfferEnd) -> Any:
    settings = SimpleNamespace(
        grace_seconds=30,
        key_seconds=5.0, digit_seconds=3.0, ring_seconds=25, whisper_seconds=20.0, progress_seconds=15.0,
        ladder_rounds=2, country="US", pin_pepper=PEPPER, did="+18552528788", keypad_cards=True, stripe_key=SecretStr("sk"), card_zip=True,
        cards_per_day=10, stripe_down="connect_unpaid", payment_unanswered="connect_unpaid", resume_seconds=900,
        reserve_minutes=120, pin_tries_per_account=5, pin_tries_per_caller=10,
        message_seconds=180, messages_folder=records.messages_folder, failsafe_phones=(), dial_prefixes=("+1",),
        state_folder=records.messages_folder,
    )  # fmt: skip
    switchboard = ScriptedSwitchboard(records, list(outcomes) or [OfferEnd.ACCEPTED])
    return SimpleNamespace(settings=settings, store=records, switchboard=switchboard, stripe=ScriptedStripe())


def without_window(records: MemoryRecords) -> Any:
    """Nobody may call again: a hang-up ends the incident (``tests/unit/test_resume.py`` has the window)."""
    line = hotline(records)
    line.settings.resume_seconds = 0
    return line


def leg_over(uniqueid: str = "caller-1", cause: int = 16, failsafe: str = "") -> LegOver:
    return LegOver(uniqueid, f"PJSIP/trunk-{uniqueid}", cause, "+15555550177", failsafe)


def test_a_covered_customer_is_handed_to_the_engineer_who_accepts(records: MemoryRecords) -> None:
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    assert phone.variables["IVR_ACCEPTED"] == "1"
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == records.offers[0].channel
    assert phone.variables["IVR_TALK_SECONDS"] == "0"
    assert "IVR_DONE" not in phone.variables
    assert records.current.cover is Cover.AGREEMENT
    assert phone.heard.index("covered") < phone.heard.index("connecting")


def test_the_price_is_said_before_the_terms(records: MemoryRecords) -> None:
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    price = ["disclosure", *spoken.price_a_minute(250), "with_a_minimum_of", *spoken.minutes(15), "disclosure_terms"]
    assert phone.heard[: len(price)] == price


def test_keys_in_the_price_sentence_are_thrown_away(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure": ["2"], **COVERED_CALL})
    call.call(hotline(records), phone)
    price = price_sentence(RATE)
    assert tuple(phone.heard[: len(price)]) == price
    assert records.current.consent is Consent.GIVEN


def test_a_key_during_the_terms_is_an_answer(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_terms": ["2"]})
    call.call(hotline(records), phone)
    assert records.current.reason is EndReason.REFUSED
    assert "disclosure_menu" not in phone.heard


def test_two_is_a_refusal_and_nobody_is_rung(records: MemoryRecords) -> None:
    phone, line = ScriptedPhone({"disclosure_menu": ["2"]}), hotline(records)
    call.call(line, phone)
    assert records.current.reason is EndReason.REFUSED
    assert phone.heard[-1] == "not_an_emergency"
    assert phone.variables["IVR_DONE"] == "1"
    assert line.switchboard.rung == []


def test_star_says_everything_again(records: MemoryRecords) -> None:
    phone = ScriptedPhone({**COVERED_CALL, "disclosure_menu": ["*", "1"]})
    call.call(hotline(records), phone)
    assert phone.heard.count("disclosure") == 2
    assert records.current.consent is Consent.GIVEN


def test_silence_at_the_disclosure_reaches_an_engineer_without_consent(records: MemoryRecords) -> None:
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert records.current.consent is Consent.NONE
    assert records.current.status is IncidentStatus.TALKING


def test_a_wrong_pin_may_be_mended(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_menu": ["1"], "ask_account": ["10042#"], "ask_pin": ["1#"], "ask_pin_plain": ["4711#"]})
    call.call(hotline(records), phone)
    assert "pin_wrong" in phone.heard
    assert records.current.customer_id == 7


def test_three_wrong_pins_still_reach_an_engineer_unverified(records: MemoryRecords) -> None:
    phone = ScriptedPhone({"disclosure_menu": ["1"], "ask_account": ["10042#"], "ask_pin": ["1#"], "ask_pin_plain": ["2#", "3#"]})
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


PAYS = {
    "choose_block": ["1"], "ask_card_number": ["4242424242424242#"], "ask_expiry": ["1239#"], "ask_code": ["123#"],
    "ask_zip": ["94102#"], "confirm_card": ["1"],
}  # fmt: skip


def test_an_exhausted_agreement_is_prepaid(records: MemoryRecords) -> None:
    records.coverages[7] = Coverage(1, 0)
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    assert phone.heard.index("agreement_used_up") < phone.heard.index("prepay")
    assert phone.heard.index("card_approved") < phone.heard.index("connecting")
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize(("taken", "said"), [(1800, 30), (3600, None), (3541, None), (0, 60)])
def test_what_another_call_took_meanwhile_is_not_promised(records: MemoryRecords, taken: int, said: int | None) -> None:
    """Fault 28: the minutes that are said are those that were reserved; under a minute is prepaid instead."""
    records.coverages[7], records.quicker = Coverage(1, 3600), [taken]
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    if said is None:
        assert phone.heard.index("agreement_used_up") < phone.heard.index("prepay")
        assert "card_approved" in phone.heard
    else:
        at = phone.heard.index("minutes_left_before")
        assert phone.heard[at + 1 : at + 3] == list(spoken.minutes(said))
        assert records.current.seconds_left == said * 60


def test_who_does_not_pay_hears_so_and_nobody_is_rung(records: MemoryRecords) -> None:
    records.coverages.clear()
    line, phone = hotline(records), ScriptedPhone({**COVERED_CALL, **PAYS, "ask_code": []})
    line.settings.payment_unanswered = "refuse"
    call.call(line, phone)
    assert records.current.reason is EndReason.PAYMENT_FAILED
    assert phone.heard[-6:] == ["payment_failed", "incident_number", *spoken.digits("1001")]
    assert line.switchboard.rung == []


def test_without_consent_nobody_is_asked_for_money(records: MemoryRecords) -> None:
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert "prepay" not in phone.heard
    assert records.current.cover is Cover.UNPAID
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize("coverage", [{}, {7: Coverage(1, None)}])
def test_our_own_trunks_outage_is_never_charged(records: MemoryRecords, coverage: dict[int, Coverage]) -> None:
    records.customers[0] = replace(ACME, trunks=True)
    records.coverages = coverage
    phone = ScriptedPhone({**COVERED_CALL, "ask_trunks": ["1"]})
    call.call(hotline(records), phone)
    assert records.current.cover is Cover.TRUNKS
    assert "prepay" not in phone.heard


def test_other_troubles_of_a_customer_with_trunks_are_paid_as_usual(records: MemoryRecords) -> None:
    records.customers[0], records.coverages = replace(ACME, trunks=True), {}
    phone = ScriptedPhone({**COVERED_CALL, **PAYS, "ask_trunks": ["2"]})
    call.call(hotline(records), phone)
    assert "card_approved" in phone.heard


def test_minutes_left_are_said_and_limit_the_talk(records: MemoryRecords) -> None:
    records.coverages[7] = Coverage(1, 3600)
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    at = phone.heard.index("minutes_left_before")
    assert phone.heard[at + 1 : at + 3] == list(spoken.minutes(60))
    assert phone.variables["IVR_TALK_SECONDS"] == "3630"  # the grace is the dialplan's own


@pytest.mark.parametrize("end", [OfferEnd.DECLINED, OfferEnd.BUSY, OfferEnd.NO_ANSWER, OfferEnd.NOT_ACCEPTED, OfferEnd.UNREACHABLE])
def test_an_engineer_who_does_not_accept_is_followed_by_the_next(records: MemoryRecords, end: OfferEnd) -> None:
    phone, line = ScriptedPhone(COVERED_CALL), hotline(records, end, OfferEnd.ACCEPTED)
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann", "Ben"]
    assert records.offers[0].end is end


def test_nobody_accepts(records: MemoryRecords) -> None:
    phone, line = ScriptedPhone(COVERED_CALL), hotline(records, OfferEnd.NO_ANSWER)
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann", "Ben", "Ann", "Ben"]
    assert records.current.reason is EndReason.NO_ENGINEER
    assert "no_engineer" in phone.heard
    assert phone.variables["IVR_DONE"] == "1"


def test_hanging_up_while_a_phone_rings_stops_the_ringing(records: MemoryRecords) -> None:
    line = hotline(records, OfferEnd.NO_ANSWER)
    with pytest.raises(CallerGone):
        call.call(line, ScriptedPhone({**COVERED_CALL, "connecting": [HANG_UP]}))
    assert line.switchboard.released == [("ess-offer-1", False)]
    assert records.offers[0].end is OfferEnd.CALLER_GONE


@pytest.mark.parametrize("prompt", ["disclosure", "disclosure_terms", "disclosure_menu", "ask_account", "ask_pin", "covered"])
def test_hanging_up_in_a_prompt_rings_nobody(records: MemoryRecords, prompt: str) -> None:
    line = hotline(records)
    with pytest.raises(CallerGone):
        call.call(line, ScriptedPhone({**COVERED_CALL, prompt: [HANG_UP]}))
    assert line.switchboard.rung == []


def test_a_second_serve_goes_on_where_the_first_one_stopped(records: MemoryRecords) -> None:
    records.current = replace(
        records.current, consent=Consent.GIVEN, identified_how="pin", customer_id=7, cover=Cover.AGREEMENT, seconds_left=None
    )
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard[0] == "connecting"
    assert records.current.status is IncidentStatus.TALKING


def test_an_accept_whose_script_died_is_handed_over(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    offer = records.make_offer(1001, ANN)
    records.accept(offer.id, "PJSIP/trunk-ann")
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard == ["no music"]
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == "PJSIP/trunk-ann"


def test_a_price_that_could_not_be_played_is_no_consent(records: MemoryRecords) -> None:
    phone = ScriptedPhone(COVERED_CALL)
    phone.unheard.add("disclosure")
    call.call(hotline(records), phone)
    assert records.current.consent is Consent.NONE


def test_records_that_are_down_leave_the_caller_to_the_dialplan(records: MemoryRecords) -> None:
    line, phone = hotline(records), ScriptedPhone(COVERED_CALL)
    records.down = True
    with pytest.raises(StoreUnavailable):
        call.call(line, phone)
    assert "IVR_DONE" not in phone.variables


def talking(records: MemoryRecords) -> ScriptedPhone:
    """A caller whose talk has just ended."""
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    talking_to = phone.variables["IVR_ENGINEER_CHANNEL"]
    phone.variables.update({"IVR_INCIDENT": "1001", "IVR_ENGINEER_CHANNEL": "", "IVR_TALKING_TO": talking_to, "IVR_ENGINEER_CAUSE": "16"})
    phone.heard.clear()
    return phone


@pytest.mark.parametrize("reason", [EndReason.RESOLVED, EndReason.STABILISED, EndReason.CALLER_STOPPED])
def test_the_engineers_key_decides_the_goodbye(records: MemoryRecords, reason: EndReason) -> None:
    phone = talking(records)
    records.key_reason, records.talked = reason, 130.0
    call.ending(hotline(records), phone)
    assert records.current.reason is reason
    assert phone.heard == [
        "you_talked",
        *spoken.minutes_of(130),
        "no_charge",
        "incident_number",
        *spoken.digits("1001"),
        *(["follow_up_created"] if reason is EndReason.STABILISED else []),
        f"goodbye_{reason}",
    ]
    assert phone.variables["IVR_DONE"] == "1"


COSTS = [
    (Charge(600, 15, 4059, 309), ["card_charged", *spoken.money(4059)]),
    (Charge(600, 10, 2000, 152), ["card_charged", *spoken.money(2000), "rest_released"]),
    (Charge(20, 0, 0, 0), ["nothing_charged"]),
    (None, ["amount_follows"]),
]


@pytest.mark.parametrize(("charge", "cost"), COSTS)
def test_the_goodbye_says_what_a_prepaid_call_costs(records: MemoryRecords, charge: Charge | None, cost: list[str]) -> None:
    """Exactly, by the one calculation; when the meter is late, that it will be exact."""
    records.coverages.clear()
    phone = ScriptedPhone({**COVERED_CALL, **PAYS})
    call.call(hotline(records), phone)
    phone.variables.update({"IVR_INCIDENT": "1001", "IVR_TALKING_TO": phone.variables["IVR_ENGINEER_CHANNEL"], "IVR_ENGINEER_CHANNEL": ""})
    phone.heard.clear()
    records.key_reason, records.charge = EndReason.RESOLVED, charge
    records.current = replace(records.current, cover=Cover.PREPAID)
    call.ending(hotline(records), phone)
    said = phone.heard[phone.heard.index("less_than_a_minute") + 1 : phone.heard.index("incident_number")]
    assert said == cost


def test_the_goodbye_waits_for_the_meter(records: MemoryRecords) -> None:
    """What was talked is written before the incident ends."""
    phone = talking(records)
    records.key_reason, records.open_looks = EndReason.RESOLVED, 3
    call.ending(hotline(records), phone)
    assert records.open_looks < 0
    assert records.current.reason is EndReason.RESOLVED


def test_a_meter_that_does_not_answer_is_not_waited_for_for_ever(records: MemoryRecords) -> None:
    phone = talking(records)
    records.key_reason, records.open_looks = EndReason.RESOLVED, 1_000_000
    call.ending(hotline(records), phone)
    assert phone.variables["IVR_DONE"] == "1"


def test_time_used_up_is_said(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.variables["IVR_EXPIRED"] = "1"
    call.ending(hotline(records), phone)
    assert records.current.reason is EndReason.TIME_EXPIRED
    assert phone.heard[-1] == "goodbye_time_expired"


def test_a_goodbye_that_was_cut_is_said_again_and_nothing_is_asked(records: MemoryRecords) -> None:
    """The serve was killed in the goodbye: what was decided is over, and no engineer can be promised any more."""
    phone = talking(records)
    phone.answers.update({"engineer_left": ["2", "1"], "you_talked": [HANG_UP]})
    with pytest.raises(CallerGone):  # stands for the kill
        call.ending(hotline(records), phone)
    phone.heard.clear()
    call.ending(hotline(records), phone)
    assert "engineer_left" not in phone.heard
    assert phone.heard[-1] == "goodbye_caller_stopped"
    assert phone.variables["IVR_DONE"] == "1"


def test_who_would_not_pay_is_not_asked_for_a_card_after_the_end(records: MemoryRecords) -> None:
    records.coverages.clear()
    records.current = replace(
        records.current, status=IncidentStatus.ENDED, reason=EndReason.PAYMENT_FAILED, consent=Consent.GIVEN,
        category_asked=True, identified_how="guest",
    )  # fmt: skip
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard == ["payment_failed", "incident_number", *spoken.digits("1001")]


def test_who_chose_to_be_connected_again_is_not_asked_twice(records: MemoryRecords) -> None:
    """The serve was killed while the engineer rang."""
    phone, line = talking(records), hotline(records)
    phone.answers.update({"engineer_left": ["1", "2"], "connecting": [HANG_UP]})
    with pytest.raises(CallerGone):  # stands for the kill
        call.ending(line, phone)
    phone.heard.clear()
    call.ending(line, phone)
    assert "engineer_left" not in phone.heard
    assert line.switchboard.rung[-1] == "Ann"
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize("talking_to", ["PJSIP/ann", ""])
def test_a_new_engineer_whose_accept_the_last_script_did_not_outlive_is_bridged(records: MemoryRecords, talking_to: str) -> None:
    """Ben has pressed 1 and waits; the serve was killed before it could hand him over."""
    phone, line = talking(records), hotline(records)
    records.engineer_lost(1001)
    records.make_offer(1001, BEN)
    records.accept(2, "PJSIP/ben")
    phone.variables.update({"IVR_TALKING_TO": talking_to, "IVR_ENGINEER_CAUSE": "0"})
    call.ending(line, phone)
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == "PJSIP/ben"
    assert line.switchboard.rung == []
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize("cause", ["16", "38"])
def test_an_engineer_who_goes_in_the_grace_is_not_called_again(records: MemoryRecords, cause: str) -> None:
    """However the line ended: there is no time left to talk, and no question what to do with it."""
    records.coverages[7] = Coverage(1, 3600)
    phone, line = talking(records), hotline(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    records.talked, records.open_looks = 3605.0, 3
    call.ending(line, phone)
    assert records.current.reason is EndReason.TIME_EXPIRED
    assert phone.heard[:3] == ["you_talked", *spoken.minutes(60)]
    assert line.switchboard.rung == []


@pytest.mark.parametrize("answers", [{}, {"engineer_left": ["2"]}])
def test_an_engineer_who_hung_up_leaves_the_caller_the_choice(records: MemoryRecords, answers: dict[str, list[str]]) -> None:
    phone = talking(records)
    phone.answers.update(answers)
    call.ending(hotline(records), phone)
    assert records.current.reason is EndReason.CALLER_STOPPED
    assert phone.heard[-1] == "goodbye_caller_stopped"


def test_the_caller_can_have_the_engineer_back(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.answers["engineer_left"] = ["1"]
    line = hotline(records)
    call.ending(line, phone)
    assert line.switchboard.rung == ["Ann"]
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == records.offers[-1].channel


@pytest.mark.parametrize("cause", ["0", "38", ""])
def test_a_dropped_engineer_is_called_again_before_the_others(records: MemoryRecords, cause: str) -> None:
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    line = hotline(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED)
    call.ending(line, phone)
    assert phone.heard[0] == "reconnecting"
    assert line.switchboard.rung == ["Ann", "Ann", "Ben"]


def test_an_engineer_who_is_lost_for_good_ends_the_incident_as_such(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = "38"
    call.ending(hotline(records, OfferEnd.UNREACHABLE), phone)
    assert records.current.reason is EndReason.ENGINEER_LOST


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (IncidentStatus.OPEN, EndReason.ABANDONED),
        (IncidentStatus.CONNECTING, EndReason.ABANDONED),
        (IncidentStatus.TALKING, EndReason.CALLER_STOPPED),
    ],
)
def test_the_callers_hang_up_ends_the_incident(records: MemoryRecords, status: IncidentStatus, reason: EndReason) -> None:
    records.current = replace(records.current, status=status)
    call.hungup(hotline(records), leg_over())
    assert records.current.reason is reason
    assert records.causes == {"caller-1": 16}


@pytest.mark.parametrize(
    ("failsafe", "reason"),
    [("calling", EndReason.ABANDONED), ("answered", EndReason.CALLER_STOPPED), ("nobody", EndReason.NO_ENGINEER)],
)
def test_a_call_that_the_failsafe_took_is_recorded_at_its_end(records: MemoryRecords, failsafe: str, reason: EndReason) -> None:
    call.hungup(hotline(records), leg_over(failsafe=failsafe))
    assert ("failsafe", {"outcome": failsafe}) in records.events
    assert records.current.reason is reason


def test_a_caller_who_gives_up_while_we_look_for_the_lost_engineer_was_left_by_us(records: MemoryRecords) -> None:
    talking(records)
    records.engineer_lost(1001)
    call.hungup(without_window(records), leg_over())
    assert records.current.reason is EndReason.ENGINEER_LOST


def test_a_caller_who_asks_for_the_engineer_again_and_leaves_has_stopped(records: MemoryRecords) -> None:
    """The engineer had put the phone down: a 1 and a hang-up must not make a served call free."""
    talking(records)
    records.engineer_lost(1001, dropped=False)
    call.hungup(without_window(records), leg_over())
    assert records.current.reason is EndReason.CALLER_STOPPED


@pytest.mark.parametrize(("cause", "reason"), [("16", EndReason.CALLER_STOPPED), ("38", EndReason.ENGINEER_LOST)])
def test_a_message_instead_of_the_engineer_who_was_there_ends_the_call_as_a_hang_up_would(
    records: MemoryRecords, cause: str, reason: EndReason
) -> None:
    """A 1 and a 9 must not make a served call free, and who was cut off by us pays nothing for it."""
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    phone.answers |= {"engineer_left": ["1"], "connecting": ["9"]}
    call.ending(hotline(records, OfferEnd.NO_ANSWER), phone)
    assert records.current.reason is reason
    assert "leave_message" in phone.heard


def test_the_engineer_is_lost_in_the_records_before_the_caller_hears_so(records: MemoryRecords) -> None:
    """Or a hang-up in that sentence would be charged."""
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = "38"
    phone.answers["reconnecting"] = [HANG_UP]
    with pytest.raises(CallerGone):
        call.ending(hotline(records), phone)
    assert records.current.status is IncidentStatus.CONNECTING


def test_the_engineers_key_counts_also_when_the_caller_hangs_up_first(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.TALKING)
    records.key_reason = EndReason.RESOLVED
    call.hungup(hotline(records), leg_over())
    assert records.current.reason is EndReason.RESOLVED


def test_an_engineers_hang_up_ends_nothing_but_the_leg(records: MemoryRecords) -> None:
    call.hungup(hotline(records), leg_over(uniqueid="ess-offer-1", cause=38))
    assert records.current.status is IncidentStatus.OPEN
    assert records.causes == {"ess-offer-1": 38}


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


def test_a_caller_who_left_before_the_script_ran_begins_no_incident(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped finds old connections: the hang-up was told long ago, and nobody would end such an incident."""
    phone = ScriptedPhone()
    began: list[str] = []
    monkeypatch.setattr(phone, "get", lambda variable: (_ for _ in ()).throw(CallerGone()))
    monkeypatch.setattr(records, "begin_call", lambda **call: began.append("begun"))
    with pytest.raises(CallerGone):
        call.call(hotline(records), phone)
    assert began == []
