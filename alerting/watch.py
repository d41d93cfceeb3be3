"""Watch: when to look without a message, and whether what we do not hear means anything.

Promises: `Sight` is the one answer to *can we tell silence from not listening?*, as a pure step from look to look;
`DueList` says which devices fall due, first ones first. Leaves to others: looking (`alerting.loop`), what is found
when a device falls due (`alerting.examine`).
"""

from __future__ import annotations

import heapq

import msgspec

from alerting.roster import Key

CATCH_UP_MOST_MS = 10_000
"""Holds that ran out while we were away wait for what the broker kept for us, this long at the most."""

CATCH_UP_LEAST_MS = 1_000
"""A session that just came up is not caught up before the broker had this long to begin sending."""

BEHIND_BACKLOG = 1_000
"""With so many messages waiting we do not know what devices said lately."""

STALLED_MS = 10_000
"""Looks further apart than this: the process was stopped, the machine slept, or the clock jumped."""


class Sight(msgspec.Struct, frozen=True):
    """What we can see. All instants are our own clock.

    `looked_ms`: the last look. `began_ms`: when we began to catch up (a start, a new session). `free_ms`: from when
    on a hold that ran out may act; life-safety never waits. `session_ms`: when the present session came up, None
    while there is none. `watching_ms`: since when silence counts, None while it does not. `behind_ms`: since when
    too many messages wait.
    """

    looked_ms: int
    began_ms: int
    free_ms: int
    session_ms: int | None = None
    watching_ms: int | None = None
    behind_ms: int | None = None
    backlog: int = 0

    @property
    def connected(self) -> bool:
        """Whether the broker session is up."""
        return self.session_ms is not None

    @property
    def caught_up(self) -> bool:
        """Whether everything that waited for us has been judged."""
        return self.watching_ms is not None


def begin(at_ms: int) -> Sight:
    """The sight of a process that just started."""
    return Sight(at_ms, at_ms, at_ms + CATCH_UP_MOST_MS)


def look(sight: Sight, at_ms: int, *, session_ms: int | None, backlog: int) -> Sight:
    """What we can see at `at_ms`, given what we could see before.

    `session_ms`: when the present session came up, None while there is none. `backlog`: messages received and not
    judged. After a start, a new session, a stall or a long backlog every device gets a full interval anew.
    """
    lost = sight.connected and session_ms != sight.session_ms
    came = session_ms is not None and session_ms != sight.session_ms
    if at_ms - sight.looked_ms > STALLED_MS or lost or came:
        sight = begin(at_ms)
    watching_ms, free_ms, behind_ms = sight.watching_ms, sight.free_ms, sight.behind_ms
    if session_ms is None:
        return Sight(at_ms, sight.began_ms, free_ms, backlog=backlog)
    if backlog >= BEHIND_BACKLOG:
        behind_ms = at_ms if behind_ms is None else behind_ms
        if at_ms - behind_ms > CATCH_UP_MOST_MS:
            watching_ms = None
    else:
        behind_ms = None
        if watching_ms is None and at_ms - sight.began_ms >= CATCH_UP_LEAST_MS:
            watching_ms, free_ms = at_ms, min(free_ms, at_ms)
    return Sight(at_ms, sight.began_ms, free_ms, session_ms, watching_ms, behind_ms, backlog)


class DueList:
    """Devices by the instant at which they fall due, each once."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, Key]] = []
        self._due: dict[Key, int] = {}

    def put(self, key: Key, due_ms: int | None) -> None:
        """Have `key` fall due at `due_ms`, unless it does earlier already."""
        if due_ms is None:
            return
        known = self._due.get(key)
        if known is None or due_ms < known:
            self._due[key] = due_ms
            heapq.heappush(self._heap, (due_ms, key))

    def take(self, at_ms: int, most: int) -> list[Key]:
        """Take out the devices due at or before `at_ms`, first ones first, `most` at the most."""
        taken: list[Key] = []
        while self._heap and self._heap[0][0] <= at_ms and len(taken) < most:
            due_ms, key = heapq.heappop(self._heap)
            if self._due.get(key) == due_ms:
                del self._due[key]
                taken.append(key)
        return taken

    @property
    def first_ms(self) -> int | None:
        """The first instant, or None."""
        while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None
