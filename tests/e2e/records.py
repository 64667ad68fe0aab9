"""What stands in the records after a scenario, and waiting until it does."""

from typing import Any, Final

from ivr.model.incident import IncidentStatus
from ivr.model.offer import OfferEnd
from ivr.model.report import IncidentReport
from ivr.timeline import money_of
from tests.e2e.stage import Stage, wait_until

WITHOUT_ORDER: Final = frozenset({"leg_ended", "paged"})
"""Events that may come before or after their neighbours."""


class Records(Stage):
    """Of the incidents that began in this scenario."""

    def incident_id(self) -> int:
        """The number of this scenario's incident. Raises ``AssertionError`` when there is none, or more than one."""
        new = [each.id for each in self.store.incidents(limit=3) if each.id > self._newest]
        assert len(new) == 1, f"one incident expected, found {new}"
        return new[0]

    def incident_ids(self) -> list[int]:
        """The numbers of all of this scenario's incidents, newest first."""
        return [each.id for each in self.store.incidents(limit=100) if each.id > self._newest]

    def report(self) -> IncidentReport:
        return self.store.report(self.incident_id())

    def kinds(self) -> list[str]:
        """The kinds of this scenario's events in order."""
        return [event.kind for event in self.report().events if event.kind not in WITHOUT_ORDER]

    def offers(self) -> list[OfferEnd]:
        """How this scenario's offers ended, in order."""
        return [OfferEnd(str(event.detail["end"])) for event in self.report().events if event.kind == "offer_ended"]

    def money(self) -> dict[str, Any]:
        """Held, captured and released cents of this scenario's incident, once all of it is settled."""
        number = self.incident_id()
        wait_until(lambda: bool(money_of(self.store.report(number))["settled"]), 20, f"incident {number} is not settled")
        return money_of(self.store.report(number))

    def rung(self) -> list[str]:
        """The phones that were rung in this scenario."""
        return [phone.number for phone in self._phones() if phone.rings_so_far > self._rings[phone.number]]

    def open_incidents(self) -> list[int]:
        """Those of this scenario that have neither ended nor wait for their caller to call again."""
        over = (IncidentStatus.ENDED, IncidentStatus.SUSPENDED)
        return [each.id for each in self.store.incidents(limit=100) if each.id > self._newest and each.status not in over]

    def wait_idle(self) -> None:
        """Waits until no leg is up and this scenario's incidents are ended; who was cut off and could call again, does not."""
        wait_until(lambda: not self.network.legs_up(), 10, "a leg is still up")
        wait_until(lambda: not self.open_incidents(), 10, "an incident has not ended")
        self.window_is_over()

    def wait_metered(self) -> int:
        """Waits until the meter counts the talk of this scenario's incident; its number."""
        number = self.incident_id()
        wait_until(lambda: self.store.talk_is_open(number), 5, "the meter has not begun")
        return number

    def wait_suspended(self) -> None:
        """Waits until this scenario's incident waits for its caller to call again."""
        number = self.incident_id()
        wait_until(lambda: self.store.incident(number).status is IncidentStatus.SUSPENDED, 10, f"incident {number} is not suspended")

    def window_is_over(self) -> None:
        """The time for calling again passes, and what the worker does then is done."""
        self.sql("UPDATE incident SET suspended_until = clock_timestamp() WHERE status = 'suspended'")
        self.store.end_windows()
