"""Whether somebody would take a call, asked as a proxy asks."""

import socket

from ivr.embedded.probes import options


def answer_to_options(port: int, user: str, host: str = "127.0.0.1") -> int:
    """The status of the answer to ``OPTIONS sip:user@host:port``; 0 when there is none within a second."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.settimeout(1.0)
        probe.connect((host, port))
        request = options(port, probe.getsockname()[1]).replace(b"OPTIONS sip:", f"OPTIONS sip:{user}@".encode(), 1)
        try:
            probe.send(request)
            return int(probe.recv(4096).split(b" ")[1])
        except OSError:
            return 0
