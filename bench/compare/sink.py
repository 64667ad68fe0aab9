"""The phones' ears: counts the RTP that arrives for SIPp's calls, by sequence number. A process: ``python -m bench.compare.sink PORT…``.

On a line of standard input it prints, for each port: streams, packets that came, packets that were missing, as JSON; and starts again.
"""

import json
import select
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

_BUFFER: Final = 8 * 1024 * 1024
_RTP: Final = 12
_FORCE_BUFFER: Final = 33
"""SO_RCVBUFFORCE: beyond the system's limit, for root; else the limit holds."""


@dataclass(slots=True)
class Stream:
    """One direction of one call, as heard: ``highest`` is its last extended sequence number."""

    first: int
    highest: int
    came: int = 1

    def take(self, number: int) -> None:
        self.came += 1
        ahead = (number - self.highest) & 0xFFFF
        if ahead < 0x8000:
            self.highest += ahead

    @property
    def missing(self) -> int:
        return self.highest - self.first + 1 - self.came


@dataclass(slots=True)
class Ear:
    """One phone's port, on which all its calls arrive: told apart by source port and SSRC."""

    heard: socket.socket
    streams: dict[tuple[int, bytes], Stream] = field(default_factory=dict)

    def listen(self) -> None:
        """Take all that waits."""
        while True:
            try:
                packet, sender = self.heard.recvfrom(2048)
            except BlockingIOError:
                return
            if len(packet) < _RTP:
                continue
            key, number = (sender[1], packet[8:12]), packet[2] << 8 | packet[3]
            stream = self.streams.get(key)
            if stream is None:
                self.streams[key] = Stream(number, number)
            else:
                stream.take(number)

    def report(self) -> dict[str, int]:
        """Since the last report."""
        streams = list(self.streams.values())
        self.streams.clear()
        return {"streams": len(streams), "came": sum(one.came for one in streams), "missing": sum(one.missing for one in streams)}


def _bound(port: int) -> socket.socket:
    heard = socket.socket(type=socket.SOCK_DGRAM)
    for option in (socket.SO_RCVBUF, _FORCE_BUFFER):
        try:
            heard.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        except PermissionError:
            continue
    heard.bind(("127.0.0.1", port))
    heard.setblocking(False)
    return heard


@contextmanager
def deaf(*ports: int) -> Iterator[None]:
    """Hold the ports without listening: sound to a port that nobody holds would be answered, at Asterisk's expense."""
    sockets = [socket.socket(type=socket.SOCK_DGRAM) for _ in ports]
    try:
        for one, port in zip(sockets, ports, strict=True):
            one.bind(("127.0.0.1", port))
        yield
    finally:
        for one in sockets:
            one.close()


def main() -> None:
    """Until standard input ends."""
    ears = {port: Ear(_bound(port)) for port in map(int, sys.argv[1:])}
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    for ear in ears.values():
        poll.register(ear.heard, select.POLLIN)
    by_file = {ear.heard.fileno(): ear for ear in ears.values()}
    while True:
        for file, _ in poll.poll():
            if file in by_file:
                by_file[file].listen()
            elif not sys.stdin.readline():
                return
            else:
                print(json.dumps([ear.report() for ear in ears.values()]), flush=True)


if __name__ == "__main__":
    main()
