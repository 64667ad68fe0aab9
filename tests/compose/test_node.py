"""One node as compose runs it: calls through it from outside, its locks, an upgrade under a call, and draining."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from ivr.embedded.cast import COVERED
from ivr.model.incident import EndReason, IncidentStatus
from tests.compose import probes
from tests.compose.composed import PORTS, Composed
from tests.e2e.world import World, wait_until

Node = tuple[Composed, World]

CONGESTION: Final = 34
"""Q.850: what the carrier's Asterisk makes of a 503."""


def test_a_call_from_the_carrier_reaches_an_engineer(node: Node) -> None:
    """The disclosure is heard, the account is recognised, both hear each other, and the incident ends as the engineer says."""
    _, world = node
    caller = world.caller()
    world.connected(caller, COVERED)
    world.engineer_ends(world.ann)
    caller.hears("goodbye_resolved", within=30)
    caller.wait_hung_up(within=20)
    report = world.report()
    assert report.summary.reason is EndReason.RESOLVED
    assert report.summary.status is IncidentStatus.ENDED
    wait_until(lambda: not world.store.talk_is_open(report.summary.id), 10, "the meter has not ended")
    assert world.store.talked_seconds(report.summary.id) > 1


def test_nothing_in_a_container_can_be_written_or_raised(node: Node) -> None:
    """Every container runs as a user of its own without any capability, on a file system that cannot be written, and can't gain more."""
    composed, _ = node
    for name in composed.services():
        assert composed.tried(name, "touch /usr/local/bin/x /etc/x /opt/x") != 0, f"{name} can write to its own image"
        status = composed.inside(name, "cat /proc/1/status")
        found = {line.split(":")[0]: line.split()[1] for line in status.splitlines() if len(line.split()) > 1}
        assert found["Uid"] != "0", f"{name} runs as root"
        assert (int(found["CapEff"], 16), int(found["CapPrm"], 16), int(found["CapBnd"], 16)) == (0, 0, 0), name
        assert found["NoNewPrivs"] == "1", name


def test_the_second_serve_takes_a_call_when_the_first_is_gone(node: Node) -> None:
    """The dialplan tries it, in less than three seconds more."""
    composed, world = node
    composed.compose("stop", "serve")
    try:
        caller = world.caller()
        world.presses_nine(caller)
        caller.hears("disclosure", within=5)
        caller.hangs_up()
        world.wait_idle()
    finally:
        composed.compose("start", "serve")
        composed.compose("up", "--detach", "--wait", "--no-recreate")


def test_a_talk_outlives_the_replacement_of_both_serves(node: Node) -> None:
    """An upgrade: one after the other is made anew under a talk, which is metered on; no failsafe phone rings."""
    composed, world = node
    caller = world.caller()
    world.begin()
    world.connected(caller, COVERED)
    for name in ("serve", "serve2"):
        composed.compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", name)
    number = world.incident_id()
    before = world.store.talked_seconds(number)
    wait_until(lambda: world.store.talked_seconds(number) > before + 5, 20, "the meter does not go on")
    world.talk_goes_on(caller, world.ann)
    caller.hangs_up()
    world.ann.wait_hung_up(within=15)
    assert world.rung() == [world.ann.number]


def test_a_drained_node_finishes_its_talk_and_takes_no_new_call(node: Node) -> None:
    """Stopping Asterisk: OPTIONS no longer says 200, a new call is refused with 503, the talk goes on to its proper end."""
    composed, world = node
    world.begin()
    talking = world.caller()
    world.connected(talking, COVERED)
    assert probes.answer_to_options(PORTS.sip_port, "ready") == 200
    with ThreadPoolExecutor(1) as hands:
        stopped = hands.submit(composed.compose, "stop", "asterisk")
        wait_until(lambda: probes.answer_to_options(PORTS.sip_port, "ready") != 200, 20, "OPTIONS still says that calls are taken")
        refused = world.caller()
        refused.dials(answered=False)
        assert refused.wait_hung_up(within=10) == CONGESTION
        world.talk_goes_on(talking, world.ann)
        assert not stopped.done()
        world.engineer_ends(world.ann)
        talking.hears("goodbye_resolved", within=30)
        talking.wait_hung_up(within=20)
        stopped.result(30)
    composed.compose("up", "--detach", "--wait", "--no-recreate")
    assert world.store.report(world.incident_ids()[0]).summary.reason is EndReason.RESOLVED
