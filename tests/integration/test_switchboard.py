"""Ringing, limiting and ending legs through a fake manager, and what a gap in its news means."""

from datetime import datetime

import pytest

from ivr.embedded.polling import wait_until
from ivr.errors import SwitchboardDown
from ivr.model.offer import Offer, OfferEnd
from ivr.switchboard import Switchboard
from tests.integration.fake_asterisk import FakeManager, settings

OFFER = Offer(7, 1001, 1, "Ann", "+15550002001", "ess-offer-7", None, None)


def test_an_engineer_is_rung_with_the_offers_own_channel_id(manager: FakeManager, switchboard: Switchboard) -> None:
    """Trunk, context, time-out and variables as the dialplan expects them."""
    ringing = switchboard.ring(OFFER, 25, "+18552528788")
    sent = next(action for action in manager.actions if action["Action"] == "Originate")
    assert sent == {
        "Action": "Originate",
        "ActionID": "ess-offer-7",
        "Channel": "PJSIP/+15550002001@trunk",
        "ChannelId": "ess-offer-7",
        "Context": "ess-engineer",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Timeout": "25000",
        "CallerID": "+18552528788",
        "Variable": "IVR_OFFER=7&IVR_INCIDENT=1001",
    }
    assert ringing.state() is None


def test_the_events_of_an_offer_reach_it(manager: FakeManager, switchboard: Switchboard) -> None:
    """From ringing to accepted."""
    ringing = switchboard.ring(OFFER, 25, "+18552528788")
    manager.event("Newchannel", Uniqueid="ess-offer-7", Channel="PJSIP/trunk-9")
    manager.event("Newstate", Uniqueid="ess-offer-7", Channel="PJSIP/trunk-9", ChannelStateDesc="Up")
    manager.event("UserEvent", Uniqueid="ess-offer-7", Channel="PJSIP/trunk-9", UserEvent="IvrAccepted", Offer="7")
    assert wait_until(lambda: ringing.state() is OfferEnd.ACCEPTED, 5)
    assert ringing.channel == "PJSIP/trunk-9"


@pytest.mark.parametrize(
    "phone",
    ["", "5550002001", "+0555000200", "+1555&PJSIP/x@trunk", "+1555000200\r\nX: y", "+1" * 20, "+\uff11\uff15550002001", "sip:x@y"],
)
def test_a_malformed_phone_is_never_dialled(phone: str, manager: FakeManager, switchboard: Switchboard) -> None:
    """The next engineer is offered instead."""
    offer = Offer(7, 1001, 1, "Ann", phone, "ess-offer-7", None, None)
    assert switchboard.ring(offer, 25, "+18552528788").state() is OfferEnd.UNREACHABLE
    assert not any(action["Action"] == "Originate" for action in manager.actions)


def test_an_originate_that_asterisk_refuses(manager: FakeManager, switchboard: Switchboard) -> None:
    """No permission, no such context: the dialplan's ladder must take over."""
    manager.replies["Originate"] = lambda _: [{"Response": "Error", "Message": "Permission denied"}]
    with pytest.raises(SwitchboardDown, match="Permission denied"):
        switchboard.ring(OFFER, 25, "+18552528788")


def test_an_engineer_who_is_not_needed_hears_why_and_a_ringing_phone_stops(manager: FakeManager, switchboard: Switchboard) -> None:
    switchboard.release("ess-offer-7", answered=True)
    switchboard.release("ess-offer-8", answered=False)
    told, stopped = manager.actions[-2:]
    assert (told["Action"], told["Channel"], told["Context"], told["Exten"]) == ("Redirect", "ess-offer-7", "ess-engineer", "told")
    assert (stopped["Action"], stopped["Channel"]) == ("Hangup", "ess-offer-8")


@pytest.mark.parametrize("channel", ["/.*/", "", "PJSIP/x\r\nAction: Originate", "a b", "x" * 200])
def test_only_a_channels_name_is_hung_up(channel: str, manager: FakeManager, switchboard: Switchboard) -> None:
    """A pattern would end every call."""
    switchboard.hang_up(channel)
    switchboard.limit(channel, 5)
    assert {action["Action"] for action in manager.actions} == {"Login"}


