#!/usr/bin/python3 -IS
"""Health of a container of the hotline: ``healthy serve`` connects to FastAGI, ``healthy console`` asks whether the process lives.

Not whether the node is ready: a container is not to be replaced because the database is away.
"""

import os
import socket
import sys
import urllib.request

SECONDS = 3.0


def main(part: str) -> None:
    """Raises OSError when the part does not answer, which is exit status 1."""
    host = os.environ.get("IVR_AGI_HOST") or "127.0.0.1"
    if part == "serve":
        socket.create_connection((host, int(os.environ.get("IVR_AGI_PORT") or 4573)), SECONDS).close()
    else:
        address = f"http://{host}:{os.environ.get('IVR_CONSOLE_PORT') or 8080}/healthz"
        urllib.request.urlopen(address, timeout=SECONDS).close()


if __name__ == "__main__":
    main(sys.argv[1])
