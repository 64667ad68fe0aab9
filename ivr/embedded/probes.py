"""Whether a part of the stack answers, asked as its real users do."""

import http.client
import secrets
import socket
from contextlib import closing

SECONDS = 1.0
HTTP_SECONDS = 5.0  # readiness asks the database and Asterisk, each within its own deadline
SIP_SECONDS = 0.2  # a datagram that came too early is lost: ask again soon


def tcp_answers(port: int, greeting: bytes = b"") -> bool:
    """Whether somebody accepts connections and greets as expected."""
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            return connection.recv(len(greeting)) == greeting if greeting else True
    except OSError:
        return False


def ami_answers(port: int) -> bool:
    """Whether Asterisk's manager interface greets."""
    return tcp_answers(port, b"Asterisk Call Manager")


def sip_answers(port: int) -> bool:
    """Whether a SIP OPTIONS is answered by an Asterisk that has started completely: until then it says 503, or nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.settimeout(SIP_SECONDS)
        probe.connect(("127.0.0.1", port))
        try:
            probe.send(options(port, probe.getsockname()[1]))
            return b" 503 " not in probe.recv(4096).split(b"\r\n")[0]
        except OSError:
            return False


def http_answers(port: int, path: str) -> bool:
    """Whether ``GET path`` gives 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=HTTP_SECONDS)
    with closing(connection):
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def options(port: int, own_port: int) -> bytes:
    """A SIP request that asks whether anybody is there, from ``own_port``."""
    key = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:127.0.0.1:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:{own_port};branch=z9hG4bK{key};rport",
        f"From: <sip:probe@127.0.0.1>;tag={key}",
        f"To: <sip:127.0.0.1:{port}>",
        f"Call-ID: {key}@127.0.0.1",
        "CSeq: 1 OPTIONS",
        "Max-Forwards: 1",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
