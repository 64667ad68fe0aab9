"""A bare SIP caller over UDP, for From headers and keys that no Asterisk would send. Hears and says like any other phone.

Just enough of RFC 3261: INVITE with SDP, ACK, INFO, BYE; RTP with µ-law and RFC 4733 events.
One call, no authentication, no retransmission (loopback loses nothing).
"""

import socket
import struct
import threading
import time
import uuid
from collections import deque
from types import TracebackType
from typing import Final, Self

import numpy as np

from ivr.embedded.ears import Ears, Library
from ivr.embedded.recording import FRAME, Sound, Track

ANSWER_SECONDS: Final = 5.0
SILENCE: Final = b"\xff" * FRAME
TICK: Final = 0.02
"""Seconds between two RTP packets."""
EVENTS: Final = "0123456789*#ABCD"
"""Each key at its number in RFC 4733."""
ENDS: Final = 3
"""How often the end of an event is sent, since packets get lost."""


def _mu_law() -> Sound:
    """What each µ-law byte stands for (ITU-T G.711)."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    size = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size).astype(np.int16)


MU_LAW: Final = _mu_law()


class RawCall:
    """One call to the hotline with a From header of any bytes. Use as a context manager: leaving it hangs up."""

    def __init__(self, from_header: bytes, number: str, target: tuple[str, int], library: Library, *, source: str = "127.0.0.1") -> None:
        """``number`` is the request's user; ``target`` the hotline's SIP address; ``source`` the local address to call from."""
        self._from = from_header
        self._target = target
        self._uri = f"sip:{number}@{target[0]}:{target[1]}"
        self._source = source
        self._sip, self._rtp = _socket(source), _socket(source)
        self._call = uuid.uuid4().hex
        self._to = f"<{self._uri}>".encode()
        self._over = threading.Event()
        self._pressed: deque[tuple[str, int]] = deque()
        self._requests = 1
        self.heard = Track()
        self.ears = Ears(self.heard, library)

    def dials(self) -> int:
        """Sends the INVITE; returns the final SIP status, 0 when none came in 5 s. Answered (200): sound runs both ways."""
        self._send("INVITE", 1, self._offer(), b"Content-Type: application/sdp\r\n")
        deadline = time.monotonic() + ANSWER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            status, reply = self._reply(left)
            if status >= 200:
                return self._final(status, reply)
        return 0

    def presses(self, keys: str, *, seconds: float = 0.12, pause: float = 0.08, info: bool = False) -> None:
        """Presses each key for ``seconds``, ``pause`` apart, as RFC 4733 events; with ``info`` by SIP INFO as well, at the same time."""
        for key in keys:
            if info:
                self._request("INFO", f"Signal={key}\r\nDuration={round(seconds * 1000)}\r\n".encode(), "application/dtmf-relay")
            self._pressed.append((key, max(1, round(seconds / TICK))))
            self._over.wait((max(1, round(seconds / TICK)) + ENDS - 1) * TICK + pause)

    def hangs_up(self) -> None:
        """Sends BYE if the call is up, and closes."""
        if not self._over.is_set() and self._to.count(b"tag="):
            self._request("BYE")
        self._over.set()
        self._sip.close()
        self._rtp.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.hangs_up()

    def _final(self, status: int, reply: bytes) -> int:
        self._to = next((line[3:].strip() for line in reply.split(b"\r\n") if line.lower().startswith(b"to:")), self._to)
        self._send("ACK", 1)
        if status == 200:
            self.heard.begin = time.monotonic()
            port = int(reply.split(b"m=audio ")[1].split()[0])
            threading.Thread(target=self._talk, args=((self._target[0], port),), daemon=True).start()
            threading.Thread(target=self._listen, daemon=True).start()
        else:
            self._over.set()
        return status

    def _talk(self, peer: tuple[str, int]) -> None:
        """A packet every 20 ms: silence, as a phone in a quiet room, or what is left of the key that is pressed."""
        event: list[bytes] = []
        began = 0
        for count in range(1 << 30):
            if self._over.wait(max(0.0, self.heard.begin + count * TICK - time.monotonic())):
                return
            kind, payload, stamp = 0, SILENCE, count * FRAME
            if not event and self._pressed:
                event, began, kind = _event(*self._pressed.popleft()), stamp, 0x80
            if event:
                kind, payload, stamp = kind | 101, event.pop(0), began
            try:
                self._rtp.sendto(struct.pack(">BBHII", 0x80, kind, count & 0xFFFF, stamp, 0x1D1D) + payload, peer)
            except OSError:
                return

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                packet = self._rtp.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            if packet[1] & 0x7F == 0:
                self.heard.append(MU_LAW[np.frombuffer(packet[12:], dtype=np.uint8)].astype("<i2").tobytes())

    def _reply(self, within: float) -> tuple[int, bytes]:
        """The next reply; status 0 when none came."""
        self._sip.settimeout(within)
        try:
            reply = self._sip.recv(65535)
        except TimeoutError:
            return 0, b""
        return (int(reply.split()[1]), reply) if reply.startswith(b"SIP/2.0") else (0, reply)

    def _request(self, method: str, body: bytes = b"", kind: str = "") -> None:
        """Another request of this dialog."""
        self._requests += 1
        self._send(method, self._requests, body, f"Content-Type: {kind}\r\n".encode() if kind else b"")

    def _send(self, method: str, number: int, body: bytes = b"", extra: bytes = b"") -> None:
        port = self._sip.getsockname()[1]
        lines = [
            f"{method} {self._uri} SIP/2.0".encode(),
            f"Via: SIP/2.0/UDP {self._source}:{port};branch=z9hG4bK{self._call}{method}{number};rport".encode(),
            b"From: " + self._from + b";tag=" + self._call[:8].encode(),
            b"To: " + self._to,
            f"Call-ID: {self._call}\r\nCSeq: {number} {method}\r\nContact: <sip:raw@{self._source}:{port}>\r\nMax-Forwards: 70".encode(),
        ]
        head = b"\r\n".join(lines) + b"\r\n" + extra + f"Content-Length: {len(body)}\r\n\r\n".encode()
        self._sip.sendto(head + body, self._target)

    def _offer(self) -> bytes:
        port = self._rtp.getsockname()[1]
        return (
            f"v=0\r\no=- 1 1 IN IP4 {self._source}\r\ns=-\r\nc=IN IP4 {self._source}\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-16\r\na=sendrecv\r\n"
        ).encode()


def raw_invite(target: tuple[str, int], number: str, from_header: bytes, *, source: str = "127.0.0.1") -> int | None:
    """The SIP status of one INVITE, hung up at once; None when Asterisk did not answer it at all."""
    with RawCall(from_header, number, target, Library([]), source=source) as call:
        return call.dials() or None


def _event(key: str, packets: int) -> list[bytes]:
    """The payloads of one key (RFC 4733): growing, then its end three times."""
    number = EVENTS.index(key)
    growing = [struct.pack(">BBH", number, 10, place * FRAME) for place in range(1, packets)]
    return growing + [struct.pack(">BBH", number, 0x80 | 10, packets * FRAME)] * ENDS


def _socket(source: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((source, 0))
    made.settimeout(0.5)
    return made
