"""A hotline of scripted parts: its settings, a customer, engineers, and which keys take a caller through."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

from pydantic import SecretStr

from ivr import call
from ivr.connect import Wanted
from ivr.connect import connect as climb
from ivr.model.customer import Customer
from ivr.model.incident import Consent, Cover, IncidentStatus
from ivr.model.leg import LegOver
from ivr.model.offer import Offer, OfferEnd, Rung
from ivr.pins import hash_pin
from tests.unit.scripted.money import ScriptedStripe
from tests.unit.scripted.phone import ScriptedPhone
from tests.unit.scripted.records import MemoryRecords
from tests.unit.scripted.switchboard import ScriptedSwitchboard

PEPPER: Final = SecretStr("pepper")
ACME: Final = Customer(7, "10042", "Acme", hash_pin("4711", PEPPER), trunks=False)
NUMBER: Final = "+15555550142"
"""The customer's phone."""
STRANGER: Final = "+15555550177"
"""Nobody's that the hotline knows."""
ANN: Final = Rung(1, "Ann", "+15555550101")
BEN: Final = Rung(2, "Ben", "+15555550102")
CLEO: Final = Rung(3, "Cleo", "+15555550103")
COVERED_CALL: Final = {"disclosure_menu": ["1"], "ask_category": ["1"], "ask_account": ["10042#"], "ask_pin": ["4711#"]}
THREE_WRONG_PINS: Final = {"disclosure_menu": ["1"], "ask_account": ["10042#"], "ask_pin": ["1#"], "ask_pin_plain": ["2#", "3#"]}
PAYS: Final = {
    "choose_block": ["1"], "ask_card_number": ["4242424242424242#"], "ask_expiry": ["1239#"], "ask_code": ["123#"],
    "ask_zip": ["94102#"], "confirm_card": ["1"],
}  # fmt: skip


def hotline(records: MemoryRecords, *outcomes: OfferEnd, ticks: int = 2, **settings: Any) -> Any:
    """What comes of each ring in order, the last again and again; everybody accepts unless told otherwise. ``settings``: other ones."""
    usual = {
        "grace_seconds": 30, "key_seconds": 5.0, "digit_seconds": 3.0, "ring_seconds": 25, "whisper_seconds": 20.0,
        "progress_seconds": 15.0, "ladder_rounds": 1, "country": "US", "pin_pepper": PEPPER, "did": "+18552528788", "keypad_cards": True,
        "stripe_key": SecretStr("sk"), "card_zip": True, "cards_per_day": 10, "stripe_down": "connect_unpaid",
        "payment_unanswered": "connect_unpaid", "resume_seconds": 900, "reserve_minutes": 120, "pin_tries_per_account": 5,
        "pin_tries_per_caller": 10, "message_seconds": 180, "messages_folder": records.messages_folder, "failsafe_phones": (),
        "dial_prefixes": ("+1",), "state_folder": records.messages_folder,
    }  # fmt: skip
    switchboard = ScriptedSwitchboard(records, list(outcomes) or [OfferEnd.ACCEPTED], ticks)
    return SimpleNamespace(settings=SimpleNamespace(**(usual | settings)), store=records, switchboard=switchboard, stripe=ScriptedStripe())


def connect(line: Any, phone: ScriptedPhone) -> Offer | Wanted | None:
    """Rings, as ``call.find_engineer`` does."""
    incident, last = line.store.connecting(1001)
    return climb(line, phone, incident, line.store.offer(last) if last is not None else None)


def talking(records: MemoryRecords) -> ScriptedPhone:
    """A caller whose talk has just ended."""
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    talking_to = phone.variables["IVR_ENGINEER_CHANNEL"]
    phone.variables.update({"IVR_INCIDENT": "1001", "IVR_ENGINEER_CHANNEL": "", "IVR_TALKING_TO": talking_to, "IVR_ENGINEER_CAUSE": "16"})
    phone.heard.clear()
    return phone


def guest_with_ann() -> MemoryRecords:
    """A guest who prepaid 15 minutes has talked with Ann for five; Ben is the first on the ladder."""
    records = MemoryRecords(customers=[ACME], rungs=[BEN, ANN], talked=300.0)
    records.current = replace(
        records.current, status=IncidentStatus.CONNECTING, consent=Consent.GIVEN, identified_how="guest", cover=Cover.PREPAID,
        seconds_left=900, resume_code="0451",
    )  # fmt: skip
    assert records.accept(records.make_offer(1001, ANN).id, "PJSIP/ann")
    return records


def line_dropped(failsafe: str = "") -> LegOver:
    """The end of that guest's leg."""
    return LegOver("caller-1", "PJSIP/trunk-1", 16, STRANGER, failsafe)
