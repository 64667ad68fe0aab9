"""What a phone sends in a call, as a capture that SIPp plays: 20 ms packets of µ-law silence, and keys by RFC 4733 at given seconds."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

PACKETS_A_SECOND: Final = 50
_SAMPLES: Final = 160
_SILENCE: Final = b"\xff" * _SAMPLES
_MICROSECONDS: Final = 20_000
KEY_SECONDS: Final = 0.1
_KEY_PACKETS: Final = 5
_LAST_PACKETS: Final = 3
"""The end of a key is sent three times (RFC 4733, 2.5.1.4)."""
_KEYS: Final = "0123456789*#"
_AUDIO: Final = 0
_EVENT: Final = 101
_FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # Ethernet frames
_ETHERNET: Final = bytes(12) + b"\x08\x00"


def write(path: Path, seconds: float, keys: Sequence[tuple[float, str]] = ()) -> None:
    """A call of so many seconds; ``keys``: when each is pressed, and which."""
    packets = list(_packets(round(seconds * PACKETS_A_SECOND), {round(at * PACKETS_A_SECOND): key for at, key in keys}))
    with path.open("wb") as file:
        file.write(_FILE_HEADER)
        for number, packet in enumerate(packets):
            frame = _ETHERNET + _internet(packet)
            second, microsecond = divmod(number * _MICROSECONDS, 1_000_000)
            file.write(struct.pack("<IIII", second, microsecond, len(frame), len(frame)) + frame)


def _packets(count: int, keys: dict[int, str]) -> Iterator[bytes]:
    """RTP, one packet each 20 ms, the first at once."""
    pressed: tuple[int, int] | None = None  # the key's code and the packet at which it began
    for number in range(count):
        if number in keys:
            pressed = _KEYS.index(keys[number]), number
        place = number - pressed[1] if pressed else 0
        if pressed and place < _KEY_PACKETS + _LAST_PACKETS:
            over = place >= _KEY_PACKETS
            length = min(place + 1, _KEY_PACKETS) * _SAMPLES
            event = struct.pack("!BBH", pressed[0], (0x80 if over else 0) | 10, length)
            yield _rtp(_EVENT | (0x80 if place == 0 else 0), number, pressed[1], event)
        else:
            yield _rtp(_AUDIO, number, number, _SILENCE)


def _rtp(kind: int, number: int, clock: int, payload: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, kind, number & 0xFFFF, clock * _SAMPLES, 0x1DEA) + payload


def _internet(payload: bytes) -> bytes:
    """IPv4 and UDP. SIPp puts its own addresses in."""
    udp = struct.pack("!HHHH", 10_000, 10_000, 8 + len(payload), 0) + payload
    home = bytes((127, 0, 0, 1))
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + home + home + udp
