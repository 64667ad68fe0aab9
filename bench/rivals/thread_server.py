"""Rival: FastAGI, a thread for each call, a connection to PostgreSQL whenever one is needed. pyst2's ``AGI`` on the socket.

pyst2's own FastAGI server does not import on Python 3; its ``AGI.__init__`` can't run in a thread, for it sets a signal handler.
"""

import os
import socketserver
import sys
from itertools import takewhile
from typing import IO

from asterisk.agi import AGI

from bench.rivals.covered import call

_NULL = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for the life of the process


class _Session(AGI):
    def __init__(self, stdin: IO[str], stdout: IO[str]) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _NULL
        self._got_sighup = False
        self.env = dict(line.rstrip("\n").split(": ", 1) for line in takewhile(str.strip, stdin) if ": " in line)


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with self.request.makefile("r", encoding="utf-8") as stdin, self.request.makefile("w", encoding="utf-8") as stdout:
            call(_Session(stdin, stdout))


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512


if __name__ == "__main__":
    with _Server(("127.0.0.1", int(sys.argv[1])), _Handler) as server:
        server.serve_forever()
