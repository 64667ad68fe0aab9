"""The embedded stack's mailbox: keeps what Apprise sends, refuses everything else."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError

import pytest

from ivr.embedded.mailbox import LONGEST, Mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path, 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(mailbox: Mailbox, path: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{mailbox.server_port}{path}", body, timeout=5) as answer:
        return json.load(answer)


def test_what_comes_is_kept_and_listed(mailbox: Mailbox, tmp_path: Path) -> None:
    """Oldest first, by address, also by a mailbox that was started anew."""
    for name, words in (("ann", "one"), ("ben", "two ☎"), ("ann", "three")):
        assert ask(mailbox, f"/{name}", json.dumps({"title": "T", "message": words}).encode()) == "kept"
    assert [(page["to"], page["message"]) for page in ask(mailbox, "/")] == [("ann", "one"), ("ben", "two ☎"), ("ann", "three")]
    with Mailbox(tmp_path, 0) as anew:
        assert [page["message"] for page in anew.pages("ann")] == ["one", "three"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b'{"title": "T"}', 400), (b"\xff", 400), (b"x" * (LONGEST + 1), 413)]
)
def test_anything_else_is_refused(mailbox: Mailbox, body: bytes, status: int) -> None:
    with pytest.raises(HTTPError) as refused:
        ask(mailbox, "/ann", body)
    refused.value.close()
    assert refused.value.code == status
    assert ask(mailbox, "/") == []
