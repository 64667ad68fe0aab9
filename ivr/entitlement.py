"""Step 4: does an agreement cover this call, and for how long."""

from ivr import spoken
from ivr.hotline import Hotline
from ivr.model import Cover, Coverage, Incident
from ivr.phone import Phone


def entitlement(hotline: Hotline, phone: Phone, incident: Incident, customer_id: int | None) -> Cover:
    """Decide who pays, record it and tell the caller.

    Without a valid agreement the caller is connected all the same and told that the emergency rate applies: the
    incident is marked unpaid for an administrator to review (design, money rule 7, ``connect_unpaid``).
    """
    if incident.cover is not None:
        return incident.cover
    coverage = hotline.store.coverage(customer_id) if customer_id is not None else None
    if coverage is None or coverage.seconds_left == 0:
        hotline.store.covered(incident.id, Cover.UNPAID, None)
        phone.play_until_key("unpaid_terms")
        return Cover.UNPAID
    hotline.store.covered(incident.id, Cover.AGREEMENT, coverage)
    phone.play_until_key("covered", *_left(coverage))
    return Cover.AGREEMENT


def _left(coverage: Coverage) -> tuple[str, ...]:
    if coverage.seconds_left is None:
        return ("unlimited",)
    return ("minutes_left_before", *spoken.minutes_of(coverage.seconds_left), "minutes_left_after")
