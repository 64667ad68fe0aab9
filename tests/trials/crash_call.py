"""The script of a paying call that is broken off as soon as ``serve`` was killed (:mod:`tests.trials.crashing`)."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ivr.embedded.cast import LAPSED
from ivr.embedded.handset import Handset
from ivr.embedded.phones import Caller
from ivr.embedded.polling import wait_until
from ivr.embedded.recording import Sound
from ivr.embedded.searching import Search
from ivr.model.offer import OfferEnd
from tests.e2e.cards import DECLINING, GOOD, KeyedCard
from tests.e2e.world import World
from tests.trials.crashing import Plan

_WORKERS: Final = "worker query card_held"
"""Serve writes this from the bank's answer, the worker from Stripe's event: whoever hears it first."""
_LATE_SECONDS: Final = 2.0
TALKED: Final = 100
"""Seconds that the talk is made to have lasted: enough to be charged."""


class Crashed(Exception):
    """The plan struck: what the script of the call waits for will not come."""


class PayingCall:
    """Without a plan the whole call. Each step raises Crashed once ``serve`` was killed."""

    def __init__(self, world: World, plan: Plan | None) -> None:
        self._world = world
        self._plan = plan
        self._caller: Caller = world.caller()
        self._before = {intent["id"] for intent in world.sandbox.intents()}
        self._laid = self._talking = False

    def intents(self) -> list[dict[str, Any]]:
        """This call's payments at Stripe."""
        return [intent for intent in self._world.sandbox.intents() if intent["id"] not in self._before]

    def pays(self, declines: bool) -> None:
        """Up to the approval; ``declines``: with a card first that the bank refuses."""
        self._world.to_payment(self._caller, LAPSED)
        if self._plan is not None:
            self._plan.lay(self._world.stack.folder)
            self._laid = True
        self._listens(self._caller)
        self._caller.presses("1")
        if declines:
            self._keys_in(DECLINING["declined"])
            self._hears(self._caller, "decline_declined")
        if self._plan is not None and self._plan.boundary == _WORKERS:
            self._world.sandbox.faults("delay_after", "/v1/payment_intents/*/confirm", method="POST", seconds=_LATE_SECONDS)
        self._keys_in(GOOD)
        self._hears(self._caller, "card_approved")

    def talks(self) -> None:
        """An engineer accepts, and they talk as long as it takes to be charged."""
        world, ann = self._world, self._world.ann
        self._until(lambda: ann.is_ringing)
        ann.answers()
        self._listens(ann)
        self._hears(ann, "whisper")
        self._do(lambda: ann.presses("1"))
        self._until(lambda: "talk_began" in world.kinds())
        self._talking = True
        world.sql(f"UPDATE talk SET seconds = {TALKED} WHERE incident_id = {world.incident_id()}")

    def ends(self) -> None:
        """The engineer's key, the goodbye."""
        ann = self._world.ann
        self._do(lambda: ann.presses("*1"))
        self._hears(ann, "confirm_resolved")
        self._do(lambda: ann.presses("1"))
        self._until(lambda: not self._caller.is_connected)

    def goes_on(self) -> None:
        """After the crash: who has talked may hear the goodbye, all others are with the failsafe and hang up."""
        self._laid = False
        if not self._talking and OfferEnd.ACCEPTED not in self._world.offers():
            self._caller.hears("failsafe_connecting", within=15)
        self._world.wait_ready()
        if self._talking:
            wait_until(lambda: not self._caller.is_connected, 15)
        if self._caller.is_connected:
            self._caller.hangs_up()

    def _keys_in(self, card: KeyedCard) -> None:
        fields = {"ask_card_number": card.number, "ask_expiry": card.expiry, "ask_code": card.code, "ask_zip": card.zip}
        for prompt, digits in fields.items():
            self._hears(self._caller, prompt)
            self._do(partial(self._caller.presses, f"{digits}#"))
        self._hears(self._caller, "confirm_card")
        self._do(lambda: self._caller.presses("1"))

    def _listens(self, phone: Handset) -> None:
        """What this phone waits to hear is not waited for after a crash."""
        ears = phone.leg.ears
        recognise = ears._recognise

        def watched(search: Search, sound: Sound, received: int) -> int | None:
            self._look()
            return recognise(search, sound, received)

        ears._recognise = watched  # type: ignore[method-assign]

    def _hears(self, phone: Handset, prompt: str) -> None:
        self._do(lambda: phone.hears(prompt, within=25))

    def _do(self, act: Callable[[], object]) -> None:
        self._look()
        try:
            act()
        except AssertionError:
            self._look()
            raise

    def _until(self, fact: Callable[[], bool], seconds: float = 25.0) -> None:
        def over() -> bool:
            return self._struck() or fact()

        met = wait_until(over, seconds)
        self._look()
        assert met, "the call did not go on"

    def _look(self) -> None:
        if self._struck():
            raise Crashed

    def _struck(self) -> bool:
        """Only a kill of ``serve`` is felt in the call."""
        return self._laid and self._plan is not None and self._plan.hits("serve") and self._plan.is_done(self._world.stack.folder)
