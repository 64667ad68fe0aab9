"""One leg against everything that Asterisk can answer (trials, bad inputs 1, 9 and 10), over a real socket."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import pytest

from ivr import agi_line, agi_session, prompts
from ivr.errors import AsteriskFault, CallerGone
from ivr.phone import Phone

from .fake_asterisk import FakeCall, session, settings, tcp_pair

SOUND = "main_menu"
EMPTY_STREAM = "200 result=0 endpos=800"
GET = "200 result=0"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agi_session, "_MARGIN", 0.3)
    monkeypatch.setattr(agi_line, "ENVIRONMENT_SECONDS", 0.5)
    monkeypatch.setattr(prompts, "seconds", lambda *_: 0.2)
    monkeypatch.setattr(prompts, "sound", lambda name: f"ivr/{name}")


def test_the_environment_says_which_leg_and_what_to_do() -> None:
    """Script, argument, channel, uniqueid and caller ID."""
    with session(agi_network_script="key", agi_arg_1="time_left") as (ours, _):
        phone = Phone(ours, settings())
    assert (phone.script, phone.argument) == ("key", "time_left")
    assert (phone.channel, phone.uniqueid, phone.caller_id) == ("PJSIP/trunk-00000001", "1700000000.1", "+15550001111")


@pytest.mark.parametrize(
    "environment",
    [
        b"agi_channel\nagi_uniqueid: 1\n\n",
        b"x" * 1_000_000,
        b"agi_channel: " + b"x" * 1_000_000 + b"\n\n",
        b"agi_line: x\n" * 1_000,
        b"".join(b"agi_%d: %s\n" % (n, b"x" * 4000) for n in range(50)),
        b"\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"agi_channel: x\n",
        b"",
        b"\xff\xfe\x00\n\n",
    ],
    ids=["no-colon", "1MB-no-newline", "1MB-line", "too-many-lines", "too-much", "empty", "http", "unfinished", "silence", "binary"],
)
def test_an_environment_that_is_none_is_refused_in_time(environment: bytes) -> None:
    """Too long, never ending, without a colon, or nothing at all: an AsteriskFault within the deadline."""
    with tcp_pair() as (ours, theirs):
        theirs.setblocking(False)
        with suppress(BlockingIOError):
            theirs.send(environment)
        began = time.monotonic()
        with pytest.raises((AsteriskFault, CallerGone)):
            Phone(ours, settings())
        assert time.monotonic() - began < 1.0


def test_an_environment_that_drips_for_ever_is_refused() -> None:
    """The deadline is for the whole of it, not for each byte."""
    with tcp_pair() as (ours, theirs):

        def drip() -> None:
            for _ in range(100):
                try:
                    theirs.sendall(b"agi_a: b\n")
                except OSError:
                    return
                time.sleep(0.02)

        Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(AsteriskFault):
            Phone(ours, settings())
        assert time.monotonic() - began < 1.0


def test_a_caller_who_has_gone_before_the_first_word() -> None:
    """Connect and close."""
    with tcp_pair() as (ours, theirs):
        FakeCall(theirs).leaves()
        with pytest.raises(CallerGone):
            Phone(ours, settings())


@pytest.mark.parametrize("hostile", ["a" * 3000, '"; rm -rf', "\\", "${SHELL(id)}", "\x00", "😱\u202e", "'; DROP TABLE call;--"])
def test_a_hostile_caller_id_is_only_text(hostile: str) -> None:
    """It can be read, set as a variable and logged, and is never a command."""
    with session({"GET VARIABLE": "200 result=0"}, agi_callerid=hostile) as (ours, fake):
        phone = Phone(ours, settings())
        phone.set("IVR_X", phone.caller_id or "")
    assert all(line.startswith("SET VARIABLE ") for line in fake.commands)
    assert len(fake.commands) == 2


def test_invalid_utf8_is_tolerated() -> None:
    """In the environment and in a reply."""
    with tcp_pair() as (ours, theirs):
        fake = FakeCall(theirs).sends(b"agi_channel: a\xff\xfe\nagi_uniqueid: 1\nagi_callerid: +1\xc3\x28555\n\n")
        phone = Phone(ours, settings())
        fake.sends(b"200 result=1\n200 result=1 (\xff\xc3x)\n")
        assert (phone.channel, phone.caller_id, phone.get("IVR_X")) == ("a", "+1(555", "x")


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("200 result=0", ""),
        ("200 result=", ""),
        ("200 result=1 ()", ""),
        ("200 result=1 (plain)", "plain"),
        ("200 result=1 (hangup)", "hangup"),
        ("200 result=1 (a (hangup) result=-1)", "a (hangup) result=-1"),
        ("200 result=1 (-1)", "-1"),
        ("HANGUP\n200 result=1 (x)", "x"),
        ("200 result=1 (x)\r", "x"),
    ],
)
def test_a_variables_value_is_never_taken_for_news(reply: str, value: str) -> None:
    """``(hangup)`` and ``result=-1`` inside a value are the value."""
    with session({"GET VARIABLE": reply}) as (ours, _):
        assert Phone(ours, settings()).get("IVR_X") == value


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("510 Invalid or unknown command", AsteriskFault),
        ("511 Command Not Permitted on a dead channel or intercept routine", CallerGone),
        ("520 Invalid command syntax.  Proper usage not available.", AsteriskFault),
        ("520-Invalid command syntax.  Proper usage follows:\nUsage: WAIT\n511 not this\n\n520 End of proper usage.", AsteriskFault),
        ("520-Invalid command syntax.  Proper usage follows:\nUsage", AsteriskFault),
        ("520-Invalid\n" + "usage\n" * 1000, AsteriskFault),
        ("EOF", CallerGone),
        ("200 result=-1", CallerGone),
        ("200 result=-1 (hangup)", CallerGone),
        ("HANGUP\n200 result=-1", CallerGone),
        ("", AsteriskFault),
        ("HANGUP", AsteriskFault),
        ("hello", AsteriskFault),
        ("200 result=77777", AsteriskFault),
        ("200 result=x", AsteriskFault),
        ("x" * 20_000, AsteriskFault),
        ("100 Trying", AsteriskFault),
    ],
)
def test_each_odd_reply_to_waiting_for_a_key(reply: str, error: type[Exception]) -> None:
    """A normal ending when the leg is over, a fault for garbage and silence; never endless, and nothing else is raised."""
    with session({"WAIT FOR DIGIT": reply}) as (ours, _):
        phone = Phone(ours, settings())
        began = time.monotonic()
        with pytest.raises(error):
            phone.key(0.1)
        assert time.monotonic() - began < 1.0


def test_520_followed_by_end_of_file_ends() -> None:
    """pyst2 would loop here for ever."""
    with session() as (ours, fake):
        phone = Phone(ours, settings())
        phone.renew(0.1)
        fake.sends("520-Invalid\nUsage:\n")
        fake.connection.shutdown(socket.SHUT_WR)
        with pytest.raises(CallerGone):
            phone.key(0.1)


def test_a_refused_command_leaves_the_session_in_step() -> None:
    """The usage text of a 520 is read to its end, so the next reply is the next command's."""
    with session({"STREAM FILE": "520-Invalid\nUsage: 200 result=55\n520 End of proper usage.", "GET VARIABLE": "200 result=1 (x)"}) as (
        ours,
        _,
    ):
        phone = Phone(ours, settings())
        with pytest.raises(AsteriskFault):
            phone.play(SOUND)
        assert phone.get("IVR_X") == "x"


