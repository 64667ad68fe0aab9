"""What one leg heard and said, as sound with the time of every frame; stereo files of both.

Telephone sound throughout: 8,000 samples a second, 16 bit, one channel. Positions are seconds since the leg was answered.

Nothing is sent while nobody speaks, and who is held up sends late: a pause between two frames belongs to the time, not to the sound. A
track therefore holds what was sent without its pauses, so that a prompt stays whole, and tells the time of each sample.
"""

import threading
import time
import wave
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 8000
"""Samples a second."""
FRAME: Final = 160
"""Samples in 20 ms, the frame of RTP and AudioSocket."""
HOLE_SECONDS: Final = 0.2
"""A pause in the frames longer than this is silence on the line; a shorter one is only a late frame."""
BURST_FRAMES: Final = 100
"""What was held up comes at once, 2 s of sound at most; a frame is compared with no later ones than these."""
SPEECH_DBFS: Final = -40.0
"""A frame above this is sound, below it is silence."""

Sound = npt.NDArray[np.int16]


def level(sound: Sound) -> float:
    """Root mean square in dB under full scale; minus infinity for digital silence or nothing at all."""
    if not len(sound):
        return float("-inf")
    power = float(np.mean(np.square(sound.astype(np.float64))))
    return 10 * float(np.log10(power / 32768**2)) if power else float("-inf")


