"""What is outside of the containers: the carrier with everybody's phones (the embedded stack's pstn) and Stripe's sandbox."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.embedded import asterisk, probes
from ivr.embedded.cast import CUSTOMERS, ENGINEERS
from ivr.embedded.given_settings import settings_from
from ivr.embedded.layout import read_secrets, write_configuration
from ivr.embedded.polling import wait_until
from ivr.embedded.ports import Ports
from ivr.embedded.pstn import PstnAddress

PATIENCE = 30.0


@contextmanager
def carrier(folder: Path, ports: Ports, environment: dict[str, str]) -> Iterator[PstnAddress]:
    """The pstn's Asterisk until the end of the block; its line leads to ``ports.sip_port``."""
    found = asterisk.find()
    assert found is not None, "no Asterisk; run 'make install'"
    folder.mkdir(parents=True, exist_ok=True)
    numbers = tuple(one.phone for one in (*CUSTOMERS, *ENGINEERS))
    settings = settings_from({**environment, "IVR_SIP_PORT": str(ports.sip_port)})  # the line is known by the port it comes from
    write_configuration(folder, found, settings, ports, numbers)
    secret = read_secrets(folder)["PSTN_AMI_SECRET"]
    command = [*found.command, "-f", "-C", str(folder / "pstn/etc/asterisk.conf")]
    with (folder / "pstn.log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            assert wait_until(lambda: probes.ami_answers(ports.pstn_ami_port) and probes.sip_answers(ports.pstn_port), PATIENCE), log.name
            yield PstnAddress(ports.pstn_ami_port, secret, ports.pstn_audio_port, ports.sip_port)
        finally:
            process.terminate()
            process.wait(PATIENCE)
