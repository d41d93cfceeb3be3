"""The chains of events: seals, and what a transaction knows of them before it commits.

Promises: `seal = HMAC-SHA256(key, previous seal + event)`, the head sealed by itself, and a state in memory that
goes back with a savepoint. Leaves to others: rows (`act`, `events`), replaying them (`verify`).
"""

from __future__ import annotations

import hmac
from datetime import datetime

import msgspec

UNSOUND = "unsound"
"""The head seal of a chain whose head once did not fit its seal. It stays, so that verification always tells."""


def event_seal(key: bytes, previous: str, body: str) -> str:
    """The seal of an event: over the previous event's seal ("" before the first) and the event's body."""
    return _seal(key, "event", previous, body)


def head_seal(key: bytes, site: str, number: int, seal: str) -> str:
    """The seal of a chain's head. Without the key nobody can make one for a shorter chain."""
    return _seal(key, "head", site, str(number), seal)


def anchor_seal(key: bytes, site: str, number: int, seal: str, at: datetime) -> str:
    """The seal of a head as it is written outside the database."""
    return _seal(key, "anchor", site, str(number), seal, at.isoformat())


def _seal(key: bytes, *parts: str) -> str:
    return hmac.digest(key, "\n".join(parts).encode(), "sha256").hex()


class Head(msgspec.Struct, frozen=True):
    """The end of a site's chain: the newest event's number and seal (0 and "" before the first).

    `sound` is false when the stored head did not fit its own seal: somebody edited it.
    """

    number: int
    seal: str
    sound: bool = True


class ChainMark(msgspec.Struct, frozen=True):
    """The chains as they stood when a savepoint began."""

    heads: dict[str, Head]
    owed: dict[tuple[str, str], str]


class Chains:
    """The chains that one transaction took, as it will leave them."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._stored: dict[str, Head] = {}
        self._heads: dict[str, Head] = {}
        self._owed: dict[tuple[str, str], str] = {}  # (site, "alarm:ID") -> digest of a row no event names yet

    def taken(self, site: str) -> bool:
        """Whether this transaction holds the site's chain."""
        return site in self._heads

    def take(self, site: str, head: Head) -> None:
        """Begin with the site's stored head."""
        self._stored[site] = self._heads[site] = head

    def head(self, site: str) -> Head:
        """The site's newest head. Raises RuntimeError, a mistake of the caller, when it was not taken."""
        try:
            return self._heads[site]
        except KeyError:
            raise RuntimeError(f"take({site!r}) before changing or recording anything of that site") from None

    def owe(self, site: str, row: str, digest: str) -> None:
        """A row was written that the site's next event must name."""
        self.head(site)
        self._owed[site, row] = digest

    def pay(self, site: str) -> dict[str, str]:
        """The digests that the site's next event names, now no longer owed."""
        due = {row: digest for (owner, row), digest in self._owed.items() if owner == site}
        for row in due:
            del self._owed[site, row]
        return due

    def move(self, site: str, head: Head) -> None:
        """An event was added."""
        self._heads[site] = head

    def refuse_unpaid(self) -> None:
        """Raises RuntimeError, a mistake of the caller, when a row was written that no event names."""
        if self._owed:
            unpaid = sorted(row for _, row in self._owed)
            raise RuntimeError(f"no state without an event: nothing was recorded for {', '.join(unpaid)}")

    def moved(self) -> dict[str, Head]:
        """The heads that events moved in this transaction."""
        return {site: head for site, head in self._heads.items() if head.number != self._stored[site].number}

    def mark(self) -> ChainMark:
        """What `back_to` restores."""
        return ChainMark(self._heads.copy(), self._owed.copy())

    def back_to(self, mark: ChainMark) -> None:
        """Forget what happened since the mark, sites taken since then included: their locks are gone as well."""
        self._heads, self._owed = mark.heads.copy(), mark.owed.copy()
