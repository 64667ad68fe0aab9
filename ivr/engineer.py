"""What an engineer hears: the whisper before the accept, and the keys in the talk."""

from time import monotonic
from typing import Final

from ivr import channel_variables as variables
from ivr import logs, name_sounds, spoken
from ivr.hotline import Hotline
from ivr.language import known_to
from ivr.model.incident import Category, Cover, EndReason, Incident, IncidentStatus
from ivr.model.offer import Briefing, OfferEnd
from ivr.phone import Phone
from ivr.phone_numbers import e164
from ivr.questions import Menu, ask

TOLD: Final = "told"
"""The script's argument when the engineer is not needed any more (``dialplan/engineer.conf``)."""
WHISPER: Final = Menu("whisper_menu", "whisper_menu_plain", keys="12*")
CONFIRMATIONS: Final = {
    EndReason.RESOLVED: Menu("confirm_resolved", "confirm_resolved_plain", keys="1"),
    EndReason.STABILISED: Menu("confirm_stabilised", "confirm_stabilised_plain", keys="1"),
    EndReason.CALLER_STOPPED: Menu("confirm_caller_stopped", "confirm_caller_stopped_plain", keys="1"),
}
NO_CHARGE: Final = Menu("confirm_no_charge", "confirm_no_charge_plain", keys="1")


def whisper(hotline: Hotline, phone: Phone) -> None:
    """Tell an engineer who answered what it is about; only 1 accepts. A voicemail presses nothing and gets nothing.

    Who is not needed any more (``told`` by the dialplan, or found so in the records) hears why, at once.
    """
    offer_id = int(phone.get(variables.OFFER))
    briefing = hotline.store.briefing(offer_id)
    logs.bind(incident=briefing.incident_id, offer=offer_id)
    if phone.argument == TOLD or not _is_wanted(briefing):
        phone.play(*_why_not(hotline, briefing))
    elif briefing.end is OfferEnd.ACCEPTED:  # the last script died right after the accept
        phone.set(variables.ACCEPTED, "1")
    else:
        _decided(hotline, phone, offer_id, _decision(hotline, phone, briefing))
    phone.set(variables.DONE, "1")


def _decided(hotline: Hotline, phone: Phone, offer_id: int, key: str) -> None:
    match key:
        case "1" if hotline.store.accept(offer_id, phone.channel):
            phone.set(variables.ACCEPTED, "1")  # from here on the caller's leg bridges this one
        case "1":
            briefing = hotline.store.briefing(offer_id)
            taken = briefing.status is IncidentStatus.TALKING
            hotline.store.end_offer(offer_id, OfferEnd.TAKEN if taken else OfferEnd.CALLER_GONE)  # or they would be told twice
            phone.play(*_why_not(hotline, briefing))
        case "2":
            hotline.store.end_offer(offer_id, OfferEnd.DECLINED)
            phone.play("declined_thanks")
        case _:
            hotline.store.end_offer(offer_id, OfferEnd.NOT_ACCEPTED)


def _is_wanted(briefing: Briefing) -> bool:
    return briefing.end is OfferEnd.ACCEPTED or (briefing.end is None and briefing.status is IncidentStatus.CONNECTING)


def _why_not(hotline: Hotline, briefing: Briefing) -> tuple[str, ...]:
    """Why this engineer is not needed any more. Whom the caller has left hears the incident and a number to call back."""
    number = ("whisper_incident", *spoken.digits(str(briefing.incident_id)))
    caller = (e164(briefing.caller_id, hotline.settings.country) or "").removeprefix("+")
    back = (*number, "caller_number", *spoken.digits(caller)) if caller else number
    if briefing.end is OfferEnd.MESSAGE:
        return ("caller_gone_message", *back)
    waiting = briefing.status in (IncidentStatus.OPEN, IncidentStatus.CONNECTING, IncidentStatus.TALKING)
    left = briefing.end in (OfferEnd.CALLER_GONE, OfferEnd.ACCEPTED) or (briefing.end is None and not waiting)
    return ("caller_left", *back) if left else ("taken",)


def _decision(hotline: Hotline, phone: Phone, briefing: Briefing) -> str:
    """1, 2, or ``""`` after silence, wrong keys, or too many repetitions."""
    opening = _opening(hotline, briefing, phone.language)
    until = monotonic() + hotline.settings.whisper_seconds
    key = "*"
    while key == "*" and monotonic() < until:
        key = ask(phone, WHISPER, silence=hotline.settings.key_seconds, opening=opening)
    return "" if key == "*" else key


def _opening(hotline: Hotline, briefing: Briefing, language: str) -> tuple[str, ...]:
    """Who is waiting, what is down, who pays, the incident's number; to who had the incident before only that it is the same."""
    told = ("whisper_again",) if briefing.again else ()
    news = () if briefing.again else (*_down(briefing), *_paid(briefing, language))
    return (
        "whisper",
        *told,
        *_who(hotline, briefing),
        *known_to(briefing.language),
        *news,
        "whisper_incident",
        *spoken.digits(str(briefing.incident_id)),
    )


def _who(hotline: Hotline, briefing: Briefing) -> tuple[str, ...]:
    """The customer by name when there is a sound of it, else by account; or that nobody could verify the caller."""
    if briefing.account:
        name = name_sounds.sound_of(hotline.settings, briefing.account)
        return ("whisper_customer", name) if name else ("whisper_account", *spoken.digits(briefing.account))
    if briefing.claimed:
        return ("whisper_claims", *spoken.digits(briefing.claimed), "whisper_locked")
    return ("whisper_unverified",)


def _down(briefing: Briefing) -> tuple[str, ...]:
    """What the caller says is wrong; a claim against our own trunks says more than any category."""
    if briefing.trunk_claim or Category.TRUNKS is briefing.category or Cover.TRUNKS is briefing.cover:
        return ("whisper_trunks",)
    return (f"whisper_{briefing.category}",) if briefing.category else ()


def _paid(briefing: Briefing, language: str) -> tuple[str, ...]:
    """What an engineer must know of the money. A claimed account is unpaid until it is confirmed, which its own words imply."""
    match briefing.cover:
        case Cover.AGREEMENT if briefing.seconds_left is None:
            return ("whisper_covered_unlimited",)
        case Cover.AGREEMENT:
            return ("whisper_covered", *spoken.minutes_of(briefing.seconds_left or 0, language))
        case Cover.PREPAID:
            return ("whisper_prepaid", *spoken.minutes_of(briefing.seconds_left or 0, language))
        case Cover.UNPAID if not briefing.claimed:
            return ("whisper_unpaid",)
        case _:
            return ()


def no_charge_key(hotline: Hotline, phone: Phone, incident: Incident) -> None:
    """``*5``: our own trunks were at fault, or a courtesy. Asks for 1 once more; the talk goes on and costs nothing, for good."""
    if not incident.no_charge:
        if ask(phone, NO_CHARGE, silence=hotline.settings.key_seconds) != "1":
            return phone.play("not_confirmed")
        hotline.store.no_charge(incident.id)
    return phone.play("no_charge_noted")


def ending_key(hotline: Hotline, phone: Phone, incident_id: int, reason: EndReason) -> None:
    """``*1 *2 *3``: ask for 1 once more, then remember the reason and end the engineer's leg, which ends the talk.

    Without another word: the caller has music and pays for every second until then.
    """
    if ask(phone, CONFIRMATIONS[reason], silence=hotline.settings.key_seconds) != "1":
        phone.play("not_confirmed")
        return
    hotline.store.set_ending(incident_id, int(phone.get(variables.OFFER)), reason)
    phone.set(variables.DONE, "1")
    phone.hang_up()
