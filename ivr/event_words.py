"""What each kind of event means, in words. A kind that is not listed is shown as it is, with its details."""

from collections.abc import Callable
from typing import Any, Final

from ivr.model.offer import OfferEnd
from ivr.model.report import Event

LEG_CAUSES: Final = {
    0: "unknown cause",
    1: "no such number",
    16: "hung up",
    17: "busy",
    18: "no answer",
    19: "rang out",
    21: "declined",
    27: "unreachable",
    31: "hung up",
    34: "no free line",
    38: "network out of order",
    41: "network failure",
    127: "network failure",
}
"""Q.850 causes as a person would say them."""

_OFFER_ENDS: Final = {
    OfferEnd.ACCEPTED: "pressed 1 and has the call",
    OfferEnd.DECLINED: "declined",
    OfferEnd.BUSY: "is busy",
    OfferEnd.NO_ANSWER: "did not answer",
    OfferEnd.NOT_ACCEPTED: "answered but did not press 1 (perhaps voicemail)",
    OfferEnd.UNREACHABLE: "could not be reached",
    OfferEnd.TAKEN: "was too late: the call was taken or over",
    OfferEnd.CALLER_GONE: "is no longer needed: the caller has gone",
    OfferEnd.MESSAGE: "is no longer needed: the caller leaves a message",
}
_NOT_RUNG: Final = {"talking": "talking to another caller", "same_phone": "the same phone stands on this level once more"}
_CONSENTS: Final = {
    "given": "caller heard the price and pressed 1: consent given",
    "refused": "caller refused after the disclosure",
    "none": "caller stayed silent after the disclosure: no consent, nothing can be charged",
}
_FAILSAFE: Final = {
    "calling": "caller hung up while they rang",
    "answered": "one pressed 1 and had the call",
    "nobody": "nobody pressed 1",
}
_COVERS: Final = {
    "unpaid": "no agreement covers the call: connected unpaid",
    "prepaid": "the call is prepaid",
    "trunks": "the customer reports our SIP trunks down: not charged",
}
_DECLINES: Final = {
    "declined": "the bank declined it",
    "insufficient_funds": "not enough money on it",
    "expired_card": "it has expired",
    "incorrect_code": "wrong security code",
    "incorrect_number": "no such card number",
    "processing_error": "an error at the bank",
    "authentication_required": "the bank demands authentication online",
}
_CATEGORIES: Final = {
    "outage": "a system outage that stops business",
    "telephony": "telephone service is lost",
    "hosted": "a hosted service is down or very slow",
    "trunks": "our SIP trunks are down",
}
_HOW: Final = {
    "guest": "a guest, without account",
    "none": "no known account was given",
    "wrong_pin": "the PIN was wrong",
    "locked": "locked after too many wrong guesses",
    "unchecked": "the PIN could not be compared in time",
}

_OCCASIONS: Final = {"ringing": "their phone rings", "nobody": "nobody answered", "message": "there is a message"}

Detail = dict[str, Any]


def words(event: Event) -> str:
    """One line for a person."""
    tell = _WORDS.get(event.kind)
    return tell(event.detail) if tell else _plainly(event)


def duration(seconds: float) -> str:
    """``95`` → ``1 min 35 s``."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def whose(customer: str | None, account: str | None) -> str:
    """``Mill Street Bakery (1043)``; who has proved no account is nobody's customer."""
    return f"{customer} ({account})" if account else "not verified"


def _plainly(event: Event) -> str:
    details = ", ".join(f"{name} {value}" for name, value in event.detail.items())
    kind = event.kind.replace("_", " ")
    return f"{kind} ({details})" if details else kind


def _call_began(detail: Detail) -> str:
    return f"call from {detail['caller_id']}" if detail.get("caller_id") else "call without caller ID"


def _consent(detail: Detail) -> str:
    said = _CONSENTS.get(detail.get("answer", ""), f"consent: {detail.get('answer')}")
    price = detail.get("price_cents")
    return f"{said} ({money(price, detail.get('currency'))} a minute)" if price is not None else said


def _identified(detail: Detail) -> str:
    if detail.get("account"):
        return f"caller is {detail.get('customer')}, account {detail['account']} (by {_spaced(detail.get('how'))})"
    how = detail.get("how", "")
    return f"caller could not be verified: {_HOW.get(how, how)}"


def _covered(detail: Detail) -> str:
    if detail.get("cover") in _COVERS:
        return _COVERS[detail["cover"]]
    seconds = detail.get("seconds_left")
    return f"the agreement covers the call, {'unlimited' if seconds is None else duration(seconds) + ' reserved'}"


def _category(detail: Detail) -> str:
    said = _CATEGORIES.get(detail.get("category", ""), "not said")
    return f"what is wrong: {said}" + (", caused by our trunks as the caller says" if detail.get("trunks") else "")


def money(cents: object, currency: object) -> str:
    """``4059, "USD"`` → ``40.59 USD``; cents below zero do not occur."""
    whole, rest = divmod(int(str(cents or 0)), 100)
    return f"{whole}.{rest:02} {currency or ''}".strip()


def _amount(detail: Detail, name: str = "amount_cents") -> str:
    return money(detail.get(name), detail.get("currency"))


def _card_declined(detail: Detail) -> str:
    return f"card {detail.get('number')} was not accepted: {_DECLINES.get(str(detail.get('decline')), detail.get('decline'))}"


