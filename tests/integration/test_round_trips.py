"""How often the records are asked in one covered call, on a real database: each time costs the caller a wait and two processes work.

The bounds are what it takes now. Who needs one more raises them knowingly.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from ivr import call
from ivr.config import Settings
from ivr.hungup import hungup
from ivr.model.incident import EndReason
from ivr.model.leg import LegOver
from ivr.model.offer import Offer
from ivr.pins import hash_pin
from ivr.records.database import Database
from ivr.ringing import Ringing
from ivr.store import Store
from tests.integration.cast import COVERED
from tests.integration.conftest import Sql
from tests.unit.scripted import ScriptedPhone

CALLER = {"disclosure_menu": ["1"], "ask_category": ["1"], "ask_account": ["1001#"], "ask_pin": ["4711#"]}


class Ann:
    """The switchboard of a node on which an engineer answers at once, and presses 1."""

    connected, missed = True, 0

    def __init__(self, script: Callable[[ScriptedPhone], None]) -> None:
        self.script = script
        self.offers: list[Offer] = []

    def ring(self, offer: Offer, seconds: int, caller_id: str) -> Ringing:
        self.offers.append(offer)
        self.script(ScriptedPhone({"whisper_menu": ["1"]}, variables={"IVR_OFFER": str(offer.id)}, uniqueid=offer.uniqueid))
        ringing = Ringing(offer, ring_seconds=seconds, patience=20.0)
        accepted = {"Event": "UserEvent", "UserEvent": "IvrAccepted", "Uniqueid": offer.uniqueid, "Offer": str(offer.id)}
        ringing.hear(accepted)
        return ringing


class Line:
    """What the scripts need, with every query that they ask by name."""

    def __init__(self, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.settings = settings
        self.store = store
        self.stripe = None
        self.switchboard = Ann(self._whisper)
        self.asked: dict[str, list[str]] = {}
        self._now: list[str] = []
        once = Database._once

        def counted(database: Database, name: str, values: Mapping[str, Any], deadline: float) -> Any:
            self._now.append(name)
            return once(database, name, dict(values), deadline)

        monkeypatch.setattr(Database, "_once", counted)

    @contextmanager
    def counting(self, script: str) -> Iterator[None]:
        before, self._now = self._now, []
        yield
        self.asked[script], self._now = self._now, before

    def _whisper(self, phone: ScriptedPhone) -> None:
        with self.counting("engineer"):
            call.engineer(self, phone)  # type: ignore[arg-type]


@pytest.fixture
def line(settings: Settings, store: Store, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> Line:
    sql("UPDATE customer SET trunks = false, pin_hash = %s WHERE id = %s", hash_pin("4711", SecretStr("pepper")), COVERED)
    return Line(settings, store, monkeypatch)


MOST = {"call": 22, "engineer": 2, "key": 2, "ending": 3, "engineer's leg over": 1, "caller's leg over": 1}


def test_a_covered_call_asks_the_records_no_more_often_than_it_did(line: Line) -> None:
    """A stranger's phone, account and PIN, an agreement with minutes; the first engineer accepts and presses ``*1``."""
    anything: Any = line
    caller = ScriptedPhone(CALLER, caller_id="+12025550199")
    with line.counting("call"):
        call.call(anything, caller)
    [offer] = line.switchboard.offers
    talk = line.store.talk_began(offer.uniqueid, caller.uniqueid, "bridge-1", 100.0)
    with line.counting("key"):
        variables = {"IVR_INCIDENT": str(offer.incident_id), "IVR_OFFER": str(offer.id)}
        call.key(anything, ScriptedPhone({"confirm_resolved": ["1"]}, variables=variables, argument="resolved", uniqueid=offer.uniqueid))
    line.store.talk_ended(talk, 40.0)
    with line.counting("engineer's leg over"):
        hungup(anything, LegOver(offer.uniqueid, "PJSIP/trunk-2", 16, None, ""))
    caller.variables["IVR_TALKING_TO"] = caller.variables["IVR_ENGINEER_CHANNEL"]
    with line.counting("ending"):
        call.ending(anything, caller)
    with line.counting("caller's leg over"):
        hungup(anything, LegOver(caller.uniqueid, caller.channel, 16, caller.caller_id, ""))

    assert line.store.incident(offer.incident_id).reason is EndReason.RESOLVED
    more = {script: names for script, names in line.asked.items() if len(names) > MOST[script]}
    assert not more
    assert set(line.asked) == set(MOST)
