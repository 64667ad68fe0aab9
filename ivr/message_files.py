"""The files of recorded messages: made before Asterisk writes them, taken into the records afterwards.

Asterisk must be able to write what this process makes: both run as the same user.
"""

import logging
import os
import struct
from array import array
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from ivr import paging
from ivr.config import Settings
from ivr.errors import StoreUnavailable
from ivr.model.report import Message, Occasion
from ivr.store import Store

log = logging.getLogger(__name__)

RATE: Final = 8000
"""Samples a second, 16 bit each."""
HEADER: Final = 44
"""Bytes before the sound, as Asterisk writes them."""
LOUD: Final = 327
"""A sample above this (-40 dBFS) is more than the noise of a line."""
FRAME: Final = RATE // 50
LEAST: Final = 1.0
"""Seconds of sound below which nothing was said."""
CLOSING_SECONDS: Final = 2.0
"""How long Asterisk may take to close a file after it has told of its end."""
_PROMPTS_SECONDS: Final = 120.0
"""How much longer than its recording a message may be under way: what is said before it."""
_LOOK_SECONDS: Final = 0.03


def make(folder: Path, name: str) -> Path:
    """An empty file that only its owner can read, for Asterisk to fill; its path. Raises OSError: disk full, no folder to be had."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path


def take_in(store: Store, folder: Path, message: Message) -> float:
    """Write down how long the message became, and page everybody who is to hear it. Its seconds, 0 when nothing was said.

    Does not raise: when the records are away the worker does it later (:func:`take_in_leftovers`).
    """
    path = folder / message.file
    closed(path)
    seconds = seconds_said(path)
    try:
        _enter(store, message, seconds)
    except StoreUnavailable as away:
        log.error("the length of message %s is not written down yet: %s", message.file, away)
    return seconds


def take_in_leftovers(settings: Settings, store: Store) -> list[str]:
    """The same for messages on this machine that a killed process left; the names of their files. Raises StoreUnavailable."""
    left = store.unmeasured_messages(settings.message_seconds + _PROMPTS_SECONDS)
    for message in left:
        path = settings.messages_folder / message.file
        mend(path)
        _enter(store, message, seconds_said(path))
        log.warning("message %s was left by a killed process: taken in", message.file)
    return [message.file for message in left]


def _enter(store: Store, message: Message, seconds: float) -> None:
    """The page first: written down it would be taken for done. A page goes out once, however often it is asked for."""
    if seconds:
        paging.page(store, message.incident_id, Occasion.MESSAGE)
    store.message_recorded(message.id, seconds)


def closed(path: Path, seconds: float = CLOSING_SECONDS) -> bool:
    """Wait until Asterisk has written the last of it: only then the head says how much there is. False when it did not come to that."""
    until = monotonic() + seconds
    while not _said(path) == _there(path) > 0:
        if monotonic() > until:
            return False
        sleep(_LOOK_SECONDS)
    return True


def mend(path: Path) -> None:
    """Let the head of a file that was never closed say how much sound there is, so that every player plays all of it."""
    there = _there(path)
    if there > 0 and _said(path) != there:
        with path.open("r+b") as file:
            file.seek(4)
            file.write(struct.pack("<I", there + HEADER - 8))
            file.seek(HEADER - 4)
            file.write(struct.pack("<I", there))


def seconds_said(path: Path) -> float:
    """The length of the recording; 0 when there is less than a second of sound in it, or no recording at all."""
    try:
        data = path.read_bytes()[HEADER:]
    except OSError:
        return 0.0
    samples = array("h", data[: len(data) & ~1])
    loud = sum(max(map(abs, samples[start : start + FRAME])) > LOUD for start in range(0, len(samples), FRAME))
    return len(samples) / RATE if loud * FRAME / RATE >= LEAST else 0.0


def _there(path: Path) -> int:
    """Bytes of sound in the file; 0 without one."""
    try:
        return max(0, path.stat().st_size - HEADER)
    except OSError:
        return 0


def _said(path: Path) -> int:
    """Bytes of sound that the head tells of; -1 without a head."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER)
    except OSError:
        return -1
    return int(struct.unpack_from("<I", head, HEADER - 4)[0]) if len(head) == HEADER else -1
