"""Rings the phones for one caller, step by step of the ladder. Who has the incident is decided by the records alone.

Nothing here waits: whoever keeps the caller company calls :meth:`Ringers.look` again and again.
"""

from collections.abc import Iterator
from contextlib import suppress
from time import monotonic
from typing import Final

from ivr.errors import IllegalChange, SwitchboardDown, Unavailable
from ivr.hotline import Hotline
from ivr.ladder import Step
from ivr.model.offer import FailsafePhone, Offer, OfferEnd, Rung
from ivr.switchboard import RoutedRinging

RECORDS_EVERY: Final = 1.0
"""Seconds between two looks into the records while the manager is away: nobody would tell of an accept."""
RECORDS_AT_LEAST: Final = 5.0
"""The same while every accept is told of. When one may not have been (``Switchboard.missed``) they are looked at next."""


class Ringers:
    """The phones that ring for one incident now. Methods raise StoreUnavailable, SwitchboardDown."""

    def __init__(self, hotline: Hotline, incident_id: int, steps: Iterator[Step]) -> None:
        self._settings = hotline.settings
        self._store = hotline.store
        self._switchboard = hotline.switchboard
        self._incident_id = incident_id
        self._steps = steps
        self._next = next(steps, None)
        self._open: dict[int, tuple[Offer, RoutedRinging]] = {}
        self._looked = monotonic()
        self._missed = self._switchboard.missed
        self.accepted: Offer | None = None
        self.over = False
        """Whether the last step has ended and nobody has accepted."""

    @property
    def ringing(self) -> bool:
        """Whether any phone rings, or somebody listens to the whisper."""
        return bool(self._open)

    @property
    def listening(self) -> bool:
        """Whether somebody or something has picked up and not decided yet."""
        return any(ringing.answered for _, ringing in self._open.values())

    def look(self) -> Step | None:
        """See who has ended; when nobody rings any more but who takes long to decide, begin the next step and return it."""
        ends = {number: end for number, (_, ringing) in self._open.items() if (end := ringing.state())} | self._recorded()
        for number, end in ends.items():
            self._end(number, end)
        if self.accepted:
            self.let_go(OfferEnd.TAKEN)
        elif not self.over and self._may_begin():
            return self._begin()
        return None

    def _may_begin(self) -> bool:
        """Who listens for long keeps the right to accept, is waited for when there is nobody else, and is not rung a second time."""
        slow = {offer.phone for offer, ringing in self._open.values() if ringing.slow}
        if len(slow) < len(self._open):
            return False
        return not slow or (self._next is not None and any(phone.phone not in slow for phone in self._next.phones))

    def let_go(self, end: OfferEnd) -> None:
        """Nobody else is needed: what rings stops, who listens to the whisper hears why. Who has pressed 1 is left alone.

        Raises nothing: an engineer and a caller may be about to talk, or the caller is gone.
        """
        for offer, ringing in self._open.values():
            ours = True
            with suppress(Unavailable):  # the records first: they tell the engineer's script why
                ours = self._store.end_offer(offer.id, end)
            if ours:  # else its own script has ended it and says so
                with suppress(Unavailable):
                    self._switchboard.release(offer.uniqueid, answered=ringing.answered)
        self._open.clear()

    def _recorded(self) -> dict[int, OfferEnd]:
        """Ends that stand in the records, for an accept whose event was lost, or which another process' offer has got."""
        missed = self._switchboard.missed
        every = RECORDS_AT_LEAST if self._switchboard.connected else RECORDS_EVERY
        if missed == self._missed and monotonic() - self._looked < every:
            return {}
        self._looked, self._missed = monotonic(), missed
        return self._store.offer_ends(self._incident_id, list(self._open))

    def _end(self, number: int, end: OfferEnd) -> None:
        """This offer is over. An accept in the very last moment counts: the records decide."""
        self._open.pop(number, None)
        if self.accepted is None and (end is OfferEnd.ACCEPTED or not self._store.end_offer(number, end)):
            offer = self._store.offer(number)
            self.accepted = offer if offer.end is OfferEnd.ACCEPTED else None

    def _begin(self) -> Step | None:
        step, self._next = self._next, next(self._steps, None)
        if step is None:
            self.over = True
            return None
        try:
            for phone in self._free(step):
                self._ring(phone, step)
        except IllegalChange:  # an engineer whom another process rang for this caller has accepted meanwhile
            self.accepted = self._store.accepted_offer(self._incident_id)
            if self.accepted is None:
                raise
            self.let_go(OfferEnd.TAKEN)
        return step

    def _ring(self, phone: Rung | FailsafePhone, step: Step) -> None:
        offer = self._store.make_offer(self._incident_id, phone)
        seconds = step.seconds or self._settings.ring_seconds
        try:
            self._open[offer.id] = offer, self._switchboard.ring(offer, seconds, caller_id=self._settings.did)
        except SwitchboardDown:
            with suppress(Unavailable):
                self._store.end_offer(offer.id, OfferEnd.UNREACHABLE)
            raise

    def _free(self, step: Step) -> list[Rung | FailsafePhone]:
        """Who is rung; the timeline says who is not, and why."""
        for rung in step.repeated:
            self._not_rung(rung, "same_phone")
        busy = self._store.busy_engineers()
        talking = [phone for phone in step.phones if isinstance(phone, Rung) and phone.engineer_id in busy]
        for rung in talking:
            self._not_rung(rung, "talking")
        listening = {offer.phone for offer, _ in self._open.values()}
        return [phone for phone in step.phones if phone not in talking and phone.phone not in listening]

    def _not_rung(self, rung: Rung, why: str) -> None:
        self._store.note(self._incident_id, "not_rung", engineer=rung.name, phone=rung.phone, why=why)