def _hold_settling(detail: Detail) -> str:
    return f"to be captured: {_amount(detail, 'capture_cents')}" if detail.get("capture_cents") else "the hold is to be released whole"


def _charged(detail: Detail) -> str:
    return f"the incident comes to {_amount(detail, 'cents')} ({detail.get('minutes')} min, {duration(detail.get('seconds') or 0)} talked)"


def _offer_made(detail: Detail) -> str:
    return f"ringing {detail.get('engineer')} on {detail.get('phone')}"


def _offer_ended(detail: Detail) -> str:
    return f"{detail.get('engineer')} {_OFFER_ENDS.get(detail.get('end', ''), detail.get('end'))}"


def _leg_ended(detail: Detail) -> str:
    cause = detail.get("cause")
    why = "left open by a killed process" if cause is None else LEG_CAUSES.get(cause, f"cause {cause}")
    return f"{detail.get('engineer') or 'caller'}'s leg is over: {why}"


def _talk_ended(detail: Detail) -> str:
    return f"caller and {detail.get('engineer')} no longer hear each other, after {detail.get('seconds', 0):.1f} s"


def _ending_key(detail: Detail) -> str:
    return f"engineer's ending key: {_spaced(detail.get('reason'))}"


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")


_LANGUAGES: Final = {"en": "English", "es": "Spanish"}

_WORDS: Final[dict[str, Callable[[Detail], str]]] = {
    "call_began": _call_began,
    "consent": _consent,
    "price_cut": lambda detail: f"caller hung up {detail.get('price_ms', 0) / 1000:.1f} s into the price",
    "blocked": lambda _: "the caller's phone is blocked: turned away",
    "identified": _identified,
    "category": _category,
    "language": lambda detail: f"caller hears {_LANGUAGES.get(str(detail.get('language')), 'another language')}",
    "claimed": lambda detail: f"caller names account {detail.get('account')} without its PIN",
    "covered": _covered,
    "connecting": lambda _: "engineers are being called",
    "offer_made": _offer_made,
    "offer_ended": _offer_ended,
    "not_rung": lambda detail: f"{detail.get('engineer')} is not rung: {_NOT_RUNG.get(str(detail.get('why')), detail.get('why'))}",
    "talking": lambda detail: f"incident belongs to {detail.get('engineer')}",
    "engineer_lost": lambda detail: f"{detail.get('engineer')} was lost: calling again",
    "talk_began": lambda detail: f"caller and {detail.get('engineer')} hear each other",
    "talk_ended": _talk_ended,
    "ending_key": _ending_key,
    "leg_ended": _leg_ended,
    "key": lambda detail: f"key pressed in the talk: {detail.get('name')}",
    "failsafe": lambda detail: f"no script could serve the caller; failsafe phones: {_FAILSAFE.get(str(detail.get('outcome')), 'unknown')}",
    "unpaid": lambda detail: f"no payment: {detail.get('why')} ({_spaced(detail.get('policy'))})",
    "hold_opened": lambda detail: f"{detail.get('minutes')} min chosen to prepay: {_amount(detail)} are to be held",
    "hold_created": lambda _: "the hold is prepared at Stripe",
    "card_tried": lambda detail: f"card {detail.get('number')} is tried: {detail.get('brand')} ****{detail.get('last4')}",
    "card_declined": _card_declined,
    "hold_held": lambda detail: f"{_amount(detail)} are held",
    "hold_settling": _hold_settling,
    "hold_captured": lambda detail: f"captured {_amount(detail, 'capture_cents')}, the rest released",
    "hold_released": lambda detail: f"released {_amount(detail)}: nothing was taken",
    "hold_expired": lambda detail: f"ALARM: the hold of {_amount(detail)} expired before it was captured",
    "charged": _charged,
    "debt": lambda detail: f"owed, for an administrator to review: {_amount(detail, 'cents')} ({_spaced(detail.get('reason'))})",
    "refund_opened": lambda detail: f"{_amount(detail, 'cents')} are to be given back: {detail.get('reason')}",
    "refund": lambda detail: f"refunded {_amount(detail, 'cents')}: {detail.get('reason')}",
    "swept": lambda detail: f"swept up: {detail.get('why')}",
    "no_charge": lambda _: "the engineer made the call free",
    "time_warning": lambda detail: f"both sides are told: {_spaced(detail.get('prompt'))}",
    "follow_up": lambda _: "a follow-up is open: the work goes on in office hours",
    "follow_up_done": lambda detail: f"the follow-up is done by {detail.get('by')}" + (f": {detail['note']}" if detail.get("note") else ""),
    "redialled": lambda _: "the caller has called again and wants to go back to their engineer",
    "resumed": lambda _: "the caller is back: the incident goes on",
    "node_lost": lambda detail: f"the machine {detail.get('node')}, which had the call, was not heard of any more",
    "suspended": lambda _: "the caller's line dropped: the incident waits for them to call again",
    "message_began": lambda _: "caller may leave a message",
    "message": lambda detail: f"message of {duration(detail['seconds'])}" if detail.get("seconds") else "nothing was said into the message",
    "message_heard": lambda detail: f"message heard by {detail.get('by')}",
    "paged": lambda detail: f"{detail.get('who')} paged: {_OCCASIONS.get(str(detail.get('occasion')), detail.get('occasion'))}",
    "ended": lambda detail: f"incident ended: {_spaced(detail.get('reason'))}",
}
