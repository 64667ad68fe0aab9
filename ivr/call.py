"""THE FLOW. The whole call on one screen: four short scripts and a hang-up, each able to run in another process than the last.

Asterisk's dialplan (``dialplan/ess.conf``) runs ``call``, bridges the engineer whom it found, then runs ``ending``.
A step that was already decided (its answer is in the records) is not asked again, so any script can be run anew.
"""

from typing import Final

from ivr import channel_variables as variables
from ivr.category import TRUNKS
from ivr.connect import connect, hand_over
from ivr.conversation import seconds_left, talk_key
from ivr.disclosure import DISCLOSURE_MENU, disclosure
from ivr.ending import ENGINEER_LEFT, goodbye, hung_up_on_purpose, why_over
from ivr.engineer import CONFIRMATIONS, WHISPER, whisper
from ivr.entitlement import entitlement
from ivr.hotline import Hotline
from ivr.identify import ACCOUNT, ACCOUNT_FROM_PHONE, PIN, identify
from ivr.keypad_card import FIELDS
from ivr.model import Consent, EndReason, Incident, IncidentStatus, LegOver
from ivr.payment import BLOCK, CONFIRM, payment
from ivr.phone import Phone
from ivr.questions import Entry, Menu

QUESTIONS: Final[tuple[Menu | Entry, ...]] = (
    DISCLOSURE_MENU, ACCOUNT_FROM_PHONE, ACCOUNT, PIN, TRUNKS, BLOCK, *FIELDS, CONFIRM, WHISPER, *CONFIRMATIONS.values(), ENGINEER_LEFT,
)  # fmt: skip
"""Everything that the flow asks. Each needs scenarios for silence and for a wrong key, or the tests fail."""


def call(hotline: Hotline, phone: Phone) -> None:
    """From the digit 9 until an engineer has accepted."""
    phone.get(variables.ACCEPTED)  # raises CallerGone: a process that was stopped for a while finds callers who have left long ago
    incident = hotline.store.begin_call(channel=phone.channel, uniqueid=phone.uniqueid, caller_id=phone.caller_id)
    phone.set(variables.INCIDENT, str(incident.id))
    if (accepted := hotline.store.accepted_offer(incident.id)) is not None:  # the last script died right after the accept
        return hand_over(phone, accepted, seconds_left(hotline, incident))
    if disclosure(hotline, phone, incident) is Consent.REFUSED:
        return goodbye(hotline, phone, incident, EndReason.REFUSED)
    customer = identify(hotline, phone, incident)
    incident = hotline.store.incident(incident.id)  # with what was just answered
    cover = entitlement(hotline, phone, incident, customer) or payment(hotline, phone, incident)
    if cover is None:
        return goodbye(hotline, phone, incident, EndReason.PAYMENT_FAILED)
    return find_engineer(hotline, phone, incident.id, otherwise=EndReason.NO_ENGINEER)


def find_engineer(hotline: Hotline, phone: Phone, incident_id: int, *, otherwise: EndReason, first_engineer: int | None = None) -> None:
    """Ring engineers and hand the caller over to the first who accepts; ``otherwise`` is why it ends when nobody does."""
    incident = hotline.store.incident(incident_id)
    offer = connect(hotline, phone, incident, first_engineer=first_engineer)
    if offer is None:
        return goodbye(hotline, phone, incident, otherwise)
    return hand_over(phone, offer, seconds_left(hotline, incident))


def engineer(hotline: Hotline, phone: Phone) -> None:
    """An engineer's phone was answered."""
    whisper(hotline, phone)


def key(hotline: Hotline, phone: Phone) -> None:
    """Somebody pressed a key of theirs in the talk."""
    talk_key(hotline, phone)


def ending(hotline: Hotline, phone: Phone) -> None:
    """The talk is over and the caller is still there: say goodbye, or find the engineer again."""
    incident = hotline.store.incident(int(phone.get(variables.INCIDENT)))
    lost = hotline.store.accepted_offer(incident.id)
    reason = why_over(hotline, phone, incident)
    if reason is not None:
        return goodbye(hotline, phone, incident, reason)
    dropped = not hung_up_on_purpose(phone)
    hotline.store.engineer_lost(incident.id, dropped=dropped)  # before a word is said: who gives up now was left by us
    if dropped:
        phone.play_until_key("reconnecting")
    return find_engineer(hotline, phone, incident.id, otherwise=EndReason.ENGINEER_LOST, first_engineer=lost.engineer_id if lost else None)


def hungup(hotline: Hotline, leg: LegOver) -> None:
    """A leg is over. The caller's own ends the incident, unless the flow already did. No script: nobody is there to hear one."""
    store = hotline.store
    if leg.failsafe:  # no script could serve this caller: what is known of the call is written now
        incident = store.begin_call(channel=leg.channel, uniqueid=leg.uniqueid, caller_id=leg.caller_id)
        store.note_once(incident.id, f"failsafe {leg.uniqueid}", "failsafe", outcome=leg.failsafe)
    store.end_leg(leg.uniqueid, leg.cause)
    if (caller := store.incident_of_caller(leg.uniqueid)) is not None:
        store.end_incident(caller.id, store.ending(caller.id) or _left_at(hotline, caller, leg.failsafe))


def _left_at(hotline: Hotline, incident: Incident, failsafe: str) -> EndReason:
    """Why an incident is over whose caller hung up, or was last with the failsafe phones."""
    if incident.status is IncidentStatus.TALKING or failsafe == "answered":
        return EndReason.CALLER_STOPPED
    if failsafe == "nobody":
        return EndReason.NO_ENGINEER
    account = hotline.store.account(incident.id)
    if account.lost:
        return EndReason.ENGINEER_LOST
    return EndReason.CALLER_STOPPED if account.accepted else EndReason.ABANDONED


SCRIPTS: Final = {"call": call, "engineer": engineer, "key": key, "ending": ending}
