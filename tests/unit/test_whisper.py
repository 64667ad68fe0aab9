"""What an engineer hears whose phone was answered, for every kind of caller; and what who is not needed any more hears."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ivr import call, name_sounds, prompts, spoken
from ivr import engineer as engineer_module
from ivr import ringing as ringing_module
from ivr.config import Settings
from ivr.engineer import WHISPER, whisper
from ivr.model.incident import Category, Cover, EndReason, IncidentStatus
from ivr.model.offer import OfferEnd
from tests.unit.scripted import ACME, ANN, MemoryRecords, ScriptedPhone, hotline

NUMBER = ("whisper_incident", *spoken.digits("1001"))
CALL_BACK = (*NUMBER, "caller_number", *spoken.digits("15555550177"))
BETWEEN_SOUNDS = 0.025  # seconds that Asterisk takes from one sound to the next


@pytest.fixture
def records() -> MemoryRecords:
    found = MemoryRecords(customers=[ACME], rungs=[ANN], caller_number="(555) 555-0177")
    found.current = replace(found.current, status=IncidentStatus.CONNECTING, customer_id=7, cover=Cover.AGREEMENT, category=Category.HOSTED)
    found.make_offer(1001, ANN)
    return found


def engineer(keys: str = "", *, argument: str = "", at: str = WHISPER.prompt, **variables: str) -> ScriptedPhone:
    return ScriptedPhone({at: [keys]}, variables={"IVR_OFFER": "1"} | variables, uniqueid="ess-offer-1", argument=argument)


def heard(records: MemoryRecords, folder: Path = Path("nowhere")) -> tuple[str, ...]:
    """The briefing, between its first words and the menu."""
    phone = engineer("2")
    whisper(hotline(records, state_folder=folder), phone)
    sounds = tuple(phone.heard)
    assert sounds[0] == "whisper"
    return sounds[1 : sounds.index(WHISPER.prompt)]


ACCOUNT = ("whisper_account", *spoken.digits("10042"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, (*ACCOUNT, "whisper_hosted", "whisper_covered_unlimited")),
        ({"seconds_left": 3600}, (*ACCOUNT, "whisper_hosted", "whisper_covered", *spoken.minutes(60))),
        ({"category": Category.OUTAGE, "cover": Cover.PREPAID, "seconds_left": 900},
         (*ACCOUNT, "whisper_outage", "whisper_prepaid", *spoken.minutes(15))),
        ({"category": Category.TELEPHONY, "cover": Cover.UNPAID}, (*ACCOUNT, "whisper_telephony", "whisper_unpaid")),
        ({"category": None, "cover": None}, ACCOUNT),
        ({"trunk_claim": True, "seconds_left": 60}, (*ACCOUNT, "whisper_trunks", "whisper_covered", *spoken.minutes(1))),
        ({"category": Category.TRUNKS, "cover": Cover.TRUNKS}, (*ACCOUNT, "whisper_trunks")),
        ({"customer_id": None, "cover": Cover.PREPAID, "seconds_left": 900, "trunk_claim": True},
         ("whisper_unverified", "whisper_trunks", "whisper_prepaid", *spoken.minutes(15))),
        ({"customer_id": None, "claimed_id": 7, "cover": Cover.UNPAID, "category": None},
         ("whisper_claims", *spoken.digits("10042"), "whisper_locked")),
        ({"customer_id": None, "cover": Cover.UNPAID}, ("whisper_unverified", "whisper_hosted", "whisper_unpaid")),
    ],
)  # fmt: skip
def test_who_calls_what_is_down_and_who_pays(records: MemoryRecords, changes: dict[str, Any], said: tuple[str, ...]) -> None:
    records.current = replace(records.current, **changes)
    assert heard(records) == (*said, *NUMBER)


def test_every_category_has_its_words() -> None:
    assert {f"whisper_{category}" for category in Category} <= prompts.NAMES


def test_a_customers_name_is_said_when_there_is_a_sound_of_it(records: MemoryRecords, tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "10042.wav").touch()
    name = name_sounds.sound_of(hotline(records, state_folder=tmp_path).settings, "10042")
    assert name is not None
    assert heard(records, tmp_path)[:3] == ("whisper_customer", name, "whisper_hosted")


def test_who_had_the_incident_before_hears_that_it_is_the_same(records: MemoryRecords) -> None:
    records.accept(1, "PJSIP/ann")
    records.engineer_lost(1001)
    records.make_offer(1001, ANN)
    phone = engineer("1", IVR_OFFER="2")
    whisper(hotline(records), phone)
    assert tuple(phone.heard[: phone.heard.index(WHISPER.prompt)]) == ("whisper", "whisper_again", *ACCOUNT, *NUMBER)
    assert records.offer(2).end is OfferEnd.ACCEPTED


@pytest.mark.parametrize("category", Category)
@pytest.mark.parametrize("cover", Cover)
@pytest.mark.parametrize("left", [None, 59, 2700])
@pytest.mark.parametrize("again", [False, True])
def test_the_whole_whisper_takes_at_most_twenty_seconds(
    records: MemoryRecords, category: Category, cover: Cover, left: int | None, again: bool
) -> None:
    """A customer with an account of five digits, an incident of four; the menu included."""
    records.current = replace(records.current, category=category, cover=cover, seconds_left=left)
    if again:
        records.accept(1, "PJSIP/ann")
        records.engineer_lost(1001)
        records.make_offer(1001, ANN)
    phone = engineer("2", IVR_OFFER=str(len(records.offers)))
    whisper(hotline(records), phone)
    sounds = phone.heard[: phone.heard.index(WHISPER.prompt) + 1]
    assert sum(prompts.seconds(sound) + BETWEEN_SOUNDS for sound in sounds) <= 20


@pytest.mark.parametrize("prompt", ["whisper", "whisper_account", "whisper_hosted", WHISPER.prompt])
@pytest.mark.parametrize(("key", "end"), [("1", OfferEnd.ACCEPTED), ("2", OfferEnd.DECLINED)])
def test_keys_count_at_any_time(records: MemoryRecords, prompt: str, key: str, end: OfferEnd) -> None:
    whisper(hotline(records), engineer(key, at=prompt))
    assert records.offer(1).end is end


GONE = [
    (OfferEnd.TAKEN, IncidentStatus.TALKING, ("taken",)),
    (OfferEnd.NOT_ACCEPTED, IncidentStatus.CONNECTING, ("taken",)),
    (OfferEnd.NOT_ACCEPTED, IncidentStatus.ENDED, ("taken",)),
    (OfferEnd.CALLER_GONE, IncidentStatus.CONNECTING, ("caller_left", *CALL_BACK)),
    (OfferEnd.CALLER_GONE, IncidentStatus.ENDED, ("caller_left", *CALL_BACK)),
    (OfferEnd.ACCEPTED, IncidentStatus.SUSPENDED, ("caller_left", *CALL_BACK)),
    (OfferEnd.ACCEPTED, IncidentStatus.TALKING, ("caller_left", *CALL_BACK)),
    (OfferEnd.MESSAGE, IncidentStatus.ENDED, ("caller_gone_message", *CALL_BACK)),
    (None, IncidentStatus.TALKING, ("taken",)),
    (None, IncidentStatus.ENDED, ("caller_left", *CALL_BACK)),
    (None, IncidentStatus.SUSPENDED, ("caller_left", *CALL_BACK)),
]


def ended(records: MemoryRecords, end: OfferEnd | None, status: IncidentStatus) -> None:
    if end is OfferEnd.ACCEPTED:
        records.accept(1, "PJSIP/ann")
    elif end is not None:
        records.end_offer(1, end)
    records.current = replace(records.current, status=status, reason=EndReason.ABANDONED if status is IncidentStatus.ENDED else None)


@pytest.mark.parametrize(("end", "status", "said"), GONE)
def test_who_is_not_needed_any_more_hears_why(
    records: MemoryRecords, end: OfferEnd | None, status: IncidentStatus, said: tuple[str, ...]
) -> None:
    """Whom the caller has left hears incident and number, to call back."""
    ended(records, end, status)
    phone = engineer(argument="told")
    whisper(hotline(records), phone)
    assert tuple(phone.heard) == said
    assert phone.variables["IVR_DONE"] == "1"
    assert "IVR_ACCEPTED" not in phone.variables


@pytest.mark.parametrize(("end", "status", "said"), [case for case in GONE if case[0] is not OfferEnd.ACCEPTED])
def test_who_answers_too_late_hears_so_at_once(
    records: MemoryRecords, end: OfferEnd | None, status: IncidentStatus, said: tuple[str, ...]
) -> None:
    ended(records, end, status)
    phone = engineer()
    whisper(hotline(records), phone)
    assert tuple(phone.heard) == said


@pytest.mark.parametrize(("end", "status", "said"), [case for case in GONE if case[0] is not OfferEnd.ACCEPTED])
def test_who_presses_one_too_late_hears_why(
    records: MemoryRecords, end: OfferEnd | None, status: IncidentStatus, said: tuple[str, ...]
) -> None:
    """And only once: the offer is over in the records before it is said, so that nobody sends the leg to hear it again."""
    phone = engineer("1")
    phone.on_play = {WHISPER.prompt: lambda: ended(records, end, status)}
    whisper(hotline(records), phone)
    assert tuple(phone.heard[phone.heard.index(WHISPER.prompt) + 1 :]) == said
    assert records.offer(1).end is (end or (OfferEnd.TAKEN if said == ("taken",) else OfferEnd.CALLER_GONE))
    assert "IVR_ACCEPTED" not in phone.variables


def test_a_caller_without_a_number_leaves_the_incidents(records: MemoryRecords) -> None:
    records.caller_number = None
    records.end_offer(1, OfferEnd.CALLER_GONE)
    phone = engineer(argument="told")
    whisper(hotline(records), phone)
    assert tuple(phone.heard) == ("caller_left", *NUMBER)


def test_an_accept_whose_script_died_is_not_asked_for_again(records: MemoryRecords) -> None:
    """The dialplan asks the second serve; the caller already waits for the bridge."""
    records.accept(1, "PJSIP/ann")
    phone = engineer()
    call.engineer(hotline(records), phone)
    assert phone.heard == []
    assert phone.variables["IVR_ACCEPTED"] == phone.variables["IVR_DONE"] == "1"


@pytest.mark.parametrize("keys", [["*", "1"], ["", "1"], ["", "", "1"]], ids=["heard again", "asked again", "asked a third time"])
def test_who_presses_one_after_the_last_asking_gets_the_call(
    records: MemoryRecords, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At natural speed, with the settings as shipped: the caller's side lets the phone listen as long as the script asks."""
    records.current = replace(records.current, category=Category.OUTAGE, seconds_left=7200)
    clock = [100.0]
    monkeypatch.setattr(ringing_module, "monotonic", lambda: clock[0])
    monkeypatch.setattr(engineer_module, "monotonic", lambda: clock[0])
    shipped = Settings.model_fields
    ringing = ringing_module.Ringing(records.offer(1), ring_seconds=25, patience=shipped["whisper_seconds"].default)
    ringing.hear({"Event": "Newstate", "Uniqueid": "ess-offer-1", "ChannelStateDesc": "Up"})
    first, *more = keys
    answers = {WHISPER.prompt: keys} if first else {WHISPER.prompt: [""], WHISPER.plain: more}
    phone = ScriptedPhone(answers, variables={"IVR_OFFER": "1"})
    silence = shipped["key_seconds"].default

    def passes(seconds: float) -> None:
        clock[0] += seconds
        if (end := ringing.state()) is not None:
            records.end_offer(1, end)

    def hears(sound: str) -> None:
        passes(prompts.seconds(sound))

    phone.on_play = {sound: partial(hears, sound) for sound in prompts.NAMES}
    phone.on_tick = lambda: passes(silence)
    whisper(hotline(records), phone)
    assert clock[0] - 100 > shipped["whisper_seconds"].default
    assert records.offer(1).end is OfferEnd.ACCEPTED
