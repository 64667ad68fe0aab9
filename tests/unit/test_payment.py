"""Prepaying by keypad against a scripted phone: every branch of the step without a network."""

from dataclasses import replace
from typing import Any

import pytest

from ivr import spoken
from ivr.errors import CallerGone
from ivr.model.incident import Consent, Cover
from ivr.model.money import Decline, HoldStatus
from ivr.payment import payment
from tests.unit.scripted import HANG_UP, MemoryRecords, ScriptedPhone, hotline
from tests.unit.scripted.money import RATE, ScriptedStripe

VISA = "4242424242424242"
CARD = {"ask_card_number": [f"{VISA}#"], "ask_expiry": ["1239#"], "ask_code": ["123#"], "ask_zip": ["94102#"]}
PAYS = {"choose_block": ["1"], **CARD, "confirm_card": ["1"]}
PRICE = spoken.money(4059)  # 15 minutes at 2.50 and 8.25 % tax


class Desk:
    """The hotline as the step sees it."""

    def __init__(self, *answers: Decline | None, down: bool = False, **settings: Any) -> None:
        self.store = MemoryRecords()
        self.store.current = replace(self.store.current, consent=Consent.GIVEN, identified_how="guest")
        self.stripe = ScriptedStripe(list(answers) or [None], down=down)
        self.settings = hotline(self.store, **settings).settings

    def pays(self, phone: ScriptedPhone) -> Cover | None:
        return payment(self, phone, self.store.current)  # type: ignore[arg-type]

    def status(self) -> list[HoldStatus]:
        return [hold.status for hold in self.store.kept.values()]


def test_a_block_is_held_on_a_good_card() -> None:
    desk, phone = Desk(), ScriptedPhone(PAYS)
    assert desk.pays(phone) is Cover.PREPAID
    assert desk.status() == [HoldStatus.HELD]
    assert [hold.amount_cents for hold in desk.store.kept.values()] == [4059]
    assert desk.stripe.cards == ["4242"]


def test_each_block_is_offered_with_its_price() -> None:
    phone = ScriptedPhone(PAYS)
    Desk().pays(phone)
    assert phone.heard[:9] == ["prepay", "block_for", *spoken.minutes(15), "block_at", *PRICE[:4]]
    assert phone.heard.count("block_press") == 3
    assert phone.heard.index("tax_included") < phone.heard.index("choose_block")


@pytest.mark.parametrize(("key", "cents"), [("1", 4059), ("2", 8119), ("3", 16238)])
def test_the_key_chooses_the_block(key: str, cents: int) -> None:
    desk = Desk()
    desk.pays(ScriptedPhone({**PAYS, "choose_block": [key]}))
    assert [hold.amount_cents for hold in desk.store.kept.values()] == [cents]


def test_star_says_the_prices_again_without_the_opening() -> None:
    phone = ScriptedPhone({**PAYS, "choose_block": ["*", "1"]})
    assert Desk().pays(phone) is Cover.PREPAID
    assert phone.heard.count("prepay") == 1
    assert phone.heard.count("block_press") == 6


def test_amount_brand_and_last_four_are_confirmed() -> None:
    """And they can't be cut: what was typed before the question is thrown away."""
    phone = ScriptedPhone({**PAYS, "confirm_hold": ["2"]})
    desk = Desk()
    assert desk.pays(phone) is Cover.PREPAID
    at = phone.heard.index("confirm_hold")
    said = ["confirm_hold", *PRICE, "on_your", "brand_visa", "ending_in", "4", "2", "4", "2", "confirm_card"]
    assert phone.heard[at : at + len(said)] == said


def test_nothing_is_sent_before_the_confirmation() -> None:
    desk = Desk()
    with pytest.raises(CallerGone):
        desk.pays(ScriptedPhone({**PAYS, "confirm_card": [HANG_UP]}))
    assert desk.stripe.cards == []


def test_a_digit_typed_into_the_news_of_a_decline_is_the_next_cards_first() -> None:
    """Who keys on at "declined" loses nothing, though the news is cut."""
    cards = {**PAYS, "ask_card_number": [f"{VISA}#"], "decline_declined": [f"{VISA}#"], "ask_expiry": ["1239#"] * 2}
    phone = ScriptedPhone({**cards, "ask_code": ["123#"] * 2, "ask_zip": ["94102#"] * 2, "confirm_card": ["1"] * 2})
    desk = Desk(Decline.DECLINED, None)
    assert desk.pays(phone) is Cover.PREPAID
    assert desk.stripe.cards == ["4242", "4242"]
    assert "another_card" not in phone.heard


def test_another_card_at_the_confirmation() -> None:
    phone = ScriptedPhone({
        "choose_block": ["1"], "ask_card_number": [f"{VISA}#", "5555555555554444#"], "ask_expiry": ["1239#", "1239#"],
        "ask_code": ["123#", "123#"], "ask_zip": ["94102#", "94102#"], "confirm_card": ["2", "1"],
    })  # fmt: skip
    desk = Desk()
    assert desk.pays(phone) is Cover.PREPAID
    assert desk.stripe.cards == ["4444"]


@pytest.mark.parametrize("decline", list(Decline))
def test_each_decline_is_said_and_a_good_card_then_works(decline: Decline) -> None:
    twice = {name: keys * 2 for name, keys in PAYS.items()}
    desk, phone = Desk(decline, None), ScriptedPhone({**twice, "choose_block": ["1"]})
    assert desk.pays(phone) is Cover.PREPAID
    at = phone.heard.index(f"decline_{decline}")
    assert phone.heard[at + 1 : at + 3] == ["another_card", "ask_card_number"]
    assert desk.status() == [HoldStatus.HELD]


