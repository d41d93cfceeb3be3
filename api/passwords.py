"""Passwords: argon2id, and no difference in time between a wrong password and an unknown account.

Promises: only argon2's encoded form is ever kept. Leaves to others: threads (`api.lanes`), how often somebody may
try (`api.throttle`).
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher()  # argon2-cffi's defaults: RFC 9106 for little memory (64 MiB, three passes), about 50 ms


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Argon2's encoded form of a password."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed. Without a hash: no, after just as long."""
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False
