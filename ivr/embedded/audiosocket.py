"""The sound of the pstn's phones: a server for Asterisk's ``AudioSocket()``, 20 ms frames of 8 kHz samples in both directions.

Each connection begins with the leg's UUID. From then on what arrives is what the phone hears; what it says is sent on a steady 20 ms beat,
silence included, as a real phone does. Protocol: https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
"""

import socket
import socketserver
import struct
import threading
import time
import uuid
from collections.abc import Callable
from typing import Final

import numpy as np

from ivr.embedded.recording import FRAME, Sound, Track

HANG_UP: Final = 0x00
IDENTITY: Final = 0x01
SOUND: Final = 0x10
HEADER: Final = 3
"""Bytes before each payload: its kind and its length."""
FRAME_SECONDS: Final = 0.02
SILENCE: Final = bytes(2 * FRAME)


class AudioLink:
    """The sound of one leg. ``heard`` and ``said`` begin when the leg is answered and the link is connected."""

    def __init__(self, leg: str) -> None:
        self.leg = leg
        self.connected = threading.Event()
        self.closed = threading.Event()
        self.heard = Track()
        self.said = Track()
        self._speech = b""
        self._repeats = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def say(self, sound: Sound, *, repeats: bool = False) -> None:
        """Speaks from the next frame on, in place of anything being said; an empty ``sound`` is silence."""
        speech = sound.astype("<i2").tobytes()
        with self._lock:
            self._speech, self._repeats = speech + bytes(-len(speech) % (2 * FRAME)), repeats

    def close(self) -> None:
        """Ends the link; the phone's dialplan hangs up."""
        with self._lock:
            if self._socket:
                _send(self._socket, HANG_UP, b"")
        self.closed.set()

    def beat(self) -> None:
        """Sends one frame. Called every 20 ms."""
        with self._lock:
            frame, rest = self._speech[: 2 * FRAME], self._speech[2 * FRAME :]
            self._speech = rest + frame if self._repeats else rest
            if self._socket is None or self.closed.is_set() or not _send(self._socket, SOUND, frame or SILENCE):
                return
        self.said.append(frame or SILENCE)

    def carry(self, connection: socket.socket) -> None:
        """Receives until the other side is done."""
        now = time.monotonic()
        self.heard, self.said = Track(now), Track(now)
        self._socket = connection
        self.connected.set()
        waiting = b""
        while not self.closed.is_set() and (piece := _received(connection)):
            now = time.monotonic()
            frames, waiting, over = split(waiting + piece)
            for number, frame in enumerate(frames, 1):  # what waited in the socket, because this process was late, came a beat apart
                self.heard.append(frame, now - (len(frames) - number) * FRAME_SECONDS)
            if over:
                break
        self.closed.set()


def split(data: bytes) -> tuple[list[bytes], bytes, bool]:
    """The payloads of the whole sound messages in ``data``, the rest of it, and whether the other side has hung up."""
    frames: list[bytes] = []
    while len(data) >= HEADER:
        kind, length = struct.unpack_from(">BH", data)
        if kind == HANG_UP:
            return frames, b"", True
        if len(data) < HEADER + length:
            break
        if kind == SOUND:
            frames.append(data[HEADER : HEADER + length])
        data = data[HEADER + length :]
    return frames, data, False


def _received(connection: socket.socket) -> bytes:
    """What has come; nothing at the end of the connection."""
    try:
        return connection.recv(65_536)
    except OSError:
        return b""


def _send(connection: socket.socket, kind: int, payload: bytes) -> bool:
    try:
        connection.sendall(struct.pack(">BH", kind, len(payload)) + payload)
    except OSError:
        return False
    return True


def _receive(connection: socket.socket) -> tuple[int | None, bytes]:
    """One message; kind None at the end of the connection."""
    header = _exactly(connection, 3)
    if header is None:
        return None, b""
    kind, length = struct.unpack(">BH", header)
    payload = _exactly(connection, length)
    return (None, b"") if payload is None else (kind, payload)


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        try:
            piece = connection.recv(count - len(data))
        except OSError:
            return None
        if not piece:
            return None
        data += piece
    return data


class AudioServer:
    """Accepts the legs that were announced by :meth:`expect`; others are closed."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self._links: dict[str, AudioLink] = {}
        self._stopping = threading.Event()
        self._server = _server((host, port), self._serve)
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Serves in threads of its own until :meth:`stop`."""
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="audiosocket", daemon=True).start()
        threading.Thread(target=self._beat, name="audiosocket-beat", daemon=True).start()

    def stop(self) -> None:
        """Closes the port and every link."""
        self._stopping.set()
        for link in list(self._links.values()):
            link.close()
        self._server.shutdown()
        self._server.server_close()

    def expect(self, leg: str) -> AudioLink:
        """The link that Asterisk will open for this leg (a UUID)."""
        return self._links.setdefault(leg, AudioLink(leg))

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind, payload = _receive(connection)
        leg = str(uuid.UUID(bytes=payload)) if kind == IDENTITY and len(payload) == 16 else ""
        link = self._links.get(leg)
        if link:
            link.carry(connection)
            self._links.pop(leg, None)

    def _beat(self) -> None:
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            for link in list(self._links.values()):
                link.beat()
            due = max(due + FRAME_SECONDS, time.monotonic() - 0.1)


def _server(address: tuple[str, int], serve: Callable[[socket.socket], None]) -> socketserver.ThreadingTCPServer:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            serve(self.request)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    return Server(address, Handler)


def tone(hertz: float, seconds: float) -> Sound:
    """A tone, as before a voicemail's recording."""
    return (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * 8000)) / 8000)).astype(np.int16)
