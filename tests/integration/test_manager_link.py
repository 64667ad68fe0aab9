"""The connection to Asterisk's manager: cut, silent, slow, refusing, hostile."""

import time
from collections.abc import Mapping

import pytest

from ivr import manager_link
from ivr.embedded.polling import wait_until
from ivr.errors import SwitchboardDown
from ivr.manager_wire import parse, serialise
from ivr.switchboard import Switchboard
from tests.integration.fake_asterisk import FakeManager, settings


def test_events_come_in_order_and_a_failing_listener_stops_nothing(manager: FakeManager) -> None:
    """Neither the other listeners nor the next events."""
    heard: list[str] = []
    board = Switchboard(settings(ami_port=manager.port))

    def fail(_: Mapping[str, str]) -> None:
        raise ValueError

    board.listen(fail)
    board.listen(lambda event: heard.append(event["N"]))
    board.start()
    assert board.wait_connected(3)
    for number in range(500):
        manager.event("Newstate", N=str(number))
    assert wait_until(lambda: len(heard) == 500, 5)
    assert heard == [str(number) for number in range(500)]
    board.stop()


def test_an_action_asked_by_a_listener_is_a_mistake_and_not_a_deadlock(manager: FakeManager) -> None:
    """It would wait for the very thread that it blocks."""
    raised: list[str] = []
    board = Switchboard(settings(ami_port=manager.port))

    def ask(_: Mapping[str, str]) -> None:
        try:
            board.hang_up("PJSIP/x")
        except RuntimeError as error:
            raised.append(str(error))

    board.listen(ask)
    board.start()
    assert board.wait_connected(3)
    manager.event("Newstate")
    assert wait_until(lambda: bool(raised), 5)
    board.stop()


def test_an_action_without_an_answer_ends_at_its_deadline(manager: FakeManager, switchboard: Switchboard) -> None:
    """And the late answer confuses nobody."""
    manager.replies["Hangup"] = lambda _: []
    began = time.monotonic()
    with pytest.raises(SwitchboardDown):
        switchboard.hang_up("PJSIP/x")
    assert time.monotonic() - began < 1.0
    manager.sends({"Response": "Error", "ActionID": manager.actions[-1]["ActionID"]})
    switchboard.limit("PJSIP/x", 5)


def test_a_cut_connection_is_made_again_within_a_second(manager: FakeManager, switchboard: Switchboard) -> None:
    """Actions fail at once meanwhile."""
    manager.cuts()
    assert wait_until(lambda: not switchboard.connected, 5)
    with pytest.raises(SwitchboardDown):
        switchboard.hang_up("PJSIP/x")
    assert switchboard.wait_connected(1.0)
    assert manager.logins == 2
    switchboard.hang_up("PJSIP/x")


def test_a_silent_manager_is_noticed(manager: FakeManager, switchboard: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is pinged; without any answer the connection is taken for dead."""
    monkeypatch.setattr(manager_link, "QUIET", 1)
    assert wait_until(lambda: any(action["Action"] == "Ping" for action in manager.actions), 3)
    assert switchboard.connected
    manager.mute = True
    assert wait_until(lambda: not switchboard.connected, 4)
    manager.mute = False
    assert switchboard.wait_connected(4)


def test_a_refused_login_is_tried_again_and_said(manager: FakeManager, caplog: pytest.LogCaptureFixture) -> None:
    """Without the secret in the log."""
    manager.replies["Login"] = lambda _: [{"Response": "Error", "Message": "Authentication failed"}]
    board = Switchboard(settings(ami_port=manager.port, ami_secret="hush-hush"))
    board.start()
    assert wait_until(lambda: manager.logins > 1, 5)
    assert not board.connected
    del manager.replies["Login"]
    assert board.wait_connected(3)
    board.stop()
    assert "refused the login of ivr: Authentication failed" in caplog.text
    assert "hush-hush" not in caplog.text


def test_garbage_ends_the_connection_and_not_the_program(manager: FakeManager, switchboard: Switchboard) -> None:
    """A message without end, bytes that are no text, a ChanVariable (which kills pyst2's reader)."""
    manager.raw(b"\xff\xfe\x00 no colon\r\n\r\nEvent\r\n\r\n: \r\n\r\n")
    manager.event("Newstate", **{"ChanVariable(PJSIP/x)": "a=b"})
    switchboard.hang_up("PJSIP/x")
    manager.raw(b"x" * 1_100_000)
    assert wait_until(lambda: manager.logins == 2, 5)
    assert switchboard.wait_connected(3)


def test_the_first_of_equal_headers_counts() -> None:
    """A caller ID with line breaks can't overwrite what stands before it."""
    assert parse("Event: Newchannel\r\nCallerIDNum: +1555\r\nEvent: UserEvent\r\nno header") == {
        "Event": "Newchannel",
        "CallerIDNum": "+1555",
    }


@pytest.mark.parametrize("value", ["a\r\nAction: Originate", "a\nb", "a\x00b", "a\rb"])
def test_a_value_with_a_line_break_is_refused(value: str) -> None:
    """It would be another action."""
    with pytest.raises(ValueError, match="control characters"):
        serialise({"Action": "Hangup", "Channel": value})
