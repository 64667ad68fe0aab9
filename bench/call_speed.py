"""How fast the hotline answers a caller, measured by sound at the phones; and what a covered call costs ``serve``."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from bench.measures import Measure, latency
from bench.process import cpu_seconds
from ivr import pins
from ivr.embedded.cast import ANN, COVERED
from ivr.embedded.handset import Handset
from ivr.embedded.hearing import CHUNK
from ivr.embedded.loops import LoopSearch
from ivr.embedded.phones import Caller
from ivr.embedded.pstn import Network
from ivr.embedded.recording import FRAME, Sound
from ivr.embedded.stack import Stack

STRANGER: Final = "+15555550177"
"""A phone that the hotline does not know, so that the account is asked for."""
SAME: Final = 0.7
"""Correlation from which on 20 ms are taken for the same sound."""
IDLE_SECONDS: Final = 20.0
PIN_CHECKS: Final = 20


@dataclass(frozen=True, slots=True)
class CallTimes:
    """Seconds of one covered call, each from the end of a key to the first 20 ms of sound above -40 dBFS that it leads to."""

    disclosure: float
    entitlement: float
    talk: float


def measure(stack: Stack, network: Network, *, calls: int, covered: int, say: Callable[[str], None]) -> list[Measure]:
    """``covered`` calls in full and the rest of ``calls`` up to the disclosure, one after the other."""
    _said(say, "warm-up", covered_call(network))
    full, cpu = _cpu_per_call(stack, [partial(covered_call, network)] * covered, say)
    disclosures = [times.disclosure for times in full] + [short_call(network) for _ in range(calls - covered)]
    check = pin_check_seconds(stack)
    how = f"mean of {covered}, less {check * 1000:.1f} ms of PIN hashing and what serve takes when idle"
    return [
        latency("9 to disclosure", disclosures, 500),
        latency("PIN's last key to entitlement", [times.entitlement for times in full], 500),
        latency("accept to both hearing each other", [times.talk for times in full], 500),
        Measure("serve's CPU per covered call", (cpu - check) * 1000, "ms", 15, how),
    ]


def short_call(network: Network) -> float:
    """9, and hang up in the disclosure. Seconds from the key's end to the disclosure's first sound."""
    caller = network.caller(STRANGER)
    seconds = _to_disclosure(caller)
    caller.hangs_up()
    return seconds


def covered_call(network: Network) -> CallTimes:
    """The whole call of a covered customer with Ann, who lets the whisper say who waits before she presses 1."""
    caller, ann = network.caller(STRANGER), network.phone(ANN.phone)
    disclosure = _to_disclosure(caller)
    caller.hears("disclosure_terms", within=15)
    caller.presses("1")
    caller.hears("ask_category")
    caller.presses("1")
    caller.hears("ask_account")
    caller.presses(COVERED.account + "#")
    caller.hears("ask_pin")
    last_key = caller.presses(COVERED.pin + "#")
    entitlement = caller.hears("covered").arrived - last_key
    ann.rings(within=20)
    ann.answers()
    ann.hears("whisper_menu", within=20)
    talk = _accept(ann, caller)
    _end(ann, caller)
    return CallTimes(disclosure, entitlement, talk)


def pin_check_seconds(stack: Stack) -> float:
    """Processor seconds of one right PIN's check."""
    pepper = stack.settings.pin_pepper
    stored = pins.hash_pin(COVERED.pin, pepper)
    before = time.process_time()
    for _ in range(PIN_CHECKS):
        pins.check_pin(COVERED.pin, stored, pepper)
    return (time.process_time() - before) / PIN_CHECKS


def _cpu_per_call(stack: Stack, calls: Sequence[Callable[[], CallTimes]], say: Callable[[str], None]) -> tuple[list[CallTimes], float]:
    """The calls' times, and the processor seconds of ``serve`` for one of them beyond what it takes when nobody calls."""
    pid = stack.pid("serve")
    idle = cpu_seconds(pid)
    time.sleep(IDLE_SECONDS)  # the span that is measured
    before, began = cpu_seconds(pid), time.monotonic()
    idle_share = (before - idle) / IDLE_SECONDS
    times = [_said(say, "covered call", call()) for call in calls]
    spent = cpu_seconds(pid) - before - idle_share * (time.monotonic() - began)
    say(f"serve takes {idle_share:.2%} of a core when idle")
    return times, spent / len(calls)


def _to_disclosure(caller: Caller) -> float:
    caller.dials()
    caller.hears("main_menu")
    nine = caller.presses("9")
    return caller.hears("disclosure").arrived - nine


def _accept(engineer: Handset, caller: Handset) -> float:
    """Both speak all the time. Seconds from the end of the engineer's 1 until the later of them hears the other."""
    caller.says()
    engineer.says()
    pairs = [(engineer, caller, engineer.leg.ears.track.samples), (caller, engineer, caller.leg.ears.track.samples)]
    one = engineer.presses("1")
    return max(_first_heard(listener, speaker, since) for listener, speaker, since in pairs) - one


def _first_heard(listener: Handset, speaker: Handset, since: int) -> float:
    """Monotonic seconds when the first 20 ms of the speaker's voice arrived."""
    ears = listener.leg.ears
    voice = ears.library.voice(speaker.name)
    ears.loop(f"the voice of {speaker.name}", [voice], 5.0, since)
    sound = ears.sound()
    found = LoopSearch([voice], since).advance(sound)
    place = voice.place(sound[found : found + CHUNK]) if found is not None else None
    if found is None or place is None:
        raise AssertionError(f"the voice of {speaker.name} was found only once")
    return ears.track.first_sound_from(_begin(sound, voice.sound, found, place))


def _begin(sound: Sound, voice: Sound, found: int, place: int) -> int:
    """The voice is certain at sample ``found``, where its own sample ``place`` is heard: go back frame by frame while it still is."""
    while found >= FRAME and _alike(sound[found - FRAME : found], np.take(voice, range(place - FRAME, place), mode="wrap")):
        found, place = found - FRAME, place - FRAME
    return found


def _alike(one: Sound, other: Sound) -> bool:
    return bool(one.std() and other.std()) and float(np.corrcoef(one.astype(float), other.astype(float))[0, 1]) > SAME


def _end(engineer: Handset, caller: Caller) -> None:
    engineer.hangs_up()
    caller.hears("engineer_left")
    caller.presses("2")
    caller.hears("goodbye_caller_stopped", within=25)
    caller.wait_hung_up()


def _said(say: Callable[[str], None], what: str, times: CallTimes) -> CallTimes:
    say(f"{what}: disclosure {times.disclosure:.3f} s, entitlement {times.entitlement:.3f} s, talk {times.talk:.3f} s")
    return times
