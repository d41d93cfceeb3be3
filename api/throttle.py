"""Throttling of sign-in: who fails too often waits, and is told how long.

Promises: a pure memory of failures with instants handed in, bounded in size; a stranger who fails on somebody's name
from one address does not lock that person out of another. Leaves to others: turning `Throttled` into 429.
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
"""Failures within the window. The last one bounds a guess from many addresses at once: 100 in five minutes are 28,800
a day, against ten characters and more."""


class Throttled(Refused):
    """Too many failures; `wait` says how long from now."""

    code = "throttled"

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many failed sign-ins; try again later")
        self.wait = wait


class Throttle:
    """Failures by key, newest kept."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def check(self, account: str, address: str, at: datetime) -> None:
        """Raises Throttled while any of the three counts is full."""
        for key, most in _keys(account, address):
            recent = [failure for failure in self._failures.get(key, ()) if at - failure < WINDOW]
            if len(recent) >= most:
                raise Throttled(recent[-most] + WINDOW - at)

    def failed(self, account: str, address: str, at: datetime) -> None:
        """Remember a failure."""
        for key, most in _keys(account, address):
            recent = [failure for failure in self._failures.pop(key, ()) if at - failure < WINDOW]
            self._failures[key] = [*recent, at][-most:]
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget what this account failed from this address: the person is there."""
        self._failures.pop(f"both:{account}@{address}", None)


def _keys(account: str, address: str) -> Iterable[tuple[str, int]]:
    yield f"both:{account}@{address}", PER_ACCOUNT_AND_ADDRESS
    yield f"address:{address}", PER_ADDRESS
    yield f"account:{account}", PER_ACCOUNT
