"""How long to wait before trying again.

Promises: pauses that double from the first to the longest, so that a part that is away is neither hammered nor
forgotten. Leaves to others: sleeping, and drawing the chance that keeps many of us from coming back at once.
"""

from __future__ import annotations

from datetime import timedelta


def pause_after(failures: int, *, first: timedelta, most: timedelta, chance: float = 0.0) -> timedelta:
    """The pause after so many failures in a row (1, 2, 3 ...).

    `chance`, from 0 to 1, takes off up to half of it: processes that lost the same broker return spread out.
    """
    doublings = min(max(failures, 1) - 1, 30)  # beyond that only the overflow is near
    full = min(first * int(2**doublings), most)
    return full * (1 - chance / 2)
