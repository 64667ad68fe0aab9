"""Keying in a card: one field after the other, each with its own question, complaint and three tries."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from typing import Final

from ivr.card import Card, CardFault, code_fault, expiry, expiry_fault, number_fault, zip_fault
from ivr.config import Settings
from ivr.phone import Phone
from ivr.questions import Entry, enter

NUMBER: Final = Entry("ask_card_number", "ask_card_number_plain", longest=19, patient=True)
EXPIRY: Final = Entry("ask_expiry", "ask_expiry_plain", longest=4, patient=True)
CODE: Final = Entry("ask_code", "ask_code_plain", longest=4, patient=True)
ZIP: Final = Entry("ask_zip", "ask_zip_plain", longest=5, patient=True)
FIELDS: Final = (NUMBER, EXPIRY, CODE, ZIP)
_TRIES: Final = 3

Field = tuple[Entry, Callable[[str, str], CardFault | None]]
"""The question, and what is wrong with an answer, given the answer and the card's number."""


class NoCard(Enum):
    """Why there is no card."""

    UNANSWERED = auto()  # no key was pressed, three times
    GIVEN_UP = auto()  # a field was wrong three times


def key_in_card(settings: Settings, phone: Phone, *, check: Callable[[], None], opening: tuple[str, ...] = ()) -> Card | NoCard:
    """The card that the caller keyed, without a fault that can be seen from here.

    ``check`` is called before each asking and raises what makes keying on pointless. ``opening`` is said first; keys count in it already.
    """
    typed: list[str] = []
    for entry, fault in _fields(settings):
        digits = _field(settings, phone, (entry, fault), typed, check, () if typed else opening)
        if isinstance(digits, NoCard):
            return digits
        typed.append(digits)
    number, mmyy, code, *rest = typed
    return Card(number, *expiry(mmyy), code, *rest)


def _fields(settings: Settings) -> Iterator[Field]:
    yield NUMBER, lambda digits, _: number_fault(digits)
    yield EXPIRY, lambda digits, _: expiry_fault(digits, _latest_today())
    yield CODE, code_fault
    if settings.card_zip:
        yield ZIP, lambda digits, _: zip_fault(digits)


def _latest_today() -> date:
    """The date where the day ends last: a card is good to the end of its month where its holder is."""
    return (datetime.now(UTC) - timedelta(hours=12)).date()


def _field(
    settings: Settings, phone: Phone, field: Field, typed: Sequence[str], check: Callable[[], None], opening: tuple[str, ...]
) -> str | NoCard:
    entry, fault = field
    complaint = ""
    for _ in range(_TRIES):
        check()
        digits = enter(
            phone, entry, silence=settings.key_seconds, pause=settings.digit_seconds, opening=opening, complaint=complaint
        )  # fmt: skip
        if not digits:
            return NoCard.UNANSWERED
        wrong = fault(digits, typed[0] if typed else digits)
        if wrong is None:
            return digits
        complaint = wrong.value
    phone.play_until_key(complaint)
    return NoCard.GIVEN_UP