def test_hang_up_and_limit(manager: FakeManager, switchboard: Switchboard) -> None:
    """Also of a leg that is over: no error."""
    manager.replies["Hangup"] = lambda _: [{"Response": "Error", "Message": "No such channel"}]
    switchboard.hang_up("ess-offer-7")
    assert switchboard.limit("PJSIP/trunk-00000001", 90)
    assert {action.get("Channel") for action in manager.actions[2:]} == {"PJSIP/trunk-00000001"}
    assert [action["Timeout"] for action in manager.actions if action["Action"] == "AbsoluteTimeout"] == ["90.0"]


def test_a_limit_never_lifts_itself(manager: FakeManager, switchboard: Switchboard) -> None:
    """Asterisk takes none for an error: a talk whose time is over ends at once."""
    switchboard.limit("PJSIP/x", -3)
    assert [action["Timeout"] for action in manager.actions if action["Action"] == "AbsoluteTimeout"] == ["0.1"]


@pytest.mark.parametrize("looks", [["1764000000"], ["", "1764000000"]])
def test_a_limit_does_not_take_while_a_key_is_pressed(manager: FakeManager, switchboard: Switchboard, looks: list[str]) -> None:
    """Its script has put the limit aside, and puts the old one back: before our change or after it."""
    answers = iter(looks)
    manager.replies["Getvar"] = lambda _: [{"Response": "Success", "Variable": "IVR_SINCE", "Value": next(answers)}]
    assert not switchboard.limit("PJSIP/x", 90)


@pytest.mark.parametrize("action", ["Getvar", "AbsoluteTimeout"])
def test_a_leg_that_is_over_has_no_limit(manager: FakeManager, switchboard: Switchboard, action: str) -> None:
    """No error, and not said to have been set."""
    manager.replies[action] = lambda _: [{"Response": "Error", "Message": "No such channel"}]
    assert not switchboard.limit("PJSIP/x", 90)


def test_an_announcement_is_whispered_by_a_channel_of_its_own(manager: FakeManager, switchboard: Switchboard) -> None:
    """Into the talk of this very leg; what is no channel's name is never asked for."""
    switchboard.announce("PJSIP/trunk-00000001", "one_minute_left")
    switchboard.announce("PJSIP/x\r\nAction: Originate", "one_minute_left")
    [action] = manager.actions[1:]
    assert (action["Action"], action["Channel"]) == ("Originate", "Local/one_minute_left@ess-announce/n")
    assert (action["Context"], action["Variable"]) == ("ess-announce-to", "IVR_ANNOUNCE_TO=PJSIP/trunk-00000001")


def test_an_announcement_that_asterisk_refuses(manager: FakeManager, switchboard: Switchboard) -> None:
    manager.replies["Originate"] = lambda _: [{"Response": "Error", "Message": "Permission denied"}]
    with pytest.raises(SwitchboardDown, match="Permission denied"):
        switchboard.announce("PJSIP/x", "one_minute_left")


def test_the_channels_by_uniqueid(manager: FakeManager, switchboard: Switchboard) -> None:
    """A list is collected from its events, which no listener sees; one's own events in between do not disturb it."""
    manager.replies["Status"] = lambda _: [
        {"Response": "Success", "EventList": "start"},
        {"Event": "Status", "Uniqueid": "1.1", "Channel": "PJSIP/a", "BridgeID": "b"},
        {"Event": "Status", "Uniqueid": "ess-offer-7", "Channel": "PJSIP/b", "BridgeID": "b"},
        {"Event": "StatusComplete", "EventList": "Complete", "ListItems": "2"},
    ]
    assert {uniqueid: event["BridgeID"] for uniqueid, event in switchboard.channels().items()} == {"1.1": "b", "ess-offer-7": "b"}


def test_a_list_that_asterisk_refuses(manager: FakeManager, switchboard: Switchboard) -> None:
    """Not an empty list: that would end every talk."""
    manager.replies["Status"] = lambda _: [{"Response": "Error", "Message": "Permission denied"}]
    with pytest.raises(SwitchboardDown):
        switchboard.channels()


