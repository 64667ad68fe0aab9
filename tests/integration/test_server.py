"""The FastAGI server against whatever connects to it (trials, bad input 9)."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

import pytest

from ivr import agi_line
from ivr.errors import CallerGone, SetupError
from ivr.phone import Phone
from ivr.server import Handler, Server

from .fake_asterisk import FakeCall, settings

HOST = "127.0.0.1"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(handlers: dict[str, Handler], **changes: object) -> Iterator[tuple[Server, Callable[[], FakeCall]]]:
    """A server that runs, and a function that connects to it."""
    port = free_port()
    server = Server(settings(agi_port=port, **changes), handlers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with ExitStack() as stack:

        def connect() -> FakeCall:
            return FakeCall(stack.enter_context(socket.create_connection((HOST, port), timeout=5)))

        yield server, connect
    server.drain(2)
    thread.join(2)
    assert not thread.is_alive()


def is_closed(call: FakeCall, seconds: float = 5.0) -> bool:
    """Whether the server closes this connection within so many seconds."""
    call.connection.settimeout(seconds)
    try:
        while call.connection.recv(4096):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def test_a_script_runs_by_its_name() -> None:
    """Each script its own function, with its leg."""
    seen: list[str] = []
    with serving({"call": lambda phone: seen.append(f"call {phone.channel}"), "key": lambda phone: seen.append(phone.argument)}) as (
        _,
        connect,
    ):
        assert is_closed(connect().sends_environment())
        assert is_closed(connect().sends_environment(agi_network_script="key", agi_arg_1="resolved"))
    assert seen == ["call PJSIP/trunk-00000001", "resolved"]


@pytest.mark.parametrize("script", ["../call", "call/../key", "call?x=1", "/call", "Call", "", "__init__", "x" * 3000, "call\u202e"])
def test_an_unknown_script_is_closed_with_a_line_in_the_log(script: str, caplog: pytest.LogCaptureFixture) -> None:
    """Only exact names; nothing of a path is understood."""
    with serving({"call": lambda _: pytest.fail("ran")}) as (_, connect):
        assert is_closed(connect().sends_environment(agi_network_script=script))
    assert "no script" in caplog.text


@pytest.mark.parametrize("error", [ValueError("typed 4711"), KeyError("4711"), ZeroDivisionError(), TimeoutError("4711")])
def test_a_script_that_fails_closes_its_connection(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """The dialplan then takes the caller. The log says what and where, and never quotes what may have been typed."""

    def fail(_: Phone) -> None:
        raise error

    with serving({"call": fail}) as (server, connect):
        assert is_closed(connect().sends_environment())
        assert server.drain(2)
    assert type(error).__name__ in caplog.text
    assert "test_server.py" in caplog.text
    assert "4711" not in caplog.text


def test_hanging_up_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A normal ending leaves no line in the log."""

    def gone(_: Phone) -> None:
        raise CallerGone

    caplog.set_level(logging.WARNING)
    with serving({"call": gone}) as (_, connect):
        assert is_closed(connect().sends_environment())
    assert caplog.text == ""


def test_connect_and_silence_is_closed_and_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that never says who it is does not hold anything up."""
    monkeypatch.setattr(agi_line, "ENVIRONMENT_SECONDS", 0.5)
    with serving({"call": lambda _: None}) as (_, connect):
        silent = [connect() for _ in range(50)]
        began = time.monotonic()
        assert is_closed(connect().sends_environment())
        assert time.monotonic() - began < 0.4
        assert all(is_closed(call, 2.0) for call in silent)


def test_connect_and_close() -> None:
    """A port scan leaves nothing behind."""
    with serving({"call": lambda _: None}) as (server, connect):
        for _ in range(100):
            connect().leaves()
        assert is_closed(connect().sends_environment())
        assert server.drain(2)
        assert server.running == 0


def test_2000_connections_beyond_the_limit_are_closed_at_once() -> None:
    """Those within it are served; the dialplan goes on with the others without waiting."""
    release = Event()

    def script(_: Phone) -> None:
        release.wait(20)

    with serving({"call": script}, agi_connections=100) as (server, connect):
        calls = [connect().sends_environment() for _ in range(2000)]
        closed = sum(is_closed(call, 5.0) for call in calls[100:])
        assert closed == 1900
        assert server.running == 100
        release.set()
        assert all(is_closed(call) for call in calls[:100])


def test_a_megabyte_of_environment_is_refused_at_once() -> None:
    """It is not even read to the end."""
    with serving({"call": lambda _: pytest.fail("ran")}) as (_, connect):
        call = connect()
        Thread(target=call.sends, args=(b"agi_x: " + b"x" * 1_000_000,), daemon=True).start()
        began = time.monotonic()
        assert is_closed(call)
        assert time.monotonic() - began < 2.0


def test_draining_sends_new_calls_elsewhere_and_serves_those_in_progress() -> None:
    """A new call is closed at once; the script of a call in progress finishes, and so does its engineer's, which began later."""
    started, release, finished, rung = Event(), Event(), Event(), Event()

    def script(_: Phone) -> None:
        started.set()
        release.wait(10)
        finished.set()

    with serving({"call": script, "engineer": lambda _: rung.set()}) as (server, connect):
        connect().sends_environment()
        assert started.wait(5)
        drained = Thread(target=server.drain, args=(10,))
        drained.start()
        newcomer = connect()
        newcomer.sends_environment()
        assert is_closed(newcomer)
        connect().sends_environment(agi_network_script="engineer")
        assert rung.wait(5)
        release.set()
        drained.join(5)
        assert finished.is_set()
        with pytest.raises(ConnectionRefusedError):
            connect()


def test_scripts_that_do_not_end_are_left_behind() -> None:
    """The drain has its limit."""
    started, release = Event(), Event()

    def script(_: Phone) -> None:
        started.set()
        release.wait(10)

    with serving({"call": script}) as (server, connect):
        connect().sends_environment()
        assert started.wait(5)
        assert server.drain(0.1) is False
        release.set()


def test_a_port_that_is_taken_is_one_clear_sentence() -> None:
    """What happened, what it means, what to do."""
    with socket.create_server((HOST, 0)) as taken, pytest.raises(SetupError, match=r"cannot listen on 127.0.0.1:\d+.*IVR_AGI_PORT"):
        Server(settings(agi_port=taken.getsockname()[1]), {})
