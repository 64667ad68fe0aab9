"""How often an account or a PIN may be guessed.

Guesses are counted in the records before an answer is believed, so no number of calls at once gets more of them.
A lock keeps nobody from an engineer, who then finds out who calls.
"""

import logging
from enum import StrEnum
from typing import Final

from ivr.config import Settings
from ivr.hotline import Hotline
from ivr.model.customer import Customer, GuessLimits
from ivr.model.incident import Incident
from ivr.pins import check_pin

log = logging.getLogger(__name__)

PERIOD_SECONDS: Final = 3600
"""So long wrong guesses count, and so long a lock lasts from the last of them on."""
HIDDEN: Final = 5
"""All callers without a number share one count, this many times as wide: a few of them must not lock out all others."""


class Guess(StrEnum):
    """What became of one guess."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"  # not compared: none was left
    UNCHECKED = "unchecked"  # not compared: the machine is too busy


def limits(settings: Settings, caller: str | None) -> GuessLimits:
    """The limits for a caller with this number (E.164), or without one."""
    most = settings.pin_tries_per_caller * (1 if caller else HIDDEN)
    return GuessLimits(caller=most, account=settings.pin_tries_per_account, seconds=PERIOD_SECONDS)


def is_locked(hotline: Hotline, caller: str | None, customer: Customer) -> bool:
    """Whether this caller need not be asked for this customer's PIN."""
    return hotline.store.guesses_locked(caller, customer.id, limits(hotline.settings, caller))


def guess_pin(hotline: Hotline, incident: Incident, caller: str | None, customer: Customer, pin: str) -> Guess:
    """Compare a PIN with the customer's."""
    guess = hotline.store.guess(incident.id, caller, customer.id, limits(hotline.settings, caller))
    if guess is None:
        return Guess.LOCKED
    try:
        fits = check_pin(pin, customer.pin_hash, hotline.settings.pin_pepper)
    except TimeoutError:
        log.error("a PIN of incident %d was not compared: too many are being compared at once", incident.id)
        return Guess.UNCHECKED
    hotline.store.guessed(guess, fits=fits)
    return Guess.RIGHT if fits else Guess.WRONG


def may_guess_account(hotline: Hotline, incident: Incident, caller: str | None) -> bool:
    """Count an account number that is nobody's; False when this caller has tried enough of them."""
    return hotline.store.guess(incident.id, caller, None, limits(hotline.settings, caller)) is not None
