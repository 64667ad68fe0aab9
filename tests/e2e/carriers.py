"""What the embedded telephone network is not: a carrier that refuses or says nothing; a certificate; a phone at the hotline itself."""

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ivr.doctor_asterisk import command
from ivr.embedded.ports import Ports
from tests.e2e.world import World

SILENCE: Final = ""
REFUSED: Final = "503 Service Unavailable"
ANSWERS: Final = "200 OK"
BAD_HOST: Final = "127.0.0.3"

DESK_HOST: Final = "127.0.0.5"
"""From where the phone registers: what comes from the carrier's address is the carrier's."""

PHONE: Final = """
[desk]
type = transport
protocol = {transport}
bind = {host}:{own_port}
method = tlsv1_2
ca_list_file = {ca}
cert_file = {certificate}
priv_key_file = {key}
verify_server = yes

[desk]
type = registration
transport = desk
server_uri = sip:127.0.0.1:{port}{suffix}
client_uri = sip:{user}@127.0.0.1
contact_user = {digits}
outbound_auth = desk
line = yes
endpoint = desk
retry_interval = 1
fatal_retry_interval = 1
forbidden_retry_interval = 1
auth_rejection_permanent = no
max_retries = 1000

[desk]
type = auth
auth_type = digest
username = {user}
password = {password}

[desk]
type = endpoint
context = from-hotline
disallow = all
allow = ulaw
dtmf_mode = rfc4733
direct_media = no
media_encryption = {media_encryption}
"""


def shown(world: World, question: str) -> str:
    """What the hotline's Asterisk prints."""
    return command(world.settings, question).get("Output", "")


def route(world: World) -> str:
    """The endpoint by which the newest offer's phone was rung."""
    offer = world.store.accepted_offer(world.incident_id())
    assert offer is not None
    return str(offer.channel).removeprefix("PJSIP/").rpartition("-")[0]


@dataclass
class BadCarrier:
    """A carrier at ``BAD_HOST`` that takes no call: it answers each INVITE and each OPTIONS as it is told, or not at all."""

    port: int
    invite: str = REFUSED
    options: str = ANSWERS
    invites: int = 0
    known: bool = False
    """Whether a serve may know by now that it takes no call."""
    first_at: float = 0.0
    """When (monotonic) the first of these INVITEs came."""
    _socket: socket.socket = field(default_factory=lambda: socket.socket(type=socket.SOCK_DGRAM))

    @contextmanager
    def listening(self) -> Iterator["BadCarrier"]:
        self._socket.bind((BAD_HOST, self.port))
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._socket.sendto(b"", (BAD_HOST, self.port))
            thread.join(5)
            self._socket.close()

    def _serve(self) -> None:
        while request := self._socket.recvfrom(65535):
            text, peer = request[0].decode(errors="replace"), request[1]
            if not text:
                return
            method = text.split(" ", 1)[0]
            if method == "INVITE":
                self.first_at = self.first_at if self.invites else time.monotonic()
                self.invites += 1
            if status := {"INVITE": self.invite, "OPTIONS": self.options}.get(method, SILENCE):
                self._socket.sendto(_reply(text, status), peer)


def certificate(folder: Path) -> dict[str, str]:
    """A certificate for 127.0.0.1 that vouches for itself, as settings; the command is that of ``docs/go-live.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    cert, key = folder / "cert.pem", folder / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=hotline -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *words.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return {"IVR_TLS_CERTIFICATE": str(cert), "IVR_TLS_KEY": str(key), "IVR_TLS_CA": str(cert)}


def registers(folder: Path, ports: Ports, number: str, password: str, tls: dict[str, str]) -> None:
    """The network's phone ``number`` registers at the hotline of the stack in ``folder``, by TLS with :func:`certificate`'s settings."""
    digits = number.removeprefix("+")
    place = folder / "pstn" / "etc" / "registers.inc"
    place.parent.mkdir(parents=True, exist_ok=True)
    text = PHONE.format(
        user=f"phone-{digits}", digits=digits, password=password, transport="tls", suffix=r"\;transport=tls", host=DESK_HOST,
        port=tls["IVR_SIP_TLS_PORT"], own_port=ports.pstn_port, media_encryption="sdes", ca=tls["IVR_TLS_CA"],
        certificate=tls["IVR_TLS_CERTIFICATE"], key=tls["IVR_TLS_KEY"],
    )  # fmt: skip
    place.write_text(text)


def _reply(request: str, status: str) -> bytes:
    kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq): .*$", request, flags=re.M | re.I)
    lines = [line.strip() + (";tag=bad" if line.lower().startswith("to:") and "tag=" not in line else "") for line in kept]
    return "\r\n".join([f"SIP/2.0 {status}", *lines, "Content-Length: 0", "", ""]).encode()
