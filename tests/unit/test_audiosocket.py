"""The AudioSocket server speaks its protocol over a real socket, and keeps what was heard and said."""

import socket
import struct
import time
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.embedded.audiosocket import AudioLink, AudioServer, split, tone
from ivr.embedded.recording import FRAME, RATE, SPEECH_DBFS, Track, loudness, write_stereo

LEG = str(uuid.UUID(int=7))


@pytest.fixture
def server() -> Iterator[AudioServer]:
    made = AudioServer(0)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def asterisk(server: AudioServer) -> Iterator[socket.socket]:
    """Asterisk's end of the connection."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as connection:
        yield connection


def connect(server: AudioServer, asterisk: socket.socket) -> AudioLink:
    link = server.expect(LEG)
    asterisk.sendall(struct.pack(">BH", 1, 16) + uuid.UUID(LEG).bytes)
    assert link.connected.wait(5)
    return link


def receive(asterisk: socket.socket) -> tuple[int, bytes]:
    kind, length = struct.unpack(">BH", asterisk.recv(3, socket.MSG_WAITALL))
    return kind, asterisk.recv(length, socket.MSG_WAITALL) if length else b""


def test_what_asterisk_sends_is_heard(server: AudioServer, asterisk: socket.socket) -> None:
    """Sound frames end up in the leg's track, other kinds do not."""
    link = connect(server, asterisk)
    frame = tone(400, 0.02).astype("<i2").tobytes()
    for _ in range(5):
        asterisk.sendall(struct.pack(">BH", 3, 1) + b"9" + struct.pack(">BH", 0x10, len(frame)) + frame)
    assert link.heard.wait_beyond(5 * FRAME - 1, time.monotonic() + 5)
    assert link.heard.sound().tobytes() == 5 * frame


def test_frames_that_waited_in_the_socket_are_no_silence(server: AudioServer, asterisk: socket.socket) -> None:
    """A process that comes late finds many frames at once: they follow each other, whenever it came."""
    link = connect(server, asterisk)
    frame = tone(400, 0.02).astype("<i2").tobytes()
    message = struct.pack(">BH", 0x10, len(frame)) + frame
    asterisk.sendall(message)
    assert link.heard.wait_beyond(FRAME - 1, time.monotonic() + 5)
    time.sleep(0.6)  # the process is late by this much
    asterisk.sendall(30 * message)
    assert link.heard.wait_beyond(31 * FRAME - 1, time.monotonic() + 5)
    assert link.heard.samples == 31 * FRAME


@pytest.mark.parametrize("cut", range(1, 9))
def test_messages_come_in_any_pieces(cut: int) -> None:
    data = struct.pack(">BH", 0x10, 2) + b"ab" + struct.pack(">BH", 3, 1) + b"9" + struct.pack(">BH", 0x10, 2) + b"cd"
    frames, rest, over = split(data[:-cut])
    assert not over
    assert frames + split(rest + data[-cut:])[0] == [b"ab", b"cd"]


def test_what_follows_a_hang_up_is_not_heard() -> None:
    assert split(struct.pack(">BH", 0x10, 2) + b"ab" + struct.pack(">BH", 0, 0) + b"more") == ([b"ab"], b"", True)


def test_a_silent_phone_sends_silence_on_a_steady_beat(server: AudioServer, asterisk: socket.socket) -> None:
    """Fifty frames a second, as a real phone: Asterisk waits half a second for the first one."""
    connect(server, asterisk)
    began = time.monotonic()
    frames = [receive(asterisk) for _ in range(25)]
    assert set(frames) == {(0x10, bytes(2 * FRAME))}
    assert 0.4 < time.monotonic() - began < 2.0


def test_speech_is_sent_whole_and_repeated(server: AudioServer, asterisk: socket.socket) -> None:
    """A voice begins again at its end until it falls silent."""
    link = connect(server, asterisk)
    word = tone(400, 0.06)
    link.say(word, repeats=True)
    sent = b"".join(receive(asterisk)[1] for _ in range(12))
    assert sent.lstrip(b"\0").startswith((2 * word.astype("<i2").tobytes()).lstrip(b"\0"))
    link.say(np.zeros(0, dtype=np.int16))
    assert any(receive(asterisk)[1] == bytes(2 * FRAME) for _ in range(5))
    assert link.said.sound().any()


def test_closing_hangs_up(server: AudioServer, asterisk: socket.socket) -> None:
    """The phone's side ends with the protocol's hang-up message."""
    link = connect(server, asterisk)
    link.close()
    while (message := receive(asterisk))[0] == 0x10:
        pass
    assert message == (0, b"")


