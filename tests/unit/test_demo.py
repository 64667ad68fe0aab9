"""The demo may only say that all went well when it did."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from ivr.embedded.demo import wrong
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Charge, Hold, HoldStatus, Rate
from ivr.model.offer import OfferEnd
from ivr.model.report import Event, IncidentReport, IncidentSummary

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATE = Rate(1, 250, 15, 1, "USD", (15, 30, 60), 825)
HOLD = Hold(uuid4(), 1001, 30, 8119, "USD", HoldStatus.CAPTURED, "pi_1", 4059, 1, "visa ****4242", NOW)


def _offer(end: OfferEnd) -> Event:
    return Event(NOW, "offer_ended", {"end": str(end)})


def _report(hold: Hold = HOLD, cents: int = 4059, talked: float = 39.7, ends: tuple[OfferEnd, ...] = ()) -> IncidentReport:
    """What the records say of a demo that went well, but for what is given."""
    summary = IncidentSummary(
        1001, NOW, NOW, IncidentStatus.ENDED, EndReason.RESOLVED, "1044", "Northgate Realty", "+15555550177", "Ben", talked
    )  # fmt: skip
    held = Event(NOW, "hold_held", {"amount_cents": hold.amount_cents})
    offers = ends or (OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED)
    charge = Charge(int(talked), 15, cents, 309)
    return IncidentReport(
        summary, Consent.GIVEN, "pin", Cover.PREPAID, 1800, (held, *map(_offer, offers)), holds=(hold,), charge=charge, currency="USD"
    )  # fmt: skip


def test_a_demo_that_went_well_has_nothing_wrong() -> None:
    """Half an hour held, the minimum captured, the voicemail passed over, both heard."""
    assert wrong(_report(), RATE, two_way=True) == ""


@pytest.mark.parametrize(
    ("report", "complaint"),
    [
        (_report(ends=(OfferEnd.ACCEPTED,)), "offers"),
        (_report(talked=12.0), "shorter"),
        (_report(hold=replace(HOLD, status=HoldStatus.SETTLING)), "not settled"),
        (_report(hold=replace(HOLD, capture_cents=4058)), "money"),
        (_report(hold=replace(HOLD, capture_cents=8119), cents=8119), "money"),
        (_report(hold=replace(HOLD, status=HoldStatus.RELEASED, capture_cents=0)), "money"),
    ],
)
def test_whatever_is_not_as_it_should_be_is_said(report: IncidentReport, complaint: str) -> None:
    """The voicemail took it, a free talk, an unsettled hold, another sum, all of it, nothing of it."""
    assert complaint in wrong(report, RATE, two_way=True)


def test_one_way_sound_is_wrong() -> None:
    """Whatever the money is."""
    assert "hear" in wrong(_report(), RATE, two_way=False)
