"""Bad inputs 1 and 2 of the trials: what a caller ID may carry does nothing but look odd in the records."""

import socket

import pytest

from ivr.embedded.phones import raw_invite
from tests.e2e.world import World
from tests.long import and_long

HOSTILE_NUMBERS = {
    "empty": "",
    "anonymous": "anonymous",
    "quotes": 'a"b\\"c\\\\',
    "sql": "'; DROP TABLE call;--",
    "shell": "${SHELL(id)}",
    "backtick": "$(id)",
    "dial": "&PJSIP/x@trunk/19005551234",
    "separators": "1,2|3",
    "emoji": "\N{POLICE CARS REVOLVING LIGHT}5551234",
}


@pytest.mark.parametrize(
    "number", and_long(HOSTILE_NUMBERS.values(), often=list(HOSTILE_NUMBERS.values())[1:2]), ids=HOSTILE_NUMBERS.keys()
)
def test_a_hostile_caller_id_gets_the_same_call(world: World, number: str) -> None:
    """Served like everybody, recorded as it came, nothing run, nobody dialled."""
    caller = world.caller(number)
    world.to_terms(caller)
    caller.presses("2")
    caller.hears("not_an_emergency")
    caller.hangs_up()
    world.wait_idle()
    assert world.rung() == []
    assert world.tables_stand()


RAW_FROM = {
    "none": b"<sip:127.0.0.1>",
    "anonymous": b'"Anonymous" <sip:anonymous@anonymous.invalid>',
    "10 kB": b"<sip:" + b"5" * 10_000 + b"@127.0.0.1>",
    "quotes": b'"a\\"b\\\\" <sip:a%22b@127.0.0.1>',
    "cr lf": b'"x%0d%0aSET VARIABLE IVR_DONE 1" <sip:1%0d%0a2@127.0.0.1>',
    "nul": b'"a\x00b" <sip:5551%002@127.0.0.1>',
    "invalid utf-8": b'"\xff\xfe\xc3(" <sip:5551234@127.0.0.1>',
    "emoji and bidi": '"\N{POLICE CARS REVOLVING LIGHT}\N{RIGHT-TO-LEFT OVERRIDE}" <sip:5551234@127.0.0.1>'.encode(),
    "sql": b"\"'; DROP TABLE call;--\" <sip:'%3b DROP TABLE call%3b--@127.0.0.1>",
    "expression": b'"${SHELL(id)}" <sip:%24%7bSHELL(id)%7d@127.0.0.1>',
}


@pytest.mark.parametrize("header", and_long(RAW_FROM.values(), often=list(RAW_FROM.values())[4:5]), ids=RAW_FROM.keys())
def test_a_hostile_from_header_harms_nobody(world: World, header: bytes) -> None:
    """Straight from the wire: either Asterisk refuses it as no SIP, or it is answered; the next caller is served either way."""
    status = raw_invite(world.sip_address, world.did, header)
    assert status in {200, 400, 404, 413, None}, status
    caller = world.caller()
    world.to_terms(caller)
    caller.hangs_up()
    world.wait_idle()
    assert world.tables_stand()


@pytest.mark.parametrize("number", ["+19005551234", "101", "s", "ess", "h", "T", "failsafe"])
def test_nothing_but_our_number_can_be_called(world: World, number: str) -> None:
    """No extension of the dialplan and no outside number is reachable by dialling it from the trunk."""
    assert raw_invite(world.sip_address, number, b"<sip:+15555550123@127.0.0.1>") in {404, 484}
    assert world.rung() == []


def test_only_the_trunk_may_call_in(world: World) -> None:
    """The same INVITE from an address that is not the carrier's is refused."""
    status = raw_invite(world.sip_address, world.did, b"<sip:+15555550123@127.0.0.1>", source="127.0.0.9")
    assert status in {401, 403, None}


@pytest.mark.parametrize("name", ["ami", "agi"])
def test_ami_and_agi_listen_on_loopback_only(world: World, name: str) -> None:
    port = getattr(world.ports, f"{name}_port")
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
    assert world.listening_addresses(port) == {"127.0.0.1"}
