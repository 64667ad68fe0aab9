"""Customers' PINs: argon2id over an HMAC with the pepper, so that the database alone cannot be searched for four digits."""

import hmac
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr

AT_ONCE: Final = 4
"""Checks that may run side by side: bounds CPU and memory when many callers enter PINs together."""

_hasher: Final = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1, type=Type.ID)  # 8 MiB, about 4 ms
_slots: Final = BoundedSemaphore(AT_ONCE)


def hash_pin(pin: str, pepper: SecretStr) -> str:
    """The hash to store for ``pin``. Different each time."""
    with _slots:
        return _hasher.hash(_peppered(pin, pepper))


def check_pin(pin: str, pin_hash: str, pepper: SecretStr) -> bool:
    """Whether ``pin`` is the one hashed. A damaged hash fits nothing."""
    try:
        with _slots:
            return _hasher.verify(pin_hash, _peppered(pin, pepper))
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


def _peppered(pin: str, pepper: SecretStr) -> bytes:
    return hmac.digest(pepper.get_secret_value().encode(), pin.encode(), "sha256")
