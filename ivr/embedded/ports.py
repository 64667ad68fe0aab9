"""Where the embedded stack listens. The defaults are the contract that the README documents."""

import dataclasses
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.errors import SetupError

RTP_WIDTH = 400  # two ports a leg: 200 legs


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of one stack, all on 127.0.0.1. The pstn's SIP port is the hotline's trunk."""

    sip_port: int = 5060
    pstn_port: int = 5070
    agi_port: int = 4573
    agi_second_port: int = 4574
    ami_port: int = 5038
    console_port: int = 8080
    rtp_start: int = 10000
    rtp_end: int = 10999
    pstn_ami_port: int = 5039
    pstn_audio_port: int = 5071
    pstn_rtp_start: int = 11000
    pstn_rtp_end: int = 11999
    stripe_port: int = 12111
    mailbox_port: int = 12112
    metrics_port: int = 9461
    metrics_second_port: int = 9462
    metrics_worker_port: int = 9463
    metrics_console_port: int = 9464

    @classmethod
    def from_base(cls, base: int, rtp_width: int = RTP_WIDTH) -> "Ports":
        """For tests: everything within the first hundred ports from ``base`` and twice ``rtp_width`` after them."""
        hotline = ("sip_port", "pstn_port", "agi_port", "agi_second_port", "ami_port", "console_port")
        metrics = ("metrics_port", "metrics_second_port", "metrics_worker_port", "metrics_console_port")
        singles = (*hotline, "pstn_ami_port", "pstn_audio_port", "stripe_port", "mailbox_port", *metrics)
        rtp, pstn_rtp = base + 100, base + 100 + rtp_width
        return cls(
            **{name: base + offset for offset, name in enumerate(singles)},
            rtp_start=rtp, rtp_end=rtp + rtp_width - 1, pstn_rtp_start=pstn_rtp, pstn_rtp_end=pstn_rtp + rtp_width - 1,
        )  # fmt: skip

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Ports":
        """The contract's ports, each changed by its ``IVR_…``. Raises ``SetupError`` for what is no port."""
        variables = {field.name: variable(field.name) for field in dataclasses.fields(cls)}
        return cls(**{name: _port(given, environment) for name, given in variables.items() if given in environment})

    def check_free(self) -> None:
        """Raises ``SetupError`` naming the first port that somebody else listens on, and the setting that moves it."""
        for name in (field.name for field in dataclasses.fields(self) if "rtp" not in field.name):
            port = getattr(self, name)
            if not _is_free(port, udp=name in ("sip_port", "pstn_port")):
                other = f"{variable(name)}={port + 1000}"
                raise SetupError(f"Port {port} is taken by another program; stop that, or choose another port with {other}.")


def variable(name: str) -> str:
    """The environment variable of a port. For the hotline the pstn is its trunk."""
    return "IVR_TRUNK_PORT" if name == "pstn_port" else f"IVR_{name.upper()}"


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int, udp: bool) -> bool:
    with socket.socket(type=socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        if not udp:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: closed connections don't count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _port(name: str, environment: Mapping[str, str]) -> int:
    text = environment[name]
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SetupError(f"{name} is {text!r}, which is no port; give a number from 1 to 65535.")
    return int(text)
