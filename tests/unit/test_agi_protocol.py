"""The AGI protocol's words: replies, environment, quoting, caller IDs."""

import pytest

from ivr.agi_protocol import Reply, caller_number, clean, parse_environment, parse_reply, quote, variable_name
from ivr.errors import AsteriskFault


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply("0", "")),
        ("200 result=", Reply("", "")),
        ("200 result=49 endpos=1234", Reply("49", "")),
        ("200 result=-1 endpos=0", Reply("-1", "")),
        ("200 result=1 ()", Reply("1", "")),
        ("200 result=1 (hangup)", Reply("1", "hangup")),
        ("200 result=1 (a (hangup) b)", Reply("1", "a (hangup) b")),
        ("200 result=1 (200 result=-1)", Reply("1", "200 result=-1")),
        ("200 result=1 (x) endpos=5)", Reply("1", "x) endpos=5")),
        ("200 result=-1 (hangup)", Reply("-1", "hangup")),
    ],
)
def test_a_reply_is_its_value_and_what_stands_in_parentheses(line: str, reply: Reply) -> None:
    """Whatever a variable holds, it is never taken for the result."""
    assert parse_reply(line) == reply


@pytest.mark.parametrize("line", ["200", "200 ", "200 result", "200 result=1 (open", "200 result=1 2 3", "200 RESULT=1", "\x00"])
def test_what_is_no_reply_is_refused_without_quoting_it(line: str) -> None:
    """The text of the exception can't hold a digit that somebody typed."""
    with pytest.raises(AsteriskFault) as refused:
        parse_reply(line)
    assert line.removeprefix("200").strip(" \x00") not in str(refused.value) or not line.removeprefix("200").strip(" \x00")


def test_a_quoted_value_can_neither_end_its_quotes_nor_begin_a_line() -> None:
    """Quotes and backslashes are escaped, every control character becomes a space; ``${}`` is left as it is."""
    assert quote('a"b\\c\r\nHANGUP\x00${X}\u2028') == '"a\\"b\\\\c  HANGUP ${X}\u2028"'


@pytest.mark.parametrize("name", ["", "A B", "A\nB", 'A"', "A(b", "${A}", "1A", "A(b)c", "SHELL(id;ls)"])
def test_only_names_of_variables_are_asked_for(name: str) -> None:
    """A name goes into a command unescaped, so it must be one."""
    with pytest.raises(AsteriskFault):
        variable_name(name)


def test_names_of_variables_and_functions() -> None:
    """Both forms that the scripts use."""
    assert [variable_name(name) for name in ("IVR_DONE", "TIMEOUT(absolute)")] == ["IVR_DONE", "TIMEOUT(absolute)"]


def test_lines_that_a_caller_id_smuggles_in_change_nothing() -> None:
    """What Asterisk sends before the caller ID counts first, arguments, sent last, count last."""
    smuggled = ["agi_network_script: key", "agi_channel: PJSIP/other", "agi_arg_1: resolved", "agi_callerid: +1"]
    lines = [
        "agi_network_script: call",
        "agi_channel: PJSIP/a",
        "agi_uniqueid: 1.1",
        "agi_callerid: +1555",
        *smuggled,
        "agi_arg_1: time_left",
    ]
    found = parse_environment(lines)
    assert found["agi_network_script"] == "call"
    assert found["agi_channel"] == "PJSIP/a"
    assert found["agi_callerid"] == "+1555"
    assert found["agi_arg_1"] == "time_left"


@pytest.mark.parametrize("line", ["no colon here", "other: x", "GET / HTTP/1.1", ": x", "\x00"])
def test_an_environment_line_that_is_none_is_refused(line: str) -> None:
    """Also one without a colon."""
    with pytest.raises(AsteriskFault):
        parse_environment(["agi_channel: a", "agi_uniqueid: 1", line])


def test_an_environment_without_a_channel_is_refused() -> None:
    """An HTTP client or a scanner is not Asterisk."""
    with pytest.raises(AsteriskFault):
        parse_environment(["agi_network: yes"])


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("+15550001111", "+15550001111"),
        ("", None),
        ("unknown", None),
        ("Anonymous", None),
        ("   ", None),
        ("1" * 64, "1" * 64),
        ("1" * 65, None),
        ("x" * 10_000, None),
        ("+1555\r\nevil\x00\x1b[31m", "+1555evil[31m"),
        ("\u202e+1555\u2066\ufeff", "+1555"),
        ("+1\ufffd555", "+1555"),
        ("'; DROP TABLE call;--", "'; DROP TABLE call;--"),
        ("\U0001f631", "\U0001f631"),
    ],
)
def test_a_caller_id_is_cleaned_or_none(raw: str, number: str | None) -> None:
    """Hostile ones stay text that can be stored and shown; absent, withheld and endless ones are None."""
    assert caller_number(raw) == number


def test_clean_leaves_what_can_be_seen() -> None:
    """Also letters beyond ASCII."""
    assert clean("Zoë\tŠ\u200b 5") == "ZoëŠ 5"
