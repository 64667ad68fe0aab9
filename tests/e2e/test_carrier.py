"""A carrier that knows the hotline by an account, over TLS with SRTP, and an engineer's phone that registers: with real SIP."""

import re
from collections.abc import Iterator

import pytest

from ivr.embedded.cast import ANN
from ivr.embedded.ears import Library
from ivr.embedded.phones import raw_invite
from ivr.embedded.postgres import Postgres
from ivr.embedded.stack import Stack
from ivr.manager_link import ManagerLink
from tests.e2e.carriers import DESK_HOST, certificate, registers, route, shown
from tests.e2e.hygiene import Typed
from tests.e2e.running import FOLDER, PATIENCE, ports_of, running, scenario
from tests.e2e.world import COVERED, World, wait_until

PASSWORD = "a-phone-of-Anns-own"


@pytest.fixture(scope="module")
def encrypted_world(place: int, library: Library, typed: Typed) -> Iterator[World]:
    """A carrier that knows the hotline by an account, TLS and SRTP alone; Ann's desk phone registers at the hotline, the same way."""
    ports, folder = ports_of(place, slot=1), FOLDER / f"encrypted{place}"
    tls = {"IVR_SIP_TLS_PORT": str(ports.sip_port + 20), **certificate(folder / "tls")}
    settings = {
        "IVR_TRUNK_USER": "vendor", "IVR_TRUNK_PASSWORD": "a carrier's choice: #1!".replace(" ", "_"), "IVR_TRUNK_ENCRYPTED": "true",
        "IVR_TRUNK_OPTIONS_SECONDS": "2", "IVR_PHONE_NETWORKS": DESK_HOST,
        "IVR_PHONE_LOGINS": f"{ANN.phone}={PASSWORD}", **tls,
    }  # fmt: skip
    registers(folder, ports, ANN.phone, PASSWORD, tls)
    stack = Stack(ports, folder, {**PATIENCE, **settings}, postgres=Postgres(FOLDER / "postgres"), database=f"encrypted{place}")
    with running(stack, library, typed) as world:
        wait_until(lambda: "Registered" in shown(world, "pjsip show registrations"), 40, "the hotline has not registered")
        yield world


def is_secure(world: World, channel: str) -> bool:
    """Whether Asterisk sends and takes this leg's sound as SRTP alone."""
    given = world.settings
    link = ManagerLink("127.0.0.1", given.ami_port, given.ami_user, given.ami_secret.get_secret_value(), deadline=5.0)
    link.start()
    try:
        assert link.wait_connected(5)
        return link.action("Getvar", Channel=channel, Variable="CHANNEL(rtp,secure,audio)").get("Value") == "1"
    finally:
        link.stop()


def test_an_account_over_tls_with_srtp(encrypted_world: World) -> None:
    """The hotline has registered, a call comes in and one goes out, both legs encrypted; the caller ID is the customer's own."""
    world = encrypted_world
    with scenario(world):
        caller = world.caller(COVERED.phone)
        world.presses_nine(caller)
        caller.hears("disclosure")
        [leg] = re.findall(r"^PJSIP/trunk-[^!]+", shown(world, "core show channels concise"), flags=re.M)
        assert is_secure(world, leg)
        caller.hears("disclosure_terms", within=15)
        caller.presses("1")
        caller.hears("ask_category")
        caller.presses("1")
        world.recognised(caller, COVERED.pin)
        world.ann.rings(within=15)
        world.ann.declines()
        world.accepts(world.ben)
        world.talk_goes_on(caller, world.ben)
        offer = world.store.accepted_offer(world.incident_id())
        assert offer is not None
        assert is_secure(world, str(offer.channel))
        assert route(world) == "trunk"
        assert world.ben.leg.caller_id == world.settings.did


@pytest.mark.long
def test_a_registered_phone_is_rung_before_the_carriers(encrypted_world: World) -> None:
    """By its own registration, with TLS and SRTP."""
    world = encrypted_world
    with scenario(world):
        wait_until(lambda: "phone-" in shown(world, "pjsip show contacts"), 20, "Ann's phone has not registered")
        caller = world.caller()
        world.connected(caller, COVERED)
        assert route(world) == f"phone-{ANN.phone.removeprefix('+')}"
        offer = world.store.accepted_offer(world.incident_id())
        assert offer is not None
        assert is_secure(world, str(offer.channel))


@pytest.mark.long
def test_a_stranger_in_the_phones_network_must_know_a_password(encrypted_world: World) -> None:
    """May knock, unlike everybody else, and gets in neither as the carrier nor as a phone."""
    world = encrypted_world
    for name in (b"stranger", b"trunk", f"phone-{ANN.phone.removeprefix('+')}".encode()):
        status = raw_invite(world.sip_address, world.did, b"<sip:" + name + b"@127.0.0.1>", source=DESK_HOST)
        assert status == 401, name
    assert raw_invite(world.sip_address, world.did, b"<sip:stranger@127.0.0.1>", source="127.0.0.9") == 403
