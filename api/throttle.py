"""Throttling of sign-in: who fails too often waits, and is told how long.

Promises: a memory of attempts with instants handed in, bounded in size; a stranger who fails on somebody's name from
one address does not lock that person out of another; attempts made at the same time are all counted.
Leaves to others: turning `Throttled` into 429 (`api.problems`).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.errors import Refused

MOST_KEYS = 10_000
WINDOW = timedelta(minutes=5)
PER_ACCOUNT_AND_ADDRESS = 5
PER_ADDRESS = 20
PER_ACCOUNT = 100
"""Failures within the window. The last bounds guessing from many addresses: at most 28,800 guesses a day against ten
characters, while an office of people who mistype cannot reach it."""


class Throttled(Refused):
    """Too many at once; `wait` says how long to stay away."""

    code = "throttled"

    def __init__(self, message: str, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class Throttle:
    """Attempts that have not succeeded, by account and address."""

    def __init__(self) -> None:
        self._attempts: OrderedDict[str, list[datetime]] = OrderedDict()

    def attempt(self, account: str, address: str, at: datetime) -> None:
        """Count an attempt before it is judged. Raises Throttled, counting nothing, while any count is full."""
        keys = dict(_keys(account, address))
        for key, most in keys.items():
            recent = self._recent(key, at)
            if len(recent) >= most:
                raise Throttled("too many failed sign-ins; try again later", recent[-most] + WINDOW - at)
        for key in keys:
            recent = self._recent(key, at)
            self._attempts.pop(key, None)
            self._attempts[key] = [*recent, at]
        while len(self._attempts) > MOST_KEYS:
            self._attempts.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """The newest attempt was good: it does not count, and the person is forgiven what failed from this address."""
        both, *others = (key for key, _ in _keys(account, address))
        self._attempts.pop(both, None)
        for key in others:
            if self._attempts.get(key):
                self._attempts[key].pop()

    def _recent(self, key: str, at: datetime) -> list[datetime]:
        return [attempt for attempt in self._attempts.get(key, ()) if at - attempt < WINDOW]


def _keys(account: str, address: str) -> Iterable[tuple[str, int]]:
    yield f"both:{account}@{address}", PER_ACCOUNT_AND_ADDRESS
    yield f"address:{address}", PER_ADDRESS
    yield f"account:{account}", PER_ACCOUNT