def test_after_hangup_the_present_command_is_finished_and_the_next_is_not_sent() -> None:
    """``HANGUP`` is news."""
    with session({"GET VARIABLE": "HANGUP\n200 result=1 (x)"}) as (ours, fake):
        phone = Phone(ours, settings())
        assert phone.get("IVR_X") == "x"
        with pytest.raises(CallerGone):
            phone.play(SOUND)
        assert not any(line.startswith("STREAM FILE") for line in fake.commands)


@pytest.mark.parametrize(("reply", "key"), [("200 result=0", ""), ("200 result=49", "1"), ("200 result=35", "#"), ("200 result=68", "D")])
def test_a_key_or_silence(reply: str, key: str) -> None:
    """Also the keys A to D."""
    with session({"WAIT FOR DIGIT": reply}) as (ours, fake):
        assert Phone(ours, settings()).key(1.5) == key
    assert fake.commands[-1] == "WAIT FOR DIGIT 1500"


def test_a_long_wait_is_asked_for_in_slices() -> None:
    """So that the leg's limit never lies far ahead; the first key ends it."""
    with session({"WAIT FOR DIGIT": "200 result=0"}) as (ours, fake):
        assert Phone(ours, settings()).key(5.0) == ""
    assert [line for line in fake.commands if line.startswith("WAIT")] == [
        "WAIT FOR DIGIT 2000",
        "WAIT FOR DIGIT 2000",
        "WAIT FOR DIGIT 1000",
    ]