def test_three_bad_cards_are_enough() -> None:
    many = {name: keys * 4 for name, keys in PAYS.items()}
    desk, phone = Desk(Decline.DECLINED), ScriptedPhone({**many, "choose_block": ["1"]})
    assert desk.pays(phone) is None
    assert len(desk.stripe.cards) == 3
    assert phone.heard[-2:] == ["decline_declined", "too_many_cards"]


def test_card_testers_meet_a_limit_per_day() -> None:
    desk, phone = Desk(), ScriptedPhone(PAYS)
    desk.store.tried_today = 10
    assert desk.pays(phone) is None
    assert desk.stripe.cards == []
    assert phone.heard[-1] == "too_many_cards"


@pytest.mark.parametrize(
    ("prompt", "keys", "complaint"),
    [
        ("ask_card_number", "4242424242424241#", "card_number_wrong"),
        ("ask_card_number", "424242424242#", "card_number_short"),
        ("ask_card_number", "42424242424242424242#", "card_number_long"),
        ("ask_card_number", "9999999999999995#", "card_brand_unknown"),
        ("ask_expiry", "1339#", "card_month_wrong"),
        ("ask_expiry", "0120#", "card_expired"),
        ("ask_code", "1234#", "card_code_wrong_length"),
        ("ask_zip", "9410#", "card_zip_wrong_length"),
    ],
)
def test_each_fault_is_said_and_the_field_asked_again(prompt: str, keys: str, complaint: str) -> None:
    phone = ScriptedPhone({**PAYS, prompt: [keys], f"{prompt}_plain": CARD[prompt]})
    desk = Desk()
    assert desk.pays(phone) is Cover.PREPAID
    at = phone.heard.index(complaint)
    assert phone.heard[at + 1] == f"{prompt}_plain"


@pytest.mark.parametrize(("policy", "cover"), [("connect_unpaid", Cover.UNPAID), ("refuse", None)])
def test_three_faults_in_a_field_are_the_policys(policy: str, cover: Cover | None) -> None:
    """Like silence: who can't key in a card is not worse off than who does not try."""
    phone = ScriptedPhone({**PAYS, "ask_code": ["1#"], "ask_code_plain": ["2#", "3#"]})
    desk = Desk(payment_unanswered=policy)
    assert desk.pays(phone) is cover
    assert phone.heard.count("card_code_wrong_length") == 3
    assert desk.stripe.cards == []


def test_an_amount_that_could_not_be_said_is_not_held() -> None:
    """A sound is missing: whoever presses 1 then has not confirmed it."""
    desk, phone = Desk(), ScriptedPhone(PAYS)
    phone.unheard.add("dollars")
    assert desk.pays(phone) is Cover.UNPAID
    assert desk.stripe.cards == []


def test_a_late_answer_of_the_bank_counts() -> None:
    """Stripe's webhook has made the incident prepaid while its answer to us was lost: the caller is not told anything else."""
    desk, phone = Desk(down=True), ScriptedPhone(PAYS)
    desk.store.current = replace(desk.store.current, cover=Cover.PREPAID)
    assert desk.pays(phone) is Cover.PREPAID
    assert "stripe_down_unpaid" not in phone.heard


def test_a_rate_that_stripe_does_not_take_is_the_policys(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cent a minute: the call goes on, and the log has an alarm."""
    desk = Desk()
    monkeypatch.setattr(desk.store, "rate_of", lambda incident_id: replace(RATE, price_cents=1), raising=False)
    assert desk.pays(ScriptedPhone(PAYS)) is Cover.UNPAID


@pytest.mark.parametrize("prompt", ["choose_block", "ask_card_number", "ask_expiry", "ask_code", "ask_zip", "confirm_card"])
@pytest.mark.parametrize(("policy", "cover"), [("connect_unpaid", Cover.UNPAID), ("refuse", None)])
def test_silence_everywhere_is_the_policys(prompt: str, policy: str, cover: Cover | None) -> None:
    desk = Desk(payment_unanswered=policy)
    assert desk.pays(ScriptedPhone({**PAYS, prompt: []})) is cover
    assert desk.store.current.cover is cover


@pytest.mark.parametrize(("policy", "cover", "sound"), [
    ("connect_unpaid", Cover.UNPAID, "stripe_down_unpaid"), ("refuse", None, "stripe_down_refused"),
])  # fmt: skip
def test_stripe_down_is_the_policys(policy: str, cover: Cover | None, sound: str) -> None:
    desk, phone = Desk(down=True, stripe_down=policy), ScriptedPhone(PAYS)
    assert desk.pays(phone) is cover
    assert sound in phone.heard
    assert desk.store.current.cover is cover


@pytest.mark.parametrize("setting", [{"keypad_cards": False}, {"stripe_key": None}])
def test_without_a_way_to_pay_the_caller_is_connected_unpaid(setting: dict[str, Any]) -> None:
    desk, phone = Desk(**setting), ScriptedPhone(PAYS)
    assert desk.pays(phone) is Cover.UNPAID
    assert phone.heard == ["unpaid_terms"]


def test_a_hold_that_an_earlier_script_left_is_enough() -> None:
    """It died right after the card was accepted: nobody pays twice."""
    desk = Desk()
    desk.pays(ScriptedPhone(PAYS))
    phone = ScriptedPhone()
    assert desk.pays(phone) is Cover.PREPAID
    assert phone.heard == []
    assert len(desk.store.kept) == 1


def test_no_zip_is_asked_when_the_setting_says_so() -> None:
    phone = ScriptedPhone(PAYS)
    assert Desk(card_zip=False).pays(phone) is Cover.PREPAID
    assert "ask_zip" not in phone.heard
