"""Many paying calls at once. Nobody listens, which would take the whole machine: keys are pressed when the records say so."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from bench.measures import Measure, p95
from ivr.audit import audit
from ivr.embedded.demo_call import CARD
from ivr.embedded.handset import KEY_SECONDS, PAUSE_SECONDS
from ivr.embedded.phones import Caller
from ivr.embedded.pstn import AMI_USER, Network
from ivr.embedded.stack import Stack
from ivr.errors import HotlineError
from ivr.manager_link import ManagerLink
from ivr.model.incident import IncidentStatus
from ivr.model.money import HoldStatus
from ivr.model.report import IncidentReport
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.timeline import money_of

LINKS: Final = 10
"""Asterisk presses one key at a time for each manager connection."""
SPACING: Final = 0.3
"""Seconds between two callers who dial: all are in the call together long before the first has paid."""
LOOK: Final = 0.5
MENU, PRICE, FIELD, SUMMARY = 1.5, 13.0, 1.5, 9.0
"""Seconds after which the menu, the terms, the next field and the confirmation listen to keys; no event says so."""
AGAIN: Final = 6.0
"""Seconds without the event that a key leads to, before it is pressed once more."""
PATIENCE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Paid:
    """Seconds from the end of the confirming 1 to the moment at which the row says that the money is held."""

    seconds: float


def measure(stack: Stack, network: Network, callers: int, say: Callable[[str], None]) -> list[Measure]:
    """So many guests at once: each has to be held, to have an engineer rung, and to be released after hanging up."""
    with Store(stack.settings) as store, _links(stack) as links:
        guests = [Guest(network.caller(f"+1555557{place:04}"), links[place % LINKS], store) for place in range(callers)]
        paid, faults = _all_at_once(guests)
        for fault in sorted(set(faults)):
            say(f"{faults.count(fault)} paying calls failed: {fault}")
        differences = audit(store, StripeGateway(stack.settings))
        for one in differences:
            say(f"{one.what}: {one.records} in the records, {one.stripe} at Stripe. {one.means}")
    how = f"{len(paid)} of {callers} were held, had an engineer rung, and were released"
    measures = [
        Measure("paying calls at once that failed", len(faults), "calls", 0, how),
        Measure("differences between records and Stripe", len(differences), "", 0, "ivr money audit, afterwards"),
    ]
    if paid:
        ms = [each.seconds * 1000 for each in paid]
        detail = f"p95 of {len(ms)}; median {sorted(ms)[len(ms) // 2]:.0f}, worst {max(ms):.0f}"
        measures.append(Measure("1 to the row that says held, in the crowd", p95(ms), "ms", 150, detail))
    return measures


def _all_at_once(guests: Sequence["Guest"]) -> tuple[list[Paid], list[str]]:
    """Those who paid, and why the others did not."""

    def one(place: int) -> Paid | str:
        time.sleep(place * SPACING)
        try:
            return guests[place].pays()
        except (AssertionError, HotlineError) as problem:
            return str(problem)

    with ThreadPoolExecutor(len(guests)) as pool:
        outcomes = list(pool.map(one, range(len(guests))))
    return [each for each in outcomes if isinstance(each, Paid)], [each for each in outcomes if isinstance(each, str)]


@contextmanager
def _links(stack: Stack) -> Iterator[list[ManagerLink]]:
    """Connections for pressing keys alone."""
    address = stack.pstn
    with ExitStack() as closing:
        links = [ManagerLink("127.0.0.1", address.ami_port, AMI_USER, address.ami_secret, deadline=15.0) for _ in range(LINKS)]
        for link in links:
            link.start()
            closing.callback(link.stop)
            assert link.wait_connected(10.0), "the pstn's manager does not answer"
            link.action("Events", EventMask="off")
        yield links


class Guest:
    """A caller without an account who prepays the first block. Every step raises AssertionError when it does not happen."""

    def __init__(self, caller: Caller, keypad: ManagerLink, store: Store) -> None:
        self._caller = caller
        self._keypad = keypad
        self._store = store
        self._incident = 0

    def pays(self) -> Paid:
        """The whole call."""
        self._caller.dials()
        try:
            confirmed = self._pay()
            self._until("offer_made")
        finally:
            self._caller.hangs_up()
        held = next(event.at for event in self._report().events if event.kind == "hold_held")
        self._until_settled()
        return Paid(held.timestamp() - confirmed)

    def _pay(self) -> float:
        """Up to the hold. When the confirming 1 was let go, in seconds of the epoch, as the records' clock has it."""
        time.sleep(MENU)
        self._press("9")
        self._incident = self._find()
        time.sleep(PRICE)
        for keys, kind in (("1", "consent"), ("1", "category"), ("*", "identified"), ("1", "hold_opened")):
            self._press_until(keys, kind)
        for field in ("number", "expiry", "code", "zip"):
            time.sleep(FIELD)
            self._press(CARD[field] + "#")
        time.sleep(SUMMARY)
        return self._press_until("1", "hold_held")

    def _press(self, keys: str) -> float:
        for key in keys:
            time.sleep(PAUSE_SECONDS)
            assert self._caller.is_connected, f"hung up by the hotline (cause {self._caller.leg.cause})"
            uniqueid = self._caller.leg.uniqueid
            self._keypad.action("PlayDTMF", Channel=uniqueid, Digit=key, Duration=str(int(KEY_SECONDS * 1000)))
        return time.time()

    def _press_until(self, key: str, kind: str) -> float:
        """Presses the key, and once more when the event does not come. When it was let go."""
        let_go = self._press(key)
        if not self._happens(kind, AGAIN):
            let_go = self._press(key)
            self._until(kind)
        return let_go

    def _until(self, kind: str) -> None:
        assert self._happens(kind, PATIENCE), f"no {kind}; the last event is {self._report().events[-1].kind}"

    def _happens(self, kind: str, within: float) -> bool:
        return _in_time(lambda: any(event.kind == kind for event in self._report().events), within)

    def _until_settled(self) -> None:
        assert _in_time(self._is_settled, PATIENCE), f"not settled: {money_of(self._report())}"

    def _is_settled(self) -> bool:
        report = self._report()
        released = [hold.status for hold in report.holds] == [HoldStatus.RELEASED]
        return report.summary.status is IncidentStatus.ENDED and released

    def _find(self) -> int:
        """The number of this caller's incident."""
        found: list[int] = []

        def look() -> bool:
            newest = self._store.incidents(limit=1000)
            found[:] = [each.id for each in newest if each.caller_id == self._caller.number and each.ended_at is None]
            return bool(found)

        assert _in_time(look, PATIENCE), "no incident was opened"
        return found[0]

    def _report(self) -> IncidentReport:
        return self._store.report(self._incident)


def _in_time(fact: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not (so := fact()) and time.monotonic() < deadline:
        time.sleep(LOOK)
    return so
