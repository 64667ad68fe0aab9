"""XML-RPC over a Unix socket: how supervisord is told what to do."""

import http.client
import socket
import xmlrpc.client
from pathlib import Path

SECONDS = 60.0


def call(path: Path, method: str, *arguments: object) -> object:
    """Calls one method. Raises ``OSError`` when nobody listens, ``xmlrpc.client.Fault`` for what the other side refuses."""
    with xmlrpc.client.ServerProxy("http://stack", transport=_UnixTransport(path)) as proxy:
        return getattr(proxy, method)(*arguments)


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over supervisord's socket."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # what the base class closes
        return connection


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("stack", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
