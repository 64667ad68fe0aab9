"""Step 3: who is calling. An account number, offered from the caller ID without a name, and its PIN."""

from enum import StrEnum
from typing import Final

import phonenumbers

from ivr.config import Settings
from ivr.hotline import Hotline
from ivr.model import Customer, Incident
from ivr.phone import Phone
from ivr.pins import check_pin
from ivr.questions import Entry, Menu, ask, enter

ACCOUNT_FROM_PHONE: Final = Menu("account_from_phone", "account_from_phone_plain", keys="12")
ACCOUNT: Final = Entry("ask_account", "ask_account_plain", longest=12)
PIN: Final = Entry("ask_pin", "ask_pin_plain", longest=8)
_TRIES: Final = 3


class Unrecognised(StrEnum):
    """Why there is no customer."""

    GUEST = "guest"  # has no account, or does not know it
    NONE = "none"  # named no account of ours
    WRONG_PIN = "wrong_pin"


def identify(hotline: Hotline, phone: Phone, incident: Incident) -> Customer | None:
    """The customer, or None for a guest and for a caller whom nobody could recognise: the engineer then verifies who it is."""
    if incident.identified_how is not None:
        return hotline.store.customer(incident.customer_id) if incident.customer_id is not None else None
    customer = _from_phone(hotline, phone) or _from_account(hotline, phone)
    if isinstance(customer, Customer) and not _pin_fits(hotline, phone, customer):
        customer = Unrecognised.WRONG_PIN
    if isinstance(customer, Customer):
        hotline.store.identified(incident.id, customer.id, how="pin")
        return customer
    hotline.store.identified(incident.id, None, how=customer)
    phone.play_until_key("not_identified" if customer is Unrecognised.WRONG_PIN else "no_account")
    return None


def e164(caller_id: str | None, country: str) -> str | None:
    """The caller ID as an E.164 number, or None when it is absent or is no number of any country."""
    try:
        number = phonenumbers.parse(caller_id or "", country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _from_phone(hotline: Hotline, phone: Phone) -> Customer | None:
    number = e164(phone.caller_id, hotline.settings.country)
    customer = hotline.store.customer_by_phone(number) if number else None
    if customer is None:
        return None
    answer = ask(phone, ACCOUNT_FROM_PHONE, silence=hotline.settings.key_seconds)
    return customer if answer == "1" else None


def _from_account(hotline: Hotline, phone: Phone) -> Customer | Unrecognised:
    complaint = ""
    for _ in range(_TRIES):
        digits = _entered(phone, ACCOUNT, hotline.settings, complaint)
        if digits == "*":
            return Unrecognised.GUEST
        if not digits:
            break
        customer = hotline.store.customer_by_account(digits)
        if customer is not None:
            return customer
        complaint = "account_unknown"
    return Unrecognised.NONE


def _pin_fits(hotline: Hotline, phone: Phone, customer: Customer) -> bool:
    complaint = ""
    for _ in range(_TRIES):
        digits = _entered(phone, PIN, hotline.settings, complaint)
        if digits in ("", "*"):
            return False
        if check_pin(digits, customer.pin_hash, hotline.settings.pin_pepper):
            return True
        complaint = "pin_wrong"
    return False


def _entered(phone: Phone, entry: Entry, settings: Settings, complaint: str) -> str:
    return enter(phone, entry, silence=settings.key_seconds, pause=settings.digit_seconds, complaint=complaint)
