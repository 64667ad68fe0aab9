"""Whom the rota says is rung, and nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ivr.embedded.cast import ANN, BEN, CLEO
from ivr.model.incident import EndReason
from ivr.model.offer import OfferEnd
from tests.e2e.world import COVERED, World

PREMIUM = "+19005550101"
"""A number that costs whoever calls it; also a phone of the network here, so that a call to it would be seen."""


@pytest.fixture
def cleo_instead_of_ann(world: World) -> Iterator[None]:
    """An override puts Cleo on the first level, and Ben's phone, on the second, has become a premium-rate number."""
    world.sql(
        f"""INSERT INTO rota_override (level, engineer_id, from_at, until_at, reason)
        SELECT 1, id, now() - interval '1 hour', now() + interval '1 hour', 'Ann is ill' FROM engineer WHERE name = '{CLEO.name}';
        UPDATE engineer_phone SET phone = '{PREMIUM}' WHERE phone = '{BEN.phone}'"""
    )
    yield
    world.sql(f"DELETE FROM rota_override; UPDATE engineer_phone SET phone = '{BEN.phone}' WHERE phone = '{PREMIUM}'")


@pytest.mark.usefixtures("cleo_instead_of_ann")
def test_fault_31_an_override_is_rung_first_and_a_premium_number_never(world: World) -> None:
    """Bad input 5: the level with that number is passed over, and the next one is rung."""
    caller = world.caller()
    premium = world.network.phone(PREMIUM)
    rings = premium.rings_so_far
    world.identified(caller, COVERED)
    world.cleo.rings(within=15)
    world.cleo.declines()
    world.accepts(world.cleo, within=30)
    world.talk_goes_on(caller, world.cleo)
    caller.hangs_up()
    world.wait_idle()
    assert world.rung() == [CLEO.phone]
    assert premium.rings_so_far == rings
    assert world.offers() == [OfferEnd.DECLINED, OfferEnd.ACCEPTED]
    assert ANN.phone not in {event.detail.get("phone") for event in world.report().events}
    assert world.report().summary.reason is EndReason.CALLER_STOPPED


@pytest.mark.long
def test_the_cast_is_always_on_call_one_engineer_a_level(world: World) -> None:
    """By real layers: now, and in years; that is what the other scenarios rely on."""
    assert len(world.store.rota().layers) == 3
    for days in (0, 1, 120, 5000):
        ladder = world.store.levels(datetime.now(UTC) + timedelta(days=days))
        assert [(level.number, [rung.phone for rung in level.rungs]) for level in ladder] == [
            (1, [ANN.phone]),
            (2, [BEN.phone]),
            (3, [CLEO.phone]),
        ]
