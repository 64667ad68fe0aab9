"""Step 7: the keys of the talk. The talk itself is a bridge in Asterisk, which needs no script to go on."""

from ivr import channel_variables as variables
from ivr import logs, spoken
from ivr.confirm_account import verified_key
from ivr.engineer import CONFIRMATIONS, ending_key, no_charge_key
from ivr.hotline import Hotline
from ivr.model.incident import EndReason, Incident
from ivr.phone import Phone


def talk_key(hotline: Hotline, phone: Phone) -> None:
    """A key of one side, private to it (``asterisk-conf/features.conf``). Unknown names do nothing."""
    incident = hotline.store.key_pressed(int(phone.get(variables.INCIDENT)), phone.argument)
    logs.bind(incident=incident.id)
    if phone.argument == "time_left":
        phone.play(*time_left(hotline, incident, phone.language))
    elif phone.argument in CONFIRMATIONS:
        ending_key(hotline, phone, incident.id, EndReason(phone.argument))
    elif phone.argument == "verified":
        verified_key(hotline, phone, incident)
    elif phone.argument == "no_charge":
        no_charge_key(hotline, phone, incident)
    phone.set(variables.DONE, "1")


def seconds_left(hotline: Hotline, incident: Incident) -> int | None:
    """Seconds that the incident may still be talked about; None is without a limit."""
    if incident.seconds_left is None:
        return None
    return max(0, incident.seconds_left - round(hotline.store.talked_seconds(incident.id)))


def talk_seconds(hotline: Hotline, incident: Incident) -> int | None:
    """How long the next talk may last, its grace included; None is without a limit. A grace that was used is not given again."""
    if incident.seconds_left is None:
        return None
    return max(0, incident.seconds_left + hotline.settings.grace_seconds - round(hotline.store.talked_seconds(incident.id)))


def time_left(hotline: Hotline, incident: Incident, language: str) -> tuple[str, ...]:
    """The sounds that say how much time is left, in the ``language`` of who asked."""
    left = seconds_left(hotline, incident)
    if left is None:
        return ("time_unlimited",)
    if not left:
        return ("time_is_up",)
    return ("time_left", *spoken.minutes_of(left, language), "minutes_left_after")
