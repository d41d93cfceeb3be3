"""Troubles: when processes die, plugs are pulled and messages come twice, from a seed.

Promises: the same seed gives the same troubles. Leaves to others: making them happen (`watchkeeper.rehearsal.day`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

import msgspec

TROUBLE_EVERY = timedelta(minutes=40)
"""Mean time between two troubles."""


class TroubleType(StrEnum):
    """What can go wrong with us."""

    CRASH = "crash"  # killed after a commit and before the acknowledgement; starts again at once
    DOWN = "down"  # killed, and away for a while
    STOP = "stop"  # stopped in an orderly way, and away for a while
    BROKER = "broker"
    LEDGER = "ledger"
    RECEIVER = "receiver"  # nobody takes notices
    LETTER = "letter"  # killed after a notice was sent and before that was recorded
    AGAIN = "again"  # the broker sends again what was acknowledged


class Trouble(msgspec.Struct, frozen=True):
    """One of them. `lasts` counts for those that have an end."""

    at: datetime
    type: TroubleType
    lasts: timedelta


LONGEST: dict[TroubleType, timedelta] = {
    TroubleType.CRASH: timedelta(0),
    TroubleType.DOWN: timedelta(minutes=30),
    TroubleType.STOP: timedelta(minutes=10),
    TroubleType.BROKER: timedelta(minutes=30),
    TroubleType.LEDGER: timedelta(minutes=3),
    TroubleType.RECEIVER: timedelta(hours=3),
    TroubleType.LETTER: timedelta(0),
    TroubleType.AGAIN: timedelta(0),
}

PAINLESS = frozenset({TroubleType.CRASH, TroubleType.AGAIN, TroubleType.LETTER})
"""Those after which rules must have told exactly what they would have told without them."""


def troubles(types: frozenset[TroubleType], *, seed: str, start: datetime) -> Iterator[Trouble]:
    """Troubles without end, in order."""
    rng = Random(f"{seed}/troubles")
    at = start
    while types:
        at += TROUBLE_EVERY * rng.expovariate(1.0)
        type_ = rng.choice(sorted(types))
        yield Trouble(at, type_, LONGEST[type_] * rng.random())
