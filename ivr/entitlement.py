"""Step 4: who pays for this call. Our own trunks' outages are free, an agreement may cover it, or it is to be prepaid."""

from typing import Final

from ivr import spoken
from ivr.category import trunks_are_down
from ivr.hotline import Hotline
from ivr.model.customer import Coverage, Customer
from ivr.model.incident import Consent, Cover, Incident
from ivr.periods import ENOUGH_SECONDS
from ivr.phone import Phone

_LOOKS: Final = 3
"""How often another agreement is looked for when somebody else was quicker."""


def entitlement(hotline: Hotline, phone: Phone, incident: Incident, customer: Customer | None) -> Cover | None:
    """Decide who pays, record it and tell the caller; None when the call is to be prepaid.

    Who has not consented is never asked for money, and who gave an account's number without its PIN may be its customer:
    the engineer finds out, and an administrator reviews it.
    """
    if incident.cover is not None:
        return incident.cover
    if customer is not None and trunks_are_down(hotline, phone, incident, customer):
        return _decided(hotline, phone, incident, Cover.TRUNKS, "trunks_free")
    if customer is not None and (coverage := reserved(hotline, incident, customer)) is not None:
        phone.play_until_key("covered", *_left(coverage, phone.language))
        return Cover.AGREEMENT
    if incident.consent is not Consent.GIVEN:
        return _decided(hotline, phone, incident, Cover.UNPAID)
    if incident.claimed_id is not None:
        return _decided(hotline, phone, incident, Cover.UNPAID, "unverified_terms")
    if customer is not None and (why := hotline.store.why_not_covered(customer.id)) is not None:
        phone.play_until_key(why)
    return None


def reserved(hotline: Hotline, incident: Incident, customer: Customer) -> Coverage | None:
    """Cover the incident by the customer's best agreement and reserve minutes of it: the agreement with what is left of it for this
    caller, more than is reserved at once perhaps; None when no agreement has enough left."""
    for _ in range(_LOOKS):
        coverage = hotline.store.coverage(customer.id)
        if coverage is None or (coverage.seconds_left is not None and coverage.seconds_left < ENOUGH_SECONDS):
            return None
        granted = hotline.store.reserve(incident.id, coverage)
        if granted is None or coverage.seconds_left is None:
            return coverage
        if granted:
            others = granted < min(coverage.seconds_left, hotline.settings.reserve_minutes * 60)  # took some meanwhile
            return Coverage(coverage.agreement_id, granted) if others else coverage
    return None


def _decided(hotline: Hotline, phone: Phone, incident: Incident, cover: Cover, *sounds: str) -> Cover:
    hotline.store.covered(incident.id, cover)
    phone.play_until_key(*sounds)
    return cover


def _left(coverage: Coverage, language: str) -> tuple[str, ...]:
    if coverage.seconds_left is None:
        return ("unlimited",)
    return ("minutes_left_before", *spoken.minutes_of(coverage.seconds_left, language), "minutes_left_after")
