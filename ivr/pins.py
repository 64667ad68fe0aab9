"""Customers' PINs: argon2id over an HMAC with the pepper, so that the database alone cannot be searched for four digits."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

AT_ONCE: Final = 4
"""Checks that may run side by side: bounds CPU and memory when many callers enter PINs together."""
PATIENCE_SECONDS: Final = 2.0
"""How long a check waits for its turn: the caller hears nothing meanwhile, and hundreds of checks fit into it."""

_hasher: Final = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1, type=Type.ID)  # 8 MiB, about 4 ms
_slots: Final = BoundedSemaphore(AT_ONCE)


def hash_pin(pin: str, pepper: SecretStr) -> str:
    """The hash to store for ``pin``. Different each time. Raises TimeoutError when it does not get its turn."""
    with _slot():
        return _hasher.hash(_peppered(pin, pepper))


def check_pin(pin: str, pin_hash: str, pepper: SecretStr) -> bool:
    """Whether ``pin`` is the one hashed. A damaged hash fits nothing. Raises TimeoutError when it does not get its turn."""
    try:
        with _slot():
            return _hasher.verify(pin_hash, _peppered(pin, pepper))
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=PATIENCE_SECONDS):
        raise TimeoutError(f"no PIN could be checked within {PATIENCE_SECONDS:g} s")
    try:
        yield
    finally:
        _slots.release()


def _peppered(pin: str, pepper: SecretStr) -> bytes:
    return hmac.digest(pepper.get_secret_value().encode(), pin.encode(), "sha256")