def test_a_key_interrupts_and_the_rest_is_not_played() -> None:
    """Only the listed keys are given to Asterisk as interrupting."""
    with session({"STREAM FILE ivr/a": EMPTY_STREAM, "STREAM FILE ivr/b": "200 result=42 endpos=8"}) as (ours, fake):
        assert Phone(ours, settings()).play_until_key("a", "b", "c", keys="1*") == "*"
    assert [line for line in fake.commands if line.startswith("STREAM")] == ['STREAM FILE ivr/a "1*"', 'STREAM FILE ivr/b "1*"']


def test_music_goes_on_after_a_prompt() -> None:
    """Asterisk stops it for a prompt and does not start it again."""
    with session({"STREAM FILE": EMPTY_STREAM}) as (ours, fake):
        phone = Phone(ours, settings())
        phone.music(True)
        phone.play(SOUND)
        phone.music(False)
        phone.play(SOUND)
    assert [line for line in fake.commands if line.startswith("SET MUSIC")] == ["SET MUSIC ON", "SET MUSIC ON", "SET MUSIC OFF"]


def test_a_missing_prompt_is_passed_over() -> None:
    """``-1`` at once with the caller still there: the call goes on, and the script can know."""
    with session({"STREAM FILE ivr/a": "200 result=-1 endpos=0"}) as (ours, _):
        phone = Phone(ours, settings())
        phone.play("a")
    assert phone.unheard == {"a"}


JOINED = {"EXEC Playback": "200 result=0", "EXEC Background": "200 result=0", "GET VARIABLE": "200 result=1 (SUCCESS)"}


def test_sounds_that_no_key_interrupts_are_one_command() -> None:
    """And their status is looked at: a command that fails says nothing of it."""
    with session(JOINED) as (ours, fake):
        Phone(ours, settings()).play("2", "dollars", "a_minute")
    assert fake.commands[-2:] == ['EXEC Playback "ivr/2&ivr/dollars&ivr/a_minute"', 'GET VARIABLE "PLAYBACKSTATUS"']


def test_sounds_that_every_key_interrupts_are_one_command() -> None:
    """The key is its result, and nothing more is asked."""
    with session({**JOINED, "EXEC Background": "200 result=35"}) as (ours, fake):
        assert Phone(ours, settings()).play_until_key("covered", "unlimited") == "#"
    assert fake.commands[-1] == 'EXEC Background "ivr/covered&ivr/unlimited"'


def test_joined_sounds_that_nobody_interrupted() -> None:
    with session(JOINED) as (ours, fake):
        assert Phone(ours, settings()).play_until_key("covered", "unlimited") == ""
    assert fake.commands[-1] == 'GET VARIABLE "BACKGROUNDSTATUS"'


def test_a_letter_does_not_interrupt_joined_sounds() -> None:
    """A to D cut ``Background``, and are no keys of ours: everything is said again, where they interrupt nothing."""
    with session({**JOINED, "EXEC Background": "200 result=65", "STREAM FILE": EMPTY_STREAM}) as (ours, fake):
        assert Phone(ours, settings()).play_until_key("covered", "unlimited") == ""
    assert fake.commands[-2:] == ['STREAM FILE ivr/covered "0123456789*#"', 'STREAM FILE ivr/unlimited "0123456789*#"']


@pytest.mark.parametrize("application", ["Playback", "Background"])
def test_a_missing_prompt_among_joined_ones_is_found_out(application: str) -> None:
    """They are said again one by one, so that nothing that can be said stays unsaid, and the script knows which was missing."""
    keys = "0123456789*#" if application == "Background" else ""
    answers = {"STREAM FILE ivr/a_minute": "200 result=-1 endpos=0", "STREAM FILE": EMPTY_STREAM}
    with session({**JOINED, "GET VARIABLE": "200 result=1 (FAILED)", **answers}) as (ours, fake):
        phone = Phone(ours, settings())
        phone.play_until_key("2", "a_minute", "dollars", keys=keys)
    assert phone.unheard == {"a_minute"}
    assert [line for line in fake.commands if line.startswith("STREAM")][-1] == f'STREAM FILE ivr/dollars "{keys}"'


def test_a_caller_who_hangs_up_in_joined_sounds() -> None:
    with session({"EXEC": "200 result=-1"}) as (ours, _), pytest.raises(CallerGone):
        Phone(ours, settings()).play("covered", "unlimited")


