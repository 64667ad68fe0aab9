"""What Asterisk's events make of an offer. The event sequences are recorded from Asterisk 22 with a second one as the network."""

from collections.abc import Sequence

import pytest

from ivr import ringing as ringing_module
from ivr.model.offer import Offer, OfferEnd
from ivr.ringing import Ringing

OFFER = Offer(7, 1001, 1, "Ann", "+15550002001", "ess-offer-7", None, None)
Event = dict[str, str]


def channel_event(kind: str, **headers: str) -> Event:
    """An event of the offer's channel."""
    return {"Event": kind, "Uniqueid": "ess-offer-7", "Channel": "PJSIP/trunk-1", **headers}


NEW = channel_event("Newchannel", ChannelStateDesc="Down")
RINGING = channel_event("Newstate", ChannelStateDesc="Ringing")
UP = channel_event("Newstate", ChannelStateDesc="Up")
ACCEPTED = channel_event("UserEvent", UserEvent="IvrAccepted", Offer="7")


def hangup(cause: int) -> Event:
    """The channel's end."""
    return channel_event("Hangup", Cause=str(cause))


def failure(reason: int) -> Event:
    """The originate's own report; it comes before or after the hang-up."""
    return {
        "Event": "OriginateResponse",
        "ActionID": "ess-offer-7",
        "Response": "Failure",
        "Reason": str(reason),
        "Uniqueid": "ess-offer-7",
    }


def after(*events: Event) -> Ringing:
    """The offer after these events."""
    ringing = Ringing(OFFER, ring_seconds=20, patience=30)
    for event in events:
        ringing.hear(event)
    return ringing


@pytest.mark.parametrize(
    ("events", "end"),
    [
        ([], None),
        ([NEW, RINGING], None),
        ([NEW, RINGING, UP], None),
        ([NEW, hangup(17), failure(0)], OfferEnd.BUSY),
        ([NEW, failure(0), hangup(17)], OfferEnd.BUSY),
        ([NEW, RINGING, failure(0), hangup(21)], OfferEnd.DECLINED),
        ([NEW, RINGING, failure(3), hangup(19)], OfferEnd.NO_ANSWER),
        ([NEW, RINGING, failure(3), hangup(16)], OfferEnd.NO_ANSWER),
        ([NEW, failure(0), hangup(19)], OfferEnd.UNREACHABLE),
        *[([NEW, failure(0), hangup(cause)], OfferEnd.UNREACHABLE) for cause in (0, 1, 3, 20, 27, 34, 38, 41, 42, 127)],
        ([failure(0)], OfferEnd.UNREACHABLE),
        ([failure(5)], OfferEnd.BUSY),
        ([NEW, UP, hangup(16)], OfferEnd.NOT_ACCEPTED),
        ([NEW, RINGING, UP, hangup(17)], OfferEnd.NOT_ACCEPTED),
        ([NEW, RINGING, UP, ACCEPTED], OfferEnd.ACCEPTED),
        ([NEW, RINGING, UP, ACCEPTED, hangup(16)], OfferEnd.ACCEPTED),
        ([NEW, UP, ACCEPTED | {"Offer": "8"}], None),
        ([NEW, UP, ACCEPTED | {"Uniqueid": "1700000000.1"}], None),
        ([NEW, UP, ACCEPTED | {"UserEvent": "Other"}], None),
        ([NEW, hangup(17) | {"Uniqueid": "ess-offer-8"}], None),
        ([failure(0) | {"ActionID": "another"}], None),
    ],
)
def test_how_an_offer_ended(events: Sequence[Event], end: OfferEnd | None) -> None:
    """Busy, declined, rung out, unreachable, not accepted and accepted are told apart; other channels' events are passed over."""
    assert after(*events).state() is end


def test_the_channel_is_known_once_it_is_made() -> None:
    """For bridging and hanging up."""
    assert after().channel is None
    assert after(NEW).channel == "PJSIP/trunk-1"


def test_a_hang_up_that_is_never_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure's own reason counts after a second; without any event the ring's seconds bound it."""
    now = [100.0]
    monkeypatch.setattr(ringing_module, "monotonic", lambda: now[0])
    failed, silent, answered = after(NEW, RINGING, failure(3)), after(NEW, RINGING), after(NEW, UP)
    now[0] += 1.1
    assert [failed.state(), silent.state(), answered.state()] == [OfferEnd.NO_ANSWER, None, None]
    now[0] += 21
    assert [silent.state(), answered.state(), answered.slow] == [OfferEnd.NO_ANSWER, None, False]
    now[0] += 10
    assert [answered.state(), answered.slow] == [None, True]
    now[0] += 120
    assert answered.state() is OfferEnd.NOT_ACCEPTED
