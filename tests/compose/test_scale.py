"""Two nodes on one database behind the proxy: calls are spread, a node that is lost or drained gets no more of them, and who had paid
on a lost one goes on at the other."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

import psycopg
import pytest

from ivr.embedded.cast import LAPSED
from ivr.embedded.phones import Caller
from ivr.model.incident import EndReason
from ivr.model.money import HoldStatus
from tests.compose.composed import PORTS, PROXY_PORT, B, Composed
from tests.compose.conftest import FOLDER, played
from tests.e2e.cards import GOOD
from tests.e2e.money import FIFTEEN_MINUTES
from tests.e2e.world import World, wait_until

PROXY: Final = {
    "IVR_TRUNK_PORT": PROXY_PORT, "KAMAILIO_LISTEN": f"udp:127.0.0.1:{PROXY_PORT}", "KAMAILIO_CARRIER": f"127.0.0.1:{PORTS.pstn_port}",
    "KAMAILIO_NODES": f"127.0.0.1:{PORTS.sip_port} 127.0.0.1:{B['IVR_B_SIP_PORT']}",
}  # fmt: skip
NODE_B: Final = ("asterisk-b", "serve-b", "serve2-b", "worker-b")
CALLS: Final = 20
AT_ONCE: Final = 4
ASKED_ONCE: Final = ("consent", "category", "identified", "hold_opened", "card_tried", "node_lost", "suspended", "resumed")

Nodes = tuple[Composed, World]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Both nodes and the proxy, which the carrier's line leads to."""
    more = {name: str(value) for name, value in (B | PROXY).items()}
    composed = Composed("ivr-scale", FOLDER / "scale", more, profiles=["scale"])
    try:
        with played(composed, replace(PORTS, sip_port=PROXY_PORT)) as world:
            wait_taking(composed, 2)
            yield composed, world
    finally:
        (FOLDER / "scale.log").write_text(composed.logs())
        composed.down()


def wait_taking(composed: Composed, number: int) -> None:
    """Waits until the proxy sends calls to so many nodes."""

    def taking() -> bool:
        return composed.inside("kamailio", "kamcmd -s unix:/run/kamailio/ctl dispatcher.list").count("FLAGS: AP") == number

    wait_until(taking, 20, f"the proxy does not see {number} nodes")


def node_of(world: World, caller: Caller) -> str:
    """Which node has this caller's call."""
    with psycopg.connect(str(world.settings.database_url), autocommit=True) as records:
        query = "SELECT l.node FROM leg l JOIN call c ON c.id = l.call_id WHERE c.caller_id = %s ORDER BY l.id DESC LIMIT 1"
        wait_until(lambda: records.execute(query, (caller.number,)).fetchone() is not None, 10, "the call is not in the records")
        found = records.execute(query, (caller.number,)).fetchone()
    assert found
    return str(found[0])


def answered(world: World, number: int) -> str:
    """One more call: greeted, told the price, hung up. The node that had it."""
    caller = world.network.caller(f"+155555503{number:02}")
    caller.dials()
    caller.hears("main_menu", within=20)
    caller.presses("9")
    caller.hears("disclosure", within=20)
    caller.hangs_up()
    return node_of(world, caller)


def many_calls(world: World, first: int) -> Counter[str]:
    """Twenty, four at a time: on which node how many were. Raises AssertionError when one is not answered."""
    with ThreadPoolExecutor(AT_ONCE) as phones:
        return Counter(phones.map(lambda number: answered(world, number), range(first, first + CALLS)))


def caller_on(world: World, node: str) -> Caller:
    """A caller whom the proxy has sent to this node, after the digit 9."""
    for _ in range(4):
        caller = world.caller()
        world.presses_nine(caller)
        if node_of(world, caller) == node:
            return caller
        caller.hangs_up()
        wait_until(lambda: not world.open_incidents(), 10, "the call on the other node has not ended")
        world.begin()
    raise AssertionError(f"no call came to {node}")


def pays_on(world: World, caller: Caller) -> None:
    """From the price to the card's approval: a customer whose agreement has lapsed, and fifteen minutes."""
    caller.hears("disclosure_terms", within=30)
    caller.presses("1")
    caller.hears("ask_category", within=20)
    caller.presses("1")
    world.says_who(caller, LAPSED, within=20)
    caller.hears("prepay", within=20)
    caller.presses("1")
    caller.hears("ask_card_number", within=20)
    world.keys_in(caller, GOOD)
    caller.presses("1")
    caller.hears("card_approved", within=20)


def test_a_lost_node_costs_nobody_their_call_or_their_money(nodes: Nodes) -> None:
    """Twenty calls on both nodes; then one node is killed under a paid talk: the next twenty are answered by the other, and who had paid
    calls again, is asked for nothing but the PIN, and is charged once."""
    composed, world = nodes
    spread = many_calls(world, 0)
    assert sum(spread.values()) == CALLS
    assert set(spread) == {"a", "b"}
    assert min(spread.values()) >= CALLS // 4

    world.begin()
    caller = caller_on(world, "b")
    pays_on(world, caller)
    world.accepts(world.ann)
    world.talk_goes_on(caller, world.ann)
    number = world.incident_id()
    wait_until(lambda: world.store.talked_seconds(number) > 5, 20, "the talk is not metered")

    composed.compose("kill", *NODE_B)
    caller.drops()
    world.ann.hangs_up()
    assert many_calls(world, 40) == Counter({"a": CALLS})

    again = world.caller()
    world.presses_nine(again)
    again.hears("resume_menu", within=20)
    again.presses("1")
    again.hears("ask_pin", within=20)
    again.presses(LAPSED.pin + "#")
    again.hears("resuming", within=20)
    world.ann.rings(within=20)
    world.ann.answers()
    world.ann.hears("whisper_again", within=20)
    world.ann.presses("1")
    world.talk_goes_on(again, world.ann)
    assert node_of(world, again) == "a"
    world.engineer_ends(world.ann)
    again.hears("goodbye_resolved", within=40)
    again.wait_hung_up(within=20)

    report = world.store.report(number)
    assert report.summary.reason is EndReason.RESOLVED
    kinds = [event.kind for event in report.events]
    assert {kind: kinds.count(kind) for kind in ASKED_ONCE} == dict.fromkeys(ASKED_ONCE, 1)
    wait_until(lambda: world.store.holds(number)[0].status in (HoldStatus.CAPTURED, HoldStatus.RELEASED), 60, "the money is not settled")
    assert len(world.store.holds(number)) == 1
    [intent] = [one for one in world.sandbox.intents() if one["metadata"].get("incident") == str(number)]
    assert intent["amount_received"] in (0, FIFTEEN_MINUTES)  # nothing for less than 30 s of talk


def test_a_drained_node_gets_no_new_call(nodes: Nodes) -> None:
    """The node is back, and being stopped with a call on it: the call goes on, new ones go to the other node."""
    composed, world = nodes
    composed.compose("up", "--detach", "--wait", "--no-recreate", *NODE_B)
    wait_taking(composed, 2)
    world.begin()
    waiting = caller_on(world, "b")
    with ThreadPoolExecutor(4) as hands:
        stopped = hands.submit(composed.compose, "stop", "asterisk-b")
        wait_taking(composed, 1)
        new = hands.map(lambda number: answered(world, number), range(80, 83))  # at once: who waits hears the price only so often
        assert Counter(new) == Counter({"a": 3})
        assert not stopped.done()
        waiting.hears("disclosure_terms", within=30)
        waiting.hangs_up()
        stopped.result(30)