@pytest.mark.parametrize("status", ["511 dead", "200 result=-1", "200 result=0", "EOF"])
def test_a_prompt_to_a_caller_who_has_gone(status: str) -> None:
    """``-1`` and no channel any more."""
    with session({"STREAM FILE": "200 result=-1 endpos=0", "CHANNEL STATUS": status}) as (ours, _), pytest.raises(CallerGone):
        Phone(ours, settings()).play(SOUND)


@pytest.mark.parametrize("value", ['a"b', "a\\", "x\r\nHANGUP", "x\nEXEC System id", "${SHELL(id)}", "a\x00b", "ä" * 500])
def test_a_value_is_one_argument_of_one_command(value: str) -> None:
    """Nothing in a value begins another command."""
    with session() as (ours, fake):
        Phone(ours, settings()).set("IVR_X", value)
    assert len(fake.commands) == 2
    assert fake.commands[1].startswith('SET VARIABLE "IVR_X" "')
    assert fake.commands[1].endswith('"')


def test_a_value_that_is_too_long_is_not_sent() -> None:
    """Asterisk would run its rest as another command."""
    with session() as (ours, fake):
        phone = Phone(ours, settings())
        with pytest.raises(AsteriskFault):
            phone.set("IVR_X", "x" * 2048)
        phone.set("IVR_X", "short")
    assert not any(len(line) > 2048 for line in fake.commands)


@pytest.mark.parametrize("name", ["A B", 'A"', "A\nHANGUP", "${A}"])
def test_a_name_that_is_none_is_not_sent(name: str) -> None:
    """Names go out as they are."""
    with session() as (ours, _), pytest.raises(AsteriskFault):
        Phone(ours, settings()).get(name)


def _limits(fake: FakeCall) -> list[float]:
    return [float(line.split('"')[3]) for line in fake.commands if "TIMEOUT(absolute)" in line]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (lambda phone: phone.get("X"), [9.0]),
        (lambda phone: [phone.get("X") for _ in range(20)], [9.0]),
        (lambda phone: phone.key(6.0), [11.0]),
        (lambda phone: (phone.get("X"), phone.key(6.0)), [9.0, 11.0]),
        (lambda phone: (phone.key(20.0), phone.get("X")), [11.0, 9.0]),
        (lambda phone: [phone.key(0.15) for _ in range(9)], [9.15]),
    ],
    ids=["first", "no-more-than-needed", "with-its-duration", "raised", "lowered", "loop-of-short-waits"],
)
def test_the_leg_is_taken_back_soon_after_a_script_falls_silent(steps: Callable[[Phone], object], expected: list[float]) -> None:
    """The limit is renewed only when it is too short or more than 2 s too long, and never leaves more than 10 s beyond the command."""
    with session({"GET VARIABLE": GET, "WAIT FOR DIGIT": "200 result=0"}) as (ours, fake):
        steps(Phone(ours, settings(silence_seconds=8)))
    assert _limits(fake) == expected


def test_hanging_up_twice_or_after_the_caller_is_no_error() -> None:
    """It is over either way."""
    with session({"HANGUP": "EOF"}) as (ours, _):
        phone = Phone(ours, settings())
        phone.hang_up()
        phone.hang_up()
        with pytest.raises(CallerGone):
            phone.key(1)


def test_typed_keys_appear_nowhere(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    """Not in a log at any level, a repr, an exception or on stderr; pyst2 writes each of them there."""
    caplog.set_level(logging.DEBUG)
    shown = []
    with session({"WAIT FOR DIGIT": "200 result=57"}) as (ours, fake):
        phone = Phone(ours, settings())
        assert phone.key(1) == "9"
        shown.append(repr(phone) + repr(phone._session) + str(vars(phone)))
        fake.answers["WAIT FOR DIGIT"] = "200 result=57 nonsense"
        with pytest.raises(AsteriskFault) as fault:
            phone.key(1)
        shown.append(repr(fault.value))
    assert not any("result=57" in text or "'9'" in text for text in [*shown, caplog.text, *capfd.readouterr()])


def test_a_silent_asterisk_that_stops_reading_is_noticed() -> None:
    """Replies never come: a fault after the command's own duration and a margin, and the session is over."""
    with session({"WAIT FOR DIGIT": ""}) as (ours, _):
        phone = Phone(ours, settings())
        began = time.monotonic()
        with pytest.raises(AsteriskFault):
            phone.key(0.5)
        assert 0.7 < time.monotonic() - began < 1.2
        with pytest.raises(CallerGone):
            phone.key(0.5)
