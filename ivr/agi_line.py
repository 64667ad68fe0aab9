"""The socket of one AGI session as lines of text: deadlines on every read and write, lengths bounded, any bytes accepted."""

import socket
from time import monotonic
from typing import Final

from ivr.agi_protocol import COMMAND_BYTES, ENVIRONMENT_LINES, parse_environment
from ivr.errors import AsteriskFault, CallerGone

LINE_BYTES: Final = 16_384
ENVIRONMENT_LINE_BYTES: Final = 4096
ENVIRONMENT_BYTES: Final = 65_536
ENVIRONMENT_SECONDS: Final = 5.0
WRITE_SECONDS: Final = 2.0


class Line:
    """Asterisk's end of the line. Raises CallerGone when it is closed, AsteriskFault when it is late or talks without end."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, deadline: float, limit: int = LINE_BYTES) -> str:
        """One line of at most ``limit`` bytes, by ``deadline`` (monotonic seconds), without its line feed."""
        while (end := self._buffer.find(b"\n", 0, limit)) < 0:
            if len(self._buffer) >= limit:
                raise AsteriskFault(f"Asterisk sent a line of more than {limit} bytes.")
            self._receive(deadline)
        text = self._buffer[:end].decode("utf-8", "replace")
        del self._buffer[: end + 1]
        return text

    def environment(self) -> dict[str, str]:
        """What Asterisk says first, up to the empty line: at most 5 s, 64 kB, 100 lines. Raises AsteriskFault for anything else."""
        deadline = monotonic() + ENVIRONMENT_SECONDS
        lines: list[str] = []
        room = ENVIRONMENT_BYTES
        while line := self.read(deadline, ENVIRONMENT_LINE_BYTES):
            lines.append(line)
            room -= len(line)
            if len(lines) > ENVIRONMENT_LINES or room < 0:
                raise AsteriskFault("The AGI environment does not end.")
        return parse_environment(lines)

    def write(self, text: str) -> None:
        """One command in one write: Asterisk runs what it reads line by line."""
        data = text.encode("utf-8", "replace")
        if len(data) > COMMAND_BYTES or data.count(b"\n") != 1 or not data.endswith(b"\n"):
            raise AsteriskFault("A command is too long or not one line; it was not sent.")
        try:
            self._socket.settimeout(WRITE_SECONDS)
            self._socket.sendall(data)
        except TimeoutError:
            raise AsteriskFault("Asterisk does not read its commands.") from None
        except OSError:
            raise CallerGone from None

    def flush(self) -> None:
        """Nothing is held back; pyst2 calls this after every command."""

    def close(self) -> None:
        """Close the socket; the dialplan goes on with the channel."""
        self._socket.close()

    def _receive(self, deadline: float) -> None:
        seconds = deadline - monotonic()
        if seconds <= 0:
            raise AsteriskFault("Asterisk did not answer in time.")
        try:
            self._socket.settimeout(seconds)
            data = self._socket.recv(4096)
        except TimeoutError:
            raise AsteriskFault("Asterisk did not answer in time.") from None
        except OSError:
            raise CallerGone from None
        if not data:
            raise CallerGone
        self._buffer += data
