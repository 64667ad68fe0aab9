"""``python -m ivr.embedded.mailbox``: where the embedded stack's pages arrive, instead of people's telephones.

``POST /ANYBODY`` takes what Apprise's ``json://`` sends and keeps it in ``mailbox/pages.jsonl``; ``GET /`` lists it, oldest first, each
with ``to`` (ANYBODY), ``at`` (ISO 8601), ``title`` and ``message``; ``GET /ANYBODY`` lists what came for one address.
"""

import json
import os
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import unquote, urlsplit

LONGEST: Final = 100_000
"""Bytes of one page; longer ones are refused."""
SECONDS: Final = 5.0


class Mailbox(ThreadingHTTPServer):
    """Serves on ``port`` (0: any free one) of 127.0.0.1 with the pages of ``folder``. Raises OSError when that is not to be had."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "pages.jsonl"
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Request)

    def keep(self, page: dict[str, Any]) -> None:
        """One more, on disk before the sender hears that it was taken."""
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(page, ensure_ascii=False) + "\n")

    def pages(self, to: str = "") -> list[dict[str, Any]]:
        """What came so far, oldest first; only what came for one address, if one is named."""
        with self._lock:
            lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        return [page for page in map(json.loads, lines) if to in ("", page["to"])]


class _Request(BaseHTTPRequestHandler):
    server: Mailbox
    timeout = SECONDS

    def do_GET(self) -> None:
        self._answer(200, self.server.pages(self._address()))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            return self._answer(413, "too long")
        try:
            sent = json.loads(self.rfile.read(int(length)))
            page = {"title": str(sent["title"]), "message": str(sent["message"])}
        except (ValueError, KeyError, TypeError):
            return self._answer(400, "not what json:// sends")
        self.server.keep({"at": datetime.now(UTC).isoformat(), "to": self._address(), **page})
        return self._answer(200, "kept")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that it is called by
        """Nothing: what arrives can be read."""

    def _address(self) -> str:
        return unquote(urlsplit(self.path).path).strip("/")

    def _answer(self, status: int, answer: object) -> None:
        body = json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serves until SIGTERM."""
    folder = Path(os.environ["IVR_STATE_FOLDER"]) / "mailbox"
    Mailbox(folder, int(os.environ["IVR_MAILBOX_PORT"])).serve_forever()


if __name__ == "__main__":
    main()
