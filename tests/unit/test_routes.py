"""One phone by several routes: the next where nothing rang, never where somebody was reached."""

from dataclasses import dataclass, field

import pytest

from ivr import routes as routes_module
from ivr.model.offer import OfferEnd
from ivr.ringing import Ringing
from ivr.routes import RoutedRinging, Routes
from tests.unit.test_ringing import NEW, OFFER, RINGING, UP, hangup

DIALS = ("PJSIP/+15550002001@trunk", "PJSIP/+15550002001@trunk2")


@dataclass
class Bell:
    """Rings, and remembers by what."""

    rung: list[str] = field(default_factory=list)
    ringings: list[Ringing] = field(default_factory=list)

    def ring(self, dial: str, tried: int) -> Ringing:
        self.rung.append(dial)
        self.ringings.append(Ringing(OFFER, ring_seconds=20, patience=30, tried=tried))
        return self.ringings[-1]

    def hears(self, *events: dict[str, str]) -> None:
        for event in events:
            self.ringings[-1].hear(event)


@pytest.mark.parametrize("cause", [1, 3, 18, 21, 27, 34, 38])
def test_where_nothing_rang_the_next_route_is_tried(cause: int) -> None:
    """Congestion, no answer to SIP, a refusal (403 is 21, as a person's is): the carrier's fault until something rings."""
    bell = Bell()
    phone = RoutedRinging(DIALS, Routes(), bell.ring)
    bell.hears(NEW, hangup(cause))
    assert phone.state() is None
    bell.hears(NEW, RINGING)
    assert phone.state() is None
    bell.hears(UP)
    assert (phone.answered, phone.channel, bell.rung) == (True, "PJSIP/trunk-1", list(DIALS))


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ((NEW, hangup(17)), OfferEnd.BUSY),
        ((NEW, RINGING, hangup(21)), OfferEnd.DECLINED),
        ((NEW, RINGING, hangup(34)), OfferEnd.UNREACHABLE),
        ((NEW, RINGING, hangup(19)), OfferEnd.NO_ANSWER),
        ((NEW, UP, hangup(16)), OfferEnd.NOT_ACCEPTED),
    ],
)
def test_who_was_reached_is_not_rung_by_another_route(events: tuple[dict[str, str], ...], end: OfferEnd) -> None:
    bell = Bell()
    phone = RoutedRinging(DIALS, Routes(), bell.ring)
    bell.hears(*events)
    assert (phone.state(), bell.rung) == (end, [DIALS[0]])


def test_after_the_last_route_the_phone_is_unreachable() -> None:
    bell = Bell()
    phone = RoutedRinging(DIALS, Routes(), bell.ring)
    for _ in DIALS:
        bell.hears(NEW, hangup(34))
        state = phone.state()
    assert (state, bell.rung) == (OfferEnd.UNREACHABLE, list(DIALS))


def test_news_of_the_first_route_do_not_end_the_second() -> None:
    """An originate's own report comes after its leg's hang-up."""
    bell = Bell()
    phone = RoutedRinging(DIALS, Routes(), bell.ring)
    bell.hears(NEW, hangup(34))
    assert phone.state() is None
    bell.hears({"Event": "OriginateResponse", "ActionID": OFFER.uniqueid, "Response": "Failure", "Reason": "0"})
    assert phone.state() is None
    bell.hears({"Event": "OriginateResponse", "ActionID": f"{OFFER.uniqueid}-route1", "Response": "Failure", "Reason": "0"})
    assert phone.state() is OfferEnd.UNREACHABLE


def test_a_route_that_failed_is_tried_last_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the calls that follow; a registered phone that is off says nothing about another's."""
    now = 1000.0
    monkeypatch.setattr(routes_module, "monotonic", lambda: now)
    routes = Routes()
    routes.failed(DIALS[0])
    routes.failed("PJSIP/phone-15550002001")
    others = ("PJSIP/phone-15550002009", "PJSIP/+15550002009@trunk", "PJSIP/+15550002009@trunk2")
    assert routes.in_order(others) == [others[0], others[2], others[1]]
    now += routes_module.LAST_FOR
    assert routes.in_order(others) == list(others)


def test_a_route_that_fails_as_the_last_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks again at an offer that is over changes nothing."""
    bell, routes = Bell(), Routes()
    phone = RoutedRinging(DIALS[:1], routes, bell.ring)
    bell.hears(NEW, hangup(34))
    assert phone.state() is phone.state() is OfferEnd.UNREACHABLE
    assert bell.rung == [DIALS[0]]