def test_what_rang_when_the_connection_was_cut_and_is_no_more_has_ended(
    manager: FakeManager, switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hang-up was missed, and so may an answer be: the channels are looked at."""
    monkeypatch.setattr("ivr.switchboard._CREATED", 0.0)
    gone = switchboard.ring(OFFER, 25, "+18552528788")
    stays = switchboard.ring(Offer(8, 1001, 1, "Ben", "+15550002002", "ess-offer-8", None, None), 25, "+18552528788")
    listens = switchboard.ring(Offer(9, 1001, 1, "Cleo", "+15550002003", "ess-offer-9", None, None), 25, "+18552528788")
    manager.replies["Status"] = lambda _: [
        {"Response": "Success"},
        {"Event": "Status", "Uniqueid": "ess-offer-8", "Channel": "x", "ChannelStateDesc": "Ringing"},
        {"Event": "Status", "Uniqueid": "ess-offer-9", "Channel": "y", "ChannelStateDesc": "Up"},
        {"Event": "StatusComplete", "EventList": "Complete"},
    ]
    manager.cuts()
    assert wait_until(lambda: gone.state() is OfferEnd.UNREACHABLE and listens.answered, 5)
    assert [ringing.state() for ringing in (stays, listens)] == [None, None]
    assert not stays.answered


def test_events_that_nobody_needs_are_passed_over(manager: FakeManager) -> None:
    """And those around them are not, nor is an answer."""
    heard: list[str] = []
    board = Switchboard(settings(ami_port=manager.port))
    board.listen(lambda event: heard.append(event["Event"]))
    board.start()
    assert board.wait_connected(2)
    for kind in (
        "Newchannel", "NewConnectedLine", "NewCallerid", "DialState", "Newstate", "BridgeCreate", "BridgeEnter", "HangupRequest", "Hangup",
    ):  # fmt: skip
        manager.event(kind, Uniqueid="1.1")
    assert wait_until(lambda: "Hangup" in heard, 2)
    assert heard == ["Newchannel", "Newstate", "BridgeEnter", "Hangup"]
    board.hang_up("PJSIP/x")
    board.stop()


def test_whatever_may_hide_an_accept_is_counted(manager: FakeManager, switchboard: Switchboard) -> None:
    """An accept of another process' offer, and a gap in the events: the records must be looked at. Our own accept needs no such look."""
    assert wait_until(lambda: switchboard.missed == 1, 2)  # by the login
    accepted = {"Channel": "PJSIP/trunk-9", "UserEvent": "IvrAccepted"}
    manager.event("UserEvent", Uniqueid="ess-offer-8", Offer="8", **accepted)
    assert wait_until(lambda: switchboard.missed == 2, 2)
    manager.cuts()
    assert wait_until(lambda: switchboard.missed == 3, 3)
    assert switchboard.wait_connected(3)
    ours = switchboard.ring(OFFER, 25, "+18552528788")
    manager.event("UserEvent", Uniqueid="ess-offer-7", Offer="7", **accepted)
    assert wait_until(lambda: ours.state() is OfferEnd.ACCEPTED, 2)
    assert switchboard.missed == 3


@pytest.mark.parametrize(
    ("says", "when"),
    [
        ({"CoreStartupDate": "2026-11-23", "CoreStartupTime": "09:05:01"}, datetime(2026, 11, 23, 9, 5, 1)),
        ({"CoreStartupDate": "today", "CoreStartupTime": ""}, None),
        ({"Response": "Error", "Message": "Permission denied"}, None),
    ],
)
def test_when_asterisk_was_started(manager: FakeManager, switchboard: Switchboard, says: dict[str, str], when: datetime | None) -> None:
    """In the local time of the machine; one that does not say it was not started anew."""
    manager.replies["CoreStatus"] = lambda _: [{"Response": "Success"} | says]
    assert switchboard.started() == (when.astimezone() if when else None)


def test_no_manager_at_all() -> None:
    """Actions fail at once, and it can be stopped."""
    board = Switchboard(settings(ami_port=9))
    board.start()
    with pytest.raises(SwitchboardDown):
        board.ring(OFFER, 25, "+18552528788")
    board.stop()
