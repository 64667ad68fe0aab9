"""pyst2's AGI on one socket: commands out, replies in. The only importer of ``asterisk.agi``.

Nothing here writes a digit anywhere: not in a log, not in an exception's text.
"""

import atexit
import os
from time import monotonic
from typing import Final

from asterisk.agi import AGI

from ivr.agi_line import Line
from ivr.agi_protocol import parse_reply, quote
from ivr.errors import AsteriskFault, CallerGone

_MARGIN: Final = 4.0
"""Seconds that Asterisk may take for a command beyond the command's own duration."""

_USAGE_LINES: Final = 200
_NULL: Final = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the life of the process
atexit.register(_NULL.close)


class Session(AGI):
    """pyst2's AGI on a socket, in a thread, against every reply that Asterisk can give.

    Its own ``__init__`` would install a signal handler and write all that is said to stderr; its ``_quote`` escapes nothing;
    its ``get_result`` takes ``HANGUP`` for an error, ``result=-1`` within a value for a failure, and loops on 520 at end of file.
    """

    def __init__(self, line: Line) -> None:
        self.stdin = self.stdout = self.line = line
        self.stderr = _NULL
        self._got_sighup = False
        self.env = line.environment()
        self.gone = False
        self.seconds = 0.0  # duration of the command that is being sent

    def _quote(self, string: object) -> str:
        return quote(str(string))

    def send_command(self, command: str, *args: object) -> None:
        """Write one command. Raises CallerGone when the leg is known to be over."""
        if self.gone:
            raise CallerGone
        self.line.write(" ".join([command, *map(str, args)]).strip() + "\n")

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        """The reply's value and what stood in parentheses. Garbage or silence closes the line: replies would no longer match."""
        try:
            code, line = self._reply_line(monotonic() + self.seconds + _MARGIN)
            if code == "200":
                reply = parse_reply(line)
                return {"result": (reply.value, reply.data)}
        except AsteriskFault:
            self.gone = True
            self.line.close()
            raise
        if code == "511":
            self.gone = True
            raise CallerGone
        raise AsteriskFault(f"Asterisk refused a command with {code}.")

    def _reply_line(self, deadline: float) -> tuple[str, str]:
        line = self._news(deadline)
        code = line[:3]
        if line.startswith("520-"):
            self._skip_usage(deadline)
        elif code not in ("200", "510", "511", "520"):
            raise AsteriskFault("Asterisk's reply has no known code.")
        return code, line

    def _news(self, deadline: float) -> str:
        """The next line that is a reply. ``HANGUP`` is news, not a reply: it comes once, at any time."""
        while (line := self.line.read(deadline).rstrip("\r")) == "HANGUP":
            self.gone = True
        return line

    def _skip_usage(self, deadline: float) -> None:
        for _ in range(_USAGE_LINES):
            if self._news(deadline).startswith("520 "):
                return
        raise AsteriskFault("The usage text of a refused command does not end.")
