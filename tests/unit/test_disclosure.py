"""Step 1: the price and the consent, also for other rates than the cast's, and for who hangs up in it."""

from dataclasses import replace
from time import sleep
from typing import Any

import pytest

from ivr import call, spoken
from ivr.disclosure import LONGEST_SECONDS, price_sentence, seconds
from ivr.errors import CallerGone, StoreUnavailable
from ivr.model.incident import Consent, EndReason, IncidentStatus
from ivr.model.money import Rate
from tests.unit.scripted import COVERED_CALL, HANG_UP, RATE, MemoryRecords, ScriptedPhone, hotline

CAST = Rate(1, 250, 15, 1, "USD", (15, 30, 60), 825)


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


def test_a_price_that_could_not_be_played_is_no_consent(records: MemoryRecords) -> None:
    phone = ScriptedPhone(COVERED_CALL)
    phone.unheard.add("disclosure")
    call.call(hotline(records), phone)
    assert records.current.consent is Consent.NONE


@pytest.mark.parametrize(
    ("cents", "minimum", "tax"), [(250, 15, 825), (250, 15, 0), (300, 30, 825), (500, 60, 1000), (1, 1, 0), (99, 0, 825), (1500, 20, 0)]
)
def test_common_rates_are_told_in_time(cents: int, minimum: int, tax: int) -> None:
    """Within the design's 25 s."""
    rate = replace(CAST, price_cents=cents, minimum_minutes=minimum, tax_basis_points=tax)
    assert seconds(rate) <= LONGEST_SECONDS


@pytest.mark.parametrize(("cents", "minimum"), [(99_999, 120), (17_777_777, 777), (99_999_999, 15)])
def test_long_prices_are_told_too_slowly(cents: int, minimum: int) -> None:
    """They are said all the same; ``ivr doctor`` tells the administrator."""
    rate = replace(CAST, price_cents=cents, minimum_minutes=minimum)
    assert seconds(rate) > LONGEST_SECONDS


def test_no_minimum_is_not_spoken_of() -> None:
    assert "with_a_minimum_of" not in price_sentence(replace(CAST, minimum_minutes=0))
    assert price_sentence(replace(CAST, minimum_minutes=1))[-3:] == ("with_a_minimum_of", "1", "minute")


@pytest.mark.parametrize("currency", ["USD", "usd", "CAD", "AUD", "NZD", "HKD", "SGD"])
def test_dollars_of_every_kind_can_be_told(currency: str) -> None:
    assert price_sentence(replace(CAST, currency=currency)) == price_sentence(CAST)


UNSPEAKABLE = [
    replace(CAST, currency="EUR"),
    replace(CAST, currency="CHF"),
    replace(CAST, price_cents=100_000_000),
    replace(CAST, minimum_minutes=10**6),
]


@pytest.mark.parametrize("rate", UNSPEAKABLE)
def test_a_price_that_cannot_be_told_is_agreed_to_by_nobody(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch, rate: Rate) -> None:
    """Nobody hears "dollars" for euros: no price, no consent, no charge; the caller reaches an engineer. Bad input 8."""
    with pytest.raises(ValueError, match=r"words|between"):
        seconds(rate)
    monkeypatch.setattr(MemoryRecords, "current_rate", lambda _: rate)
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    assert "disclosure" not in phone.heard
    assert not {"dollars", "cents", "a_minute"} & set(phone.heard)
    assert (records.current.consent, records.current.status) == (Consent.NONE, IncidentStatus.TALKING)


def test_who_hangs_up_in_the_price_leaves_how_much_of_it_was_heard(records: MemoryRecords) -> None:
    """Fault 21. No consent, whatever was heard."""

    class Slow(ScriptedPhone):
        def _hear(self, sound: str) -> None:
            sleep(0.02 if sound == "disclosure" else 0)
            super()._hear(sound)

    with pytest.raises(CallerGone):
        call.call(hotline(records), Slow({"a_minute": [HANG_UP]}))
    [(_, detail)] = [event for event in records.events if event[0] == "price_cut"]
    assert 20 <= detail["price_ms"] < 5000
    assert records.current.consent is None


def test_who_hangs_up_while_the_records_are_down_is_a_hang_up(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: Any, **__: Any) -> None:
        raise StoreUnavailable("scripted")

    monkeypatch.setattr(MemoryRecords, "note", down)
    with pytest.raises(CallerGone):
        call.call(hotline(records), ScriptedPhone({"disclosure": [HANG_UP]}))


def test_the_milliseconds_of_the_whole_price_stand_with_the_consent(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the version of each prompt of the disclosure."""
    kept: dict[str, Any] = {}
    real = records.consent

    def consent(incident_id: int, answer: Consent, **detail: Any) -> None:
        kept.update(detail)
        real(incident_id, answer, **detail)

    monkeypatch.setattr(records, "consent", consent)
    call.call(hotline(records), ScriptedPhone(COVERED_CALL))
    assert kept["rate"] == RATE
    assert 0 <= kept["price_ms"] < 1000
    assert "disclosure@" in kept["prompt_version"]


def test_a_refusal_says_how_to_open_a_ticket(records: MemoryRecords) -> None:
    """Seed: emergencies are called in; what can wait goes to the support portal."""
    phone = ScriptedPhone({"disclosure_menu": ["2"]})
    call.call(hotline(records), phone)
    assert phone.heard[-1] == "not_an_emergency"
