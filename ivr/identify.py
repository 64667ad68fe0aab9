"""Step 3: who is calling. An account number, offered from the caller ID without a name, and its PIN."""

from enum import StrEnum
from typing import Final

from ivr.config import Settings
from ivr.guesses import Guess, guess_pin, is_locked, may_guess_account
from ivr.hotline import Hotline
from ivr.model.customer import Customer
from ivr.model.incident import Incident
from ivr.phone import Phone
from ivr.phone_numbers import e164
from ivr.questions import Entry, Menu, ask, enter

ACCOUNT_FROM_PHONE: Final = Menu("account_from_phone", "account_from_phone_plain", keys="12")
ACCOUNT: Final = Entry("ask_account", "ask_account_plain", longest=12)
PIN: Final = Entry("ask_pin", "ask_pin_plain", longest=8)
_TRIES: Final = 3


class Unrecognised(StrEnum):
    """Why there is no customer. The first two named nobody; the others an account that they did not prove to be theirs."""

    GUEST = "guest"  # has no account, or does not know it
    NONE = "none"  # named no account of ours
    WRONG_PIN = "wrong_pin"  # or none
    LOCKED = "locked"  # after too many wrong guesses of this caller, or at this account
    UNCHECKED = "unchecked"  # too many PINs were being compared at once


_REASONS: Final = {Guess.WRONG: Unrecognised.WRONG_PIN, Guess.LOCKED: Unrecognised.LOCKED, Guess.UNCHECKED: Unrecognised.UNCHECKED}


def identify(hotline: Hotline, phone: Phone, incident: Incident, known: Customer | None) -> tuple[Incident, Customer | None]:
    """The incident with all that was answered, and the customer; None for a guest and for a caller whom nobody could recognise: the
    engineer then verifies who it is. ``known``: whose phone it is."""
    if incident.identified_how is not None:
        return incident, hotline.store.customer(incident.customer_id) if incident.customer_id is not None else None
    named = _from_phone(hotline, phone, known) or _from_account(hotline, phone, incident)
    if not isinstance(named, Customer):
        incident = hotline.store.identified(incident.id, None, how=named)
        phone.play_until_key("no_account")
        return incident, None
    proof = prove(hotline, phone, incident, named)
    if proof is Guess.RIGHT:
        return hotline.store.identified(incident.id, named.id, how="pin"), named
    incident = hotline.store.claimed(incident.id, named.id, how=_REASONS[proof])
    phone.play_until_key("locked_out" if proof is Guess.LOCKED else "not_identified")
    return incident, None


def prove(hotline: Hotline, phone: Phone, incident: Incident, customer: Customer) -> Guess:
    """Ask for the customer's PIN, at most three times; who has guessed too often is not asked. Silence and ``*`` are wrong."""
    caller = number_of(hotline, phone)
    if is_locked(hotline, caller, customer):
        return Guess.LOCKED
    complaint = ""
    for _ in range(_TRIES):
        digits = _entered(phone, PIN, hotline.settings, complaint)
        if digits in ("", "*"):
            break
        if (guess := guess_pin(hotline, incident, caller, customer, digits)) is not Guess.WRONG:
            return guess
        complaint = "pin_wrong"
    return Guess.WRONG


def number_of(hotline: Hotline, phone: Phone) -> str | None:
    """The caller's own number as E.164, None for a hidden one."""
    return e164(phone.caller_id, hotline.settings.country)


def _from_phone(hotline: Hotline, phone: Phone, known: Customer | None) -> Customer | None:
    if known is None:
        return None
    answer = ask(phone, ACCOUNT_FROM_PHONE, silence=hotline.settings.key_seconds)
    return known if answer == "1" else None


def _from_account(hotline: Hotline, phone: Phone, incident: Incident) -> Customer | Unrecognised:
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
        if not may_guess_account(hotline, incident, number_of(hotline, phone)):
            break
        complaint = "account_unknown"
    return Unrecognised.NONE


def _entered(phone: Phone, entry: Entry, settings: Settings, complaint: str) -> str:
    return enter(phone, entry, silence=settings.key_seconds, pause=settings.digit_seconds, complaint=complaint)