def test_asterisk_closing_ends_the_link(server: AudioServer, asterisk: socket.socket) -> None:
    """A leg that is gone says so."""
    link = connect(server, asterisk)
    asterisk.close()
    assert link.closed.wait(5)


@pytest.mark.parametrize("first", [struct.pack(">BH", 1, 16) + bytes(16), struct.pack(">BH", 0x10, 2) + b"ab", b"\1\0\x10abc"])
def test_a_stranger_is_closed(server: AudioServer, asterisk: socket.socket, first: bytes) -> None:
    """An unknown leg, no identity, half an identity: nothing is heard, nothing breaks."""
    asterisk.sendall(first)
    asterisk.shutdown(socket.SHUT_WR)
    assert asterisk.recv(1) == b""


def test_a_pause_between_frames_is_in_the_time_and_not_in_the_sound() -> None:
    """By the clock a pause of a second is a second of silence, and 60 ms shift nothing; what was said stays in one piece."""
    track, frame = Track(begin=100.0), tone(400, 0.02)
    for at in (100.02, 100.10, 101.10):
        track.append(frame.tobytes(), at)
    assert np.array_equal(track.sound(), np.tile(frame, 3))
    assert len(track.timed()) == pytest.approx(1.1 * RATE)
    assert not track.timed()[2 * FRAME : -FRAME].any()
    assert np.array_equal(track.timed()[-FRAME:], frame)
    assert track.first_sound_after(100.15) == 101.10
    assert track.first_sound_from(2 * FRAME) == 101.10
    assert [track.offset_of(sample) for sample in (0, FRAME, 2 * FRAME, 3 * FRAME)] == pytest.approx([0.0, 0.08, 1.08, 1.1])


def test_who_is_held_up_and_then_hurries_adds_no_time() -> None:
    """A second late, then all at once: by the clock it ends no later than it came."""
    track, frame = Track(begin=100.0), tone(400, 0.02).tobytes()
    for at in (100.02, *([101.0] * 49), *(101.02 + 0.02 * count for count in range(10))):
        track.append(frame, at)
    assert len(track.sound()) == len(track.timed()) == 60 * FRAME


def test_who_sends_faster_than_the_clock_hides_no_earlier_pause() -> None:
    """A second of silence, then a minute of sound in 58.8 seconds: the silence is still as long as the caller bore it."""
    track, frame = Track(begin=100.0), tone(400, 0.02).tobytes()
    for at in (100.02, *(101.04 + 0.0196 * count for count in range(3000))):
        track.append(frame, at)
    silence = np.flatnonzero(loudness(track.timed()) < SPEECH_DBFS)
    assert len(silence) * FRAME / RATE == pytest.approx(1.0, abs=0.06)
    assert track.offset_of(FRAME) == pytest.approx(1.0, abs=0.06)


def test_a_prompt_that_the_line_tore_is_heard_in_one_piece() -> None:
    """Who plays it is held up for half a second in its midst."""
    track, sound = Track(begin=100.0), tone(400, 1.0)
    for number in range(50):
        track.append(sound[number * FRAME : (number + 1) * FRAME].tobytes(), 100.02 + number * 0.02 + (0.5 if number > 20 else 0.0))
    assert np.array_equal(track.sound(), sound)
    assert track.offset_of(0) == pytest.approx(0.0)
    assert track.offset_of(40 * FRAME) == pytest.approx(1.3)


def test_the_longest_silence_counts_to_this_moment() -> None:
    """Silence that has not ended yet is silence too."""
    track = Track(begin=time.monotonic() - 3)
    track.append(tone(400, 0.5).tobytes(), track.begin + 0.5)
    track.append(tone(400, 0.5).tobytes(), track.begin + 2)
    assert track.longest_silence() == pytest.approx(1.0, abs=0.1)
    assert track.longest_silence(since=1.9) == pytest.approx(1.0, abs=0.1)


def test_a_stereo_file_has_both_directions_in_step(tmp_path: Path) -> None:
    """Left and right by their own times: the later one begins with silence."""
    left, right = Track(begin=50.0), Track(begin=50.5)
    left.append(tone(400, 1).tobytes(), 51.0)
    right.append(tone(600, 1).tobytes(), 51.5)
    write_stereo(tmp_path / "call.wav", left, right)
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        sides = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    assert sides[: RATE // 2, 0].any()
    assert not sides[: RATE // 2, 1].any()
    assert sides[RATE // 2 :, 1].any()
