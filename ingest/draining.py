"""Taking a replica out: when its session is worked off.

Promises: the decision is a pure step from look to look. MQTT has no word for "that was all": so it is a broker that
answers, several looks in a row, and sends nothing more before its answers, while nothing of ours is under way. What a
broker keeps for a session it sends as soon as there is room, and then there is room.
Leaves to others: unsubscribing before, ending the session after it (`watchkeeper.draining`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from domain.ports.clock import Clock

LOOK_EVERY = timedelta(seconds=1)
QUIET_LOOKS = 3
"""So many in a row. One would do with Mosquitto, which sends what waits before it answers a ping that came behind an
acknowledgement; another broker may have to fetch it from elsewhere."""


class Seen(msgspec.Struct, frozen=True):
    """One look. `received` counts messages since the start; `idle`: all of them are durable and acknowledged."""

    received: int
    idle: bool


class Outlook(msgspec.Struct, frozen=True):
    """What was seen so far: messages received, and the looks since that found no more and nothing under way."""

    received: int = -1
    quiet: int = 0

    @property
    def worked_off(self) -> bool:
        """Whether the session may be ended."""
        return self.quiet >= QUIET_LOOKS


def look(before: Outlook, seen: Seen, *, answered: bool) -> Outlook:
    """One step. `answered`: the broker answered a ping just before it was `seen`."""
    still = answered and seen.idle and seen.received == before.received
    return Outlook(seen.received, before.quiet + 1 if still else 0)


async def until_worked_off(answers: Callable[[], Awaitable[bool]], see: Callable[[], Seen], clock: Clock) -> None:
    """Return when a session that is out of all subscriptions holds nothing more."""
    outlook = Outlook()
    while not outlook.worked_off:
        answered = await answers()
        outlook = look(outlook, see(), answered=answered)
        await clock.sleep(LOOK_EVERY)