class Track:
    """One direction of one leg, growing frame by frame, without its pauses. Safe for one writer and many readers."""

    def __init__(self, begin: float | None = None) -> None:
        self.begin = time.monotonic() if begin is None else begin
        self.grown = threading.Condition()
        self._sound: Sound = np.zeros(RATE * 60, dtype=np.int16)
        self._end = 0
        self._arrivals: list[float] = []
        self._places: list[int] = []
        self._last = self.begin
        self._awaited: list[int] = []

    def append(self, frame: bytes, at: float | None = None) -> None:
        """Adds signed 16-bit samples that arrived at ``at`` (monotonic seconds)."""
        now = time.monotonic() if at is None else at
        samples = np.frombuffer(frame[: len(frame) & ~1], dtype="<i2")
        place = self._end
        self._reserve(place + len(samples))
        with self.grown:
            self._sound[place : place + len(samples)] = samples
            self._end = place + len(samples)
            self._arrivals.append(now)
            self._places.append(place)
            self._last = now
            if any(self._end > awaited for awaited in self._awaited):
                self.grown.notify_all()

    def _reserve(self, count: int) -> None:
        if count > len(self._sound):
            self._sound = np.concatenate([self._sound, np.zeros(max(len(self._sound), count), dtype=np.int16)])

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return self._end

    @property
    def last_arrival(self) -> float:
        """When the last frame came, or the track began (monotonic seconds)."""
        return self._last

    def sound(self, start: int = 0, end: int | None = None) -> Sound:
        """A view of samples ``start`` to ``end`` (now, by default)."""
        return self._sound[max(0, start) : self._end if end is None else min(end, self._end)]

    def timed(self) -> Sound:
        """All of it by the clock, from the track's beginning on: each pause is silence."""
        ends, lags = self._by_the_clock()
        parts, begin, paused = [np.zeros(0, dtype=np.int16)], 0, 0
        for end, lag in zip(ends.tolist(), lags.tolist(), strict=True):
            if lag - paused > HOLE_SECONDS * RATE:
                parts.append(np.zeros(lag - paused, dtype=np.int16))
                paused = lag
            parts.append(self._sound[begin:end])
            begin = end
        return np.concatenate(parts)

    def offset_of(self, sample: int) -> float:
        """By the clock, when this sample came: seconds since the track began."""
        ends, lags = self._by_the_clock()
        frame = min(int(np.searchsorted(ends, sample, side="right")), len(ends) - 1)
        return (sample + float(lags[frame]) if frame >= 0 else 0.0) / RATE

    def _by_the_clock(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Of each frame, the sample behind its end, and how many samples its pauses add to that.

        What comes at once after a pause was held up and came at its own time: a frame is as late as the most punctual one of its burst.
        """
        with self.grown:
            ends = np.array([*self._places[1:], self._end][: len(self._places)], dtype=np.int64)
            late = (np.array(self._arrivals) - self.begin) * RATE - ends
        if not len(late):
            return ends, ends
        bursts = np.lib.stride_tricks.sliding_window_view(np.pad(late, (0, BURST_FRAMES - 1), mode="edge"), BURST_FRAMES)
        return ends, np.maximum(0, np.rint(bursts.min(axis=1))).astype(np.int64)

    def wait_beyond(self, samples: int, deadline: float) -> bool:
        """Waits until there are more than ``samples``; False at ``deadline`` (monotonic seconds)."""
        with self.grown:
            self._awaited.append(samples)
            try:
                return self.grown.wait_for(lambda: self._end > samples, max(0.0, deadline - time.monotonic()))
            finally:
                self._awaited.remove(samples)

    def first_sound_after(self, moment: float, dbfs: float = SPEECH_DBFS) -> float | None:
        """Arrival (monotonic seconds) of the first frame after ``moment`` that is louder than ``dbfs``; None when there is none yet."""
        for index in range(bisect_left(self._arrivals, moment), len(self._arrivals)):
            place = self._places[index]
            if level(self.sound(place, place + FRAME)) > dbfs:
                return self._arrivals[index]
        return None

    def first_sound_from(self, sample: int, dbfs: float = SPEECH_DBFS) -> float:
        """Arrival (monotonic seconds) of the first frame from ``sample`` on that is louder than ``dbfs``; of the last frame if none is."""
        for index in range(bisect_left(self._places, sample - FRAME + 1), len(self._places)):
            if level(self.sound(max(sample, self._places[index]), self._places[index] + FRAME)) > dbfs:
                return self._arrivals[index]
        return self._last

    def longest_silence(self, since: float = 0.0, dbfs: float = SPEECH_DBFS) -> float:
        """The longest stretch of silence in seconds from position ``since`` up to this moment, ended or not."""
        sound = self.timed()
        now = max(len(sound) / RATE, time.monotonic() - self.begin)
        loud = since + np.flatnonzero(loudness(sound[int(since * RATE) :]) > dbfs) * FRAME / RATE
        edges = np.concatenate([[since], np.stack([loud, loud + FRAME / RATE], axis=1).ravel(), [max(now, since)]])
        return float(np.max(np.diff(edges)[::2]))


def loudness(sound: Sound) -> npt.NDArray[np.float64]:
    """The level of each whole 20 ms frame, dBFS."""
    frames = sound[: len(sound) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    powers: npt.NDArray[np.float64] = np.maximum(np.mean(frames**2, axis=1), 1e-9)
    return np.asarray(10 * np.log10(powers / 32768**2))


def read_wav(path: Path) -> Sound:
    """The samples of a telephone-format wav file. Raises ``ValueError`` for any other format."""
    with wave.open(str(path), "rb") as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (RATE, 2, 1):
            raise ValueError(f"{path}: not 8 kHz, 16 bit, one channel")
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def write_wav(path: Path, *channels: Sequence[int] | Sound) -> None:
    """Writes the channels side by side, shorter ones filled with silence."""
    length = max((len(channel) for channel in channels), default=0)
    filled = [np.pad(np.asarray(channel, dtype=np.int16), (0, length - len(channel))) for channel in channels]
    with wave.open(str(path), "wb") as file:
        file.setframerate(RATE)
        file.setsampwidth(2)
        file.setnchannels(len(channels))
        file.writeframes(np.stack(filled, axis=1).astype("<i2").tobytes())


def write_stereo(path: Path, left: Track, right: Track) -> None:
    """Both tracks of a leg in one file, by their own times: ``left`` in the left ear."""
    origin = min(left.begin, right.begin)
    late = [np.pad(track.timed(), (int((track.begin - origin) * RATE), 0)) for track in (left, right)]
    write_wav(path, *late)
