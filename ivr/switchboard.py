"""Rings engineers, ends legs, limits them, and tells what happens in Asterisk: its manager interface in the hotline's words."""

import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from threading import Lock
from time import monotonic, sleep
from typing import Final

from ivr import logs
from ivr.channel_variables import ANNOUNCE_TO, INCIDENT, OFFER, SINCE
from ivr.config import Settings
from ivr.errors import SwitchboardDown
from ivr.manager_link import ManagerLink
from ivr.model.offer import Offer
from ivr.ringing import Ringing
from ivr.routes import RoutedRinging, Routes
from ivr.trunks import dial_strings

__all__ = ["ManagerLink", "Ringing", "RoutedRinging", "Switchboard"]

log = logging.getLogger(__name__)

_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_NUMBER: Final = re.compile(r"\+?[0-9]{1,15}")
_CHANNEL: Final = re.compile(r"[A-Za-z0-9][\w.+@;:/-]{0,127}", re.ASCII)

_SOON: Final = 0.05
"""Between two tries to hang up a leg that is not there yet."""

_CREATED: Final = 2.0
"""Seconds after which Asterisk has made the channel of an originate that it queued."""

Listener = Callable[[Mapping[str, str]], None]


class Switchboard:
    """Thread-safe. Actions raise SwitchboardDown within ``settings.ami_seconds`` when the manager is away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._listeners: list[Listener] = [self._hear]
        self._on_connect: list[Callable[[], None]] = [self._reconcile]
        self._ringing: dict[str, Ringing] = {}
        self.missed = 0
        """Grows when somebody may have accepted whom no ringing phone here knows of: in a gap of the events, or rung by another process."""
        self._routes = Routes()
        self._lock = Lock()
        self._link = ManagerLink(
            settings.agi_host,
            settings.ami_port,
            settings.ami_user,
            settings.ami_secret.get_secret_value(),
            deadline=settings.ami_seconds,
            on_event=self._event,
            on_connect=self._connect,
        )

    @property
    def connected(self) -> bool:
        """Whether Asterisk's manager is there now."""
        return self._link.connected

    @property
    def delivered(self) -> float:
        """Up to which moment (monotonic) the listeners have heard everything."""
        return self._link.delivered

    def start(self) -> None:
        """Connect in the background, and stay connected."""
        self._link.start()

    def stop(self) -> None:
        """Disconnect for good."""
        self._link.stop()

    def wait_connected(self, seconds: float) -> bool:
        """Wait for the connection; whether it is there."""
        return self._link.wait_connected(seconds)

    def listen(self, listener: Listener) -> None:
        """Before start: call this for each event, on the manager's thread. It must not block nor ask for an action."""
        self._listeners.append(listener)

    def on_connect(self, callback: Callable[[], None]) -> None:
        """Before start: call this after each login, when events may have been missed. On a thread of its own."""
        self._on_connect.append(callback)

    def ring(self, offer: Offer, seconds: int, caller_id: str) -> RoutedRinging:
        """Ring the engineer's phone for so many seconds; the leg runs ``ess-engineer`` when it answers.

        The next route is tried where the first rings nothing. A malformed phone number is never dialled: the offer is unreachable at once.
        Raises SwitchboardDown, also when Asterisk refuses.
        """
        dials = dial_strings(self._settings, offer.phone) if _PHONE.fullmatch(offer.phone) else ("",)
        return RoutedRinging(dials, self._routes, partial(self._ring_by, offer, seconds, caller_id))

    def _ring_by(self, offer: Offer, seconds: int, caller_id: str, dial: str, tried: int) -> Ringing:
        ringing = Ringing(offer, ring_seconds=seconds, patience=self._settings.whisper_seconds, tried=tried)
        if not dial:
            log.error("Engineer %d's phone number is not E.164: not dialled", offer.engineer_id)
            ringing.lost()
            return ringing
        if tried:
            log.warning("offer %d: nothing rang by the route before, %s is tried", offer.id, dial.rpartition("@")[2])
        with self._lock:
            self._ringing[offer.uniqueid] = ringing
        try:
            self._demand("Originate", **_originate(offer, ringing.action_id, dial, seconds, caller_id))
        except SwitchboardDown:
            self._forget(offer.uniqueid)
            raise
        return ringing

    def hang_up(self, channel_or_uniqueid: str) -> None:
        """End a leg, also one that Asterisk is only about to make (an originate is queued).

        Does nothing when it is over already, or when that can't be a channel's name.
        """
        if not _CHANNEL.fullmatch(channel_or_uniqueid):
            return
        until = monotonic() + _CREATED
        while self._link.action("Hangup", Channel=channel_or_uniqueid, Cause="16").get("Response") != "Success":
            if channel_or_uniqueid not in self._ringing or monotonic() > until:
                return
            sleep(_SOON)

    def release(self, uniqueid: str, *, answered: bool) -> None:
        """Let an engineer go who is not needed any more: a ringing phone stops, who has ``answered`` is told why by the engineer's script.

        Does nothing when the leg is over.
        """
        if answered:
            self._link.action("Redirect", Channel=uniqueid, Context="ess-engineer", Exten="told", Priority="1")
        else:
            self.hang_up(uniqueid)

    def limit(self, channel: str, seconds: float) -> bool:
        """End the leg's present step in so many seconds (extension ``T``), more than none.

        False when it may not have taken, and is to be asked again: the leg is over, or a key's script runs, which has put the limit
        aside and will put it back (``[ess-key]``). A key lasts longer than the two looks for one are apart.
        """
        if not _CHANNEL.fullmatch(channel) or not self._without_key(channel):
            return False
        done = self._link.action("AbsoluteTimeout", Channel=channel, Timeout=f"{max(0.1, seconds):.1f}").get("Response") == "Success"
        return done and self._without_key(channel)

    def announce(self, channel: str, prompt: str) -> None:
        """Say a prompt into the talk of this leg: both sides hear it, the talk goes on. Raises SwitchboardDown, also when refused.

        One half of a Local channel plays it, the other whispers it to both (``[ess-announce]``); neither enters the talk's bridge.
        """
        if _CHANNEL.fullmatch(channel):
            self._demand("Originate", **_announcement(channel, prompt))

    def _without_key(self, channel: str) -> bool:
        answer = self._link.action("Getvar", Channel=channel, Variable=SINCE)
        return answer.get("Response") == "Success" and not answer.get("Value")

    def channels(self) -> dict[str, Mapping[str, str]]:
        """Every channel that there is, by uniqueid, as Asterisk's ``Status`` event (``Channel``, ``BridgeID`` …)."""
        return {event["Uniqueid"]: event for event in self._link.actions_list("Status") if "Uniqueid" in event}

    def started(self) -> datetime | None:
        """When Asterisk was started, to the second; None when it does not say. It tells it in its local time, which is this machine's."""
        answer = self._link.action("CoreStatus")
        try:
            return datetime.fromisoformat(f"{answer['CoreStartupDate']}T{answer['CoreStartupTime']}").astimezone()
        except (KeyError, ValueError):
            log.warning("Asterisk does not say when it was started: %s", answer.get("Message"))
            return None

    def _demand(self, action: str, **headers: str | list[str]) -> None:
        response = self._link.action(action, **headers)
        if response.get("Response") != "Success":
            raise SwitchboardDown(f"Asterisk refused {action}: {response.get('Message')}.")

    def _event(self, event: Mapping[str, str]) -> None:
        logs.hears(event)
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:
                log.exception("A listener failed on %s", event.get("Event"))
        logs.hears(None)

    def _hear(self, event: Mapping[str, str]) -> None:
        if event.get("UserEvent") == "IvrAccepted" and event.get("Uniqueid") not in self._ringing:
            self._may_have_missed()
        for ringing in list(self._ringing.values()):
            ringing.hear(event)
            if ringing.end is not None:
                self._forget(ringing.uniqueid)

    def _may_have_missed(self) -> None:
        with self._lock:
            self.missed += 1

    def _connect(self) -> None:
        for callback in self._on_connect:
            try:
                callback()
            except SwitchboardDown as error:
                log.warning("%s", error)

    def _reconcile(self) -> None:
        """After a gap in the events: what rang and is no more, has ended; what is there may have been answered."""
        self._may_have_missed()
        before = [ringing for ringing in list(self._ringing.values()) if monotonic() - ringing.began > _CREATED]
        if before:
            present = self.channels()
            for ringing in before:
                if there := present.get(ringing.uniqueid):
                    ringing.hear({**there, "Event": "Newstate"})
                else:
                    ringing.lost()
                    self._forget(ringing.uniqueid)

    def _forget(self, uniqueid: str) -> None:
        with self._lock:
            self._ringing.pop(uniqueid, None)


def _originate(offer: Offer, action_id: str, dial: str, seconds: int, caller_id: str) -> dict[str, str | list[str]]:
    return {
        "ActionID": action_id,
        "Channel": dial,
        "ChannelId": offer.uniqueid,
        "Context": "ess-engineer",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Timeout": str(seconds * 1000),
        "CallerID": caller_id if _NUMBER.fullmatch(caller_id) else "",
        "Variable": [f"{OFFER}={offer.id}", f"{INCIDENT}={offer.incident_id}"],
    }


def _announcement(channel: str, prompt: str) -> dict[str, str | list[str]]:
    return {
        "Channel": f"Local/{prompt}@ess-announce/n",
        "Context": "ess-announce-to",
        "Exten": "s",
        "Priority": "1",
        "Async": "true",
        "Variable": [f"{ANNOUNCE_TO}={channel}"],
    }
