"""What is true of the money after every scenario ("Money rules" in the design), whatever happened in it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from ivr.audit import audit
from ivr.embedded.polling import wait_until
from ivr.model.incident import Consent, Cover, IncidentStatus
from ivr.model.money import Account, HoldStatus

if TYPE_CHECKING:
    from tests.e2e.world import World

SETTLED_SECONDS: Final = 20.0


def check_money(world: "World", within: float = SETTLED_SECONDS) -> None:
    """Raises ``AssertionError`` with everything that is wrong about the incidents of this scenario.

    ``within``: seconds that the settlement may still take.
    """
    store = world.store
    wrong = [] if wait_until(lambda: not _unsettled(world), within) else _unsettled(world)
    debts = {debt.incident_id for debt in store.debts()}
    for number in world.incident_ids():
        wrong += objections(store.account(number), owed=number in debts)
    wrong += [f"the records and Stripe differ: {difference}" for difference in audit(store, world.gateway)]
    wrong += captured_twice(world.sandbox.requests())
    assert not wrong, "; ".join(wrong)


def _unsettled(world: "World") -> list[str]:
    waiting = set(world.store.to_settle(0))
    accounts = [world.store.account(number) for number in world.incident_ids()]
    not_ended = [f"incident {one.incident_id} is {one.status}" for one in accounts if one.status is not IncidentStatus.ENDED]
    return not_ended + [f"incident {one.incident_id} is not settled" for one in accounts if one.incident_id in waiting]


def objections(account: Account, *, owed: bool) -> Iterator[str]:
    """What is wrong about one incident's holds. ``owed``: whether a debt stands for it."""
    taken = 0
    for hold in account.holds:
        name = f"hold {hold.id} of incident {account.incident_id}"
        if not hold.status.is_final:
            yield f"{name} is {hold.status}: neither captured nor released"
        if (hold.capture_cents or 0) > hold.amount_cents:
            yield f"{name}: {hold.capture_cents} of {hold.amount_cents} cents were captured"
        if hold.status is HoldStatus.CAPTURED:
            taken += hold.capture_cents or 0
            yield from _unfounded(account, name)
        if hold.status is HoldStatus.EXPIRED and account.charge is not None and account.charge.cents and not owed:
            yield f"{name} lapsed, and nobody asks for the {account.charge.cents} cents"
    if account.charge is not None and taken > account.charge.cents:
        yield f"incident {account.incident_id}: {taken} cents were captured of a charge of {account.charge.cents}"


def _unfounded(account: Account, name: str) -> Iterator[str]:
    if account.consent is not Consent.GIVEN:
        yield f"{name} was captured without a consent"
    if not account.accepted:
        yield f"{name} was captured, and no engineer has accepted"
    if account.cover is not Cover.PREPAID:
        yield f"{name} was captured for a call that is {account.cover}"


def captured_twice(requests: Iterable[Mapping[str, Any]]) -> list[str]:
    """Payments that were captured under two keys. The same key again is a replay: Stripe does nothing for it."""
    keys: dict[str, set[object]] = defaultdict(set)
    for request in requests:
        path = str(request["path"])
        if path.endswith("/capture") and request["status"] == 200:
            keys[path.split("/")[-2]].add(request["key"])
    return [f"{intent} was captured {len(used)} times" for intent, used in keys.items() if len(used) > 1]
