"""What became of one ringing engineer's phone, from Asterisk's events. No I/O."""

from collections.abc import Mapping
from math import inf
from time import monotonic
from typing import Final

from ivr.model.offer import Offer, OfferEnd

_SETTLE: Final = 1.0
"""Seconds that the hang-up's cause may come after the report that the call failed (tried: within 1 ms)."""

_CAUSES: Final = {"17": OfferEnd.BUSY, "21": OfferEnd.DECLINED}
"""Q.850. Everything else before an answer is UNREACHABLE, or NO_ANSWER when the phone did ring."""

_LONGEST_WHISPER: Final = 120.0
"""Seconds beyond ``patience`` after which nobody can still be listening: a last hearing, three times asked, takes half of it."""

_NOT_ANSWERED: Final = frozenset({"0", "16", "18", "19", "102"})
_REASONS: Final = {"3": OfferEnd.NO_ANSWER, "5": OfferEnd.BUSY}


class Ringing:
    """Fed by the manager's thread, read by the caller's. A missed event can't make it last: ``_LONGEST_WHISPER`` bounds it."""

    def __init__(self, offer: Offer, *, ring_seconds: float, patience: float, tried: int = 0) -> None:
        """``patience``: seconds after its answer that nobody else is rung for a phone. It may still accept until its script ends.

        ``tried``: how many routes have failed before, each with a leg of the same uniqueid.
        """
        self.uniqueid = offer.uniqueid
        self.action_id = f"{offer.uniqueid}-route{tried}" if tried else offer.uniqueid
        self.channel: str | None = None
        self.end: OfferEnd | None = None
        self._offer = str(offer.id)
        self._patience = patience
        self._rang = False
        self._answered = False
        self._patient_until = inf
        self._failed: tuple[float, OfferEnd] | None = None
        self.began = monotonic()
        self._until = self.began + ring_seconds + 2 * _SETTLE

    @property
    def answered(self) -> bool:
        """Whether somebody or something picked up."""
        return self._answered

    @property
    def slow(self) -> bool:
        """Whether who or what picked up takes so long that others are rung as well."""
        return monotonic() > self._patient_until

    @property
    def route_failed(self) -> bool:
        """Whether it ended before anything rang, and not because the phone is busy: another route may reach it.

        A carrier's refusal (403) has the same cause as a person's, but a person's phone has rung.
        """
        return self.end in (OfferEnd.UNREACHABLE, OfferEnd.DECLINED) and not self._rang and not self._answered

    def state(self) -> OfferEnd | None:
        """How the offer ended; None while the phone rings or the engineer listens to the whisper."""
        if self.end is None and self._failed and monotonic() > self._failed[0] + _SETTLE:
            self.end = self._failed[1]
        if self.end is None and monotonic() > self._until:
            self.end = OfferEnd.NOT_ACCEPTED if self._answered else OfferEnd.NO_ANSWER
        return self.end

    def hear(self, event: Mapping[str, str]) -> None:
        """Take one event in; those of other channels are passed over."""
        kind = event.get("Event")
        if self.end is not None:
            return
        if kind == "OriginateResponse":
            self._on_response(event)
        elif event.get("Uniqueid") == self.uniqueid:
            self.channel = event.get("Channel", self.channel)
            if kind == "Hangup":
                self.end = self._end_by(event.get("Cause", ""))
            elif kind == "Newstate":
                self._on_state(event.get("ChannelStateDesc", ""))
            elif kind == "UserEvent" and event.get("UserEvent") == "IvrAccepted" and event.get("Offer") == self._offer:
                self.end = OfferEnd.ACCEPTED

    def lost(self) -> None:
        """Asterisk knows no such channel any more, and the event that said why was missed."""
        if self.end is None:
            self.end = OfferEnd.NOT_ACCEPTED if self._answered else OfferEnd.UNREACHABLE

    def _on_response(self, event: Mapping[str, str]) -> None:
        """``OriginateResponse``: a failure's reason is 0 for nearly everything, so the hang-up's cause is awaited if there is a channel."""
        if event.get("ActionID") != self.action_id or event.get("Response") != "Failure":
            return
        end = _REASONS.get(event.get("Reason", ""), OfferEnd.UNREACHABLE)
        if self.channel is None:
            self.end = end
        else:
            self._failed = (monotonic(), end)

    def _on_state(self, state: str) -> None:
        self._rang = self._rang or state == "Ringing"
        if state == "Up" and not self._answered:
            self._answered = True
            self._patient_until = monotonic() + self._patience
            self._until = self._patient_until + _LONGEST_WHISPER

    def _end_by(self, cause: str) -> OfferEnd:
        if self._answered:
            return OfferEnd.NOT_ACCEPTED
        if self._rang and cause in _NOT_ANSWERED:
            return OfferEnd.NO_ANSWER
        return _CAUSES.get(cause, OfferEnd.UNREACHABLE)
