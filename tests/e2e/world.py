"""A stack with its phones as a scenario uses it: ways through the call, faults, and what stands in the records afterwards.

Every wait has a deadline and every failed expectation says what was heard instead.
"""

from ivr.embedded.cast import COVERED, EXHAUSTED, LAPSED, LAPSED_WITH_TRUNKS, MONTHLY, OFFICE_HOURS, SIXTY_MINUTES, WITH_TRUNKS
from tests.e2e.faults import Faults
from tests.e2e.stage import STRANGER, wait_until
from tests.e2e.ways import Ways

__all__ = [
    "COVERED", "EXHAUSTED", "LAPSED", "LAPSED_WITH_TRUNKS", "MONTHLY", "OFFICE_HOURS", "SIXTY_MINUTES", "STRANGER", "WITH_TRUNKS",
    "World", "wait_until",
]  # fmt: skip


class World(Ways, Faults):
    """Begins and finishes one scenario after the other."""

    def begin(self) -> None:
        """Everybody's phone is idle and rings out; what happened before does not count."""
        self._callers.clear()
        self.window_is_over()  # of a scenario that was broken off: the same number calls again now
        for phone in self._phones():
            phone.lets_ring()
            phone.forget_rings()
        self._newest = max((each.id for each in self.store.incidents(limit=1)), default=0)
        self._rings = {phone.number: phone.rings_so_far for phone in self._phones()}
        self.sandbox.clear_faults()
        self._forget_cards()
        self._forget_guesses()

    def finish(self) -> None:
        """Hangs up what is still in a call and waits until the hotline is idle."""
        for caller in self._callers:
            if caller.has_dialled:
                caller.hangs_up()
        self.network.hang_up_all()
        self.sandbox.clear_faults()
        self.wait_idle()

    def _forget_cards(self) -> None:
        """The cards of earlier scenarios were tried the day before yesterday, so that the limits of a day begin anew."""
        rule = "ALTER TABLE card_try {} TRIGGER card_try_rule"
        self.sql(f"{rule.format('DISABLE')}; UPDATE card_try SET began_at = began_at - interval '2 days'; {rule.format('ENABLE')}")

    def _forget_guesses(self) -> None:
        """Wrong PINs of earlier scenarios lock nobody any more."""
        rule = "ALTER TABLE pin_try {} TRIGGER pin_try_rule"
        self.sql(f"{rule.format('DISABLE')}; UPDATE pin_try SET at = at - interval '2 days'; {rule.format('ENABLE')}")
