"""Step 4: who pays for this call. Our own trunks' outages are free, an agreement may cover it, or it is to be prepaid."""

from typing import Final

from ivr import spoken
from ivr.category import trunks_are_down
from ivr.hotline import Hotline
from ivr.identify import Unrecognised
from ivr.model import Consent, Cover, Coverage, Customer, Incident
from ivr.phone import Phone

_ENOUGH: Final = 60
"""Seconds under an agreement that are worth beginning with; nobody is cut off in the first sentence."""


def entitlement(hotline: Hotline, phone: Phone, incident: Incident, customer: Customer | None) -> Cover | None:
    """Decide who pays, record it and tell the caller; None when the call is to be prepaid.

    Who has not consented is never asked for money, and who gave an account's number without its PIN may be its customer:
    the engineer finds out, and an administrator reviews it.
    """
    if incident.cover is not None:
        return incident.cover
    if customer is not None and trunks_are_down(hotline, phone, customer):
        return _decided(hotline, phone, incident, Cover.TRUNKS, "trunks_free")
    coverage = hotline.store.coverage(customer.id) if customer is not None else None
    if coverage is not None and (coverage.seconds_left is None or coverage.seconds_left >= _ENOUGH):
        return _decided(hotline, phone, incident, Cover.AGREEMENT, "covered", *_left(coverage), coverage=coverage)
    if incident.consent is not Consent.GIVEN:
        return _decided(hotline, phone, incident, Cover.UNPAID)
    if incident.identified_how == Unrecognised.WRONG_PIN:
        return _decided(hotline, phone, incident, Cover.UNPAID, "unverified_terms")
    return None


def _decided(hotline: Hotline, phone: Phone, incident: Incident, cover: Cover, *sounds: str, coverage: Coverage | None = None) -> Cover:
    hotline.store.covered(incident.id, cover, coverage)
    phone.play_until_key(*sounds)
    return cover


def _left(coverage: Coverage) -> tuple[str, ...]:
    if coverage.seconds_left is None:
        return ("unlimited",)
    return ("minutes_left_before", *spoken.minutes_of(coverage.seconds_left), "minutes_left_after")
