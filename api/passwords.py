"""Passwords: argon2id, off the event loop, a few at a time.

Promises: hashing never holds up the loop, and no more than two run at once (each takes 64 MiB and a core), with a
bounded queue before them; checking takes as long for an unknown account as for a known one.
Leaves to others: how often somebody may try (`api.throttle`).
"""

from __future__ import annotations

from functools import cache

import anyio
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from domain.errors import Unavailable

AT_ONCE = 2
QUEUE = 16
"""How many may wait for their turn: at about 50 ms each nobody waits for more than half a second."""

_HASHER = PasswordHasher()  # argon2-cffi's defaults: RFC 9106, low memory (64 MiB, three passes)


class Busy(Unavailable):
    """Too many people sign in at this instant."""

    part = "sign-in"


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("nobody has this password")


def hash_password(password: str) -> str:
    """Argon2's encoded form of a password. Takes about 50 ms and 64 MiB."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one that was hashed. Without a hash: no, after just as long."""
    try:
        return _HASHER.verify(password_hash or _nobodys_hash(), password) and password_hash is not None
    except (Argon2Error, InvalidHashError):
        return False


class PasswordDesk:
    """Hashing for handlers on the event loop."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """`matches`, in a thread. Raises Busy when too many wait."""
        self._refuse_when_full()
        return await to_thread.run_sync(matches, password_hash, password, limiter=self._limiter)

    async def hash(self, password: str) -> str:
        """`hash_password`, in a thread. Raises Busy when too many wait."""
        self._refuse_when_full()
        return await to_thread.run_sync(hash_password, password, limiter=self._limiter)

    def _refuse_when_full(self) -> None:
        if self._limiter.statistics().tasks_waiting >= QUEUE:
            raise Busy("too many people sign in at this instant")
