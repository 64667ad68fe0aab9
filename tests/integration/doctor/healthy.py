"""What is around a hotline with which nothing is wrong, and what doctor finds."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

from ivr.doctor import State
from ivr.findings import Finding
from tests.integration.fake_asterisk import FakeManager

GOOD_LOGS = """Channel                             Type     Formatter  Status    Configuration
-------                             ----     ---------  ------    -------------
/var/log/asterisk/messages.log      File     default    Enabled    - NOTICE WARNING ERROR
/var/log/asterisk/full              File     default    Disabled   - DEBUG VERBOSE DTMF"""

CONTACTS = """
  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>
==========================================================================================

  Contact:  trunk-asked/sip:192.0.2.7:5061;transport=tls   36fa7a3975 Avail         1.862
  Contact:  trunk/sip:192.0.2.7:5061;transport=tls         36fa7a3975 NonQual        -nan
  Contact:  trunk2-asked/sip:198.51.100.7:5060             12b8bf90ba Avail        10.412
  Contact:  trunk2/sip:198.51.100.7:5060                   12b8bf90ba NonQual        -nan
  Contact:  phone-15555550191/sip:phone-15555550191@203.0. 3ff3d40455 Avail        31.010

Objects found: 5
"""

REGISTRATIONS = """
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 trunk/sip:192.0.2.7:5061;transport=tls                  trunk                       Registered        (exp. 285s)

Objects found: 1
"""

GLOBALS = """
   AGI_FIRST=agi://127.0.0.1:4573
   FAILSAFE=PJSIP/phone-15555550191~PJSIP/+15555550191@trunk~PJSIP/+15555550191@trunk2
    -- 2 variable(s)
"""


def shows(manager: FakeManager, logs: str = GOOD_LOGS, contacts: str = CONTACTS, registrations: str = REGISTRATIONS) -> None:
    """What Asterisk prints."""
    outputs = {
        "logger show channels": logs, "pjsip show contacts": contacts, "pjsip show registrations": registrations,
        "dialplan show globals": GLOBALS,
    }  # fmt: skip

    def answer(action: dict[str, str]) -> list[dict[str, str]]:
        lines = "".join(f"Output: {line}\r\n" for line in outputs[action["Command"]].splitlines())
        manager.raw(f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: Command output follows\r\n{lines}\r\n".encode())
        return []

    manager.replies["Command"] = answer  # type: ignore[assignment]


class Serve(BaseRequestHandler):
    """Closes a connection that says nothing more, as a serve does."""

    def handle(self) -> None:
        self.request.recv(1)


class Console(BaseHTTPRequestHandler):
    """Lives."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def listening(handler: type[BaseRequestHandler]) -> Iterator[int]:
    """A port at which ``handler`` answers."""
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def faults(found: list[Finding]) -> dict[str, str]:
    return {one.part: one.text for one in found if one.state is State.FAULT}


def warnings(found: list[Finding]) -> dict[str, str]:
    return {one.part: one.text for one in found if one.state is State.WARNING}
