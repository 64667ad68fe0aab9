"""Two whole stacks on one machine, each with a call of its own at the same time."""

from tests.e2e.world import COVERED, World


def test_two_stacks_side_by_side(world: World, other_world: World) -> None:
    """A talk in each, and neither hears the other's."""
    callers = []
    for each in (world, other_world):
        caller = each.caller()
        each.connected(caller, COVERED)
        callers.append(caller)
    for each, caller in zip((world, other_world), callers, strict=True):
        assert caller.hears_voice_of(each.ann)
        assert each.ann.hears_voice_of(caller)
        caller.hangs_up()
    assert world.ports != other_world.ports
