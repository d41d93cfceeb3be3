"""Board: what the watchroom remembers of every device, and which of them falls due.

Promises: the live memories change only by `remember`, after the commit that made them so. Leaves to others: what a
memory means (`alerting.examine`), writing it (`alerting.entry`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from alerting.examine import next_due_ms
from alerting.memory import NO_MEMORY, DeviceMemory
from alerting.roster import Key, Roster
from alerting.watch import DueList, Sight, begin, look
from domain.instants import to_ms


class Board:
    """Memories, due list and sight. One thread at a time."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.sight: Sight = begin(0)
        self._live: dict[Key, DeviceMemory] = {}
        self._unsaved: dict[Key, None] = {}  # changed since they were written, oldest first
        self._due = DueList()
        self._afresh: dict[Key, None] = {}  # to be judged by every rule, without a reading
        self.touched: set[Key] = set()
        """Devices of which something new is known since somebody emptied it (`alerting.groups`)."""
        self._waiting: set[Key] = set()  # with holds that ran out, until we are caught up

    def resume(self, memories: dict[Key, DeviceMemory], at: datetime) -> None:
        """Begin with what was remembered. Every rule is judged once when we are caught up: rules may be others now."""
        self.sight = begin(to_ms(at))
        self._live = memories
        self.judge_afresh(self.roster.keys())
        for key, memory in memories.items():
            self._reschedule(key, memory)

    def memory(self, key: Key) -> DeviceMemory:
        """What is remembered of a device."""
        return self._live.get(key, NO_MEMORY)

    def remember(self, memories: Mapping[Key, DeviceMemory], *, saved: Collection[Key], looked: bool = False) -> None:
        """Make these memories the live ones; those `saved` are in the ledger, the others are to follow.

        `looked`: the devices were taken off the due list and belong on it again.
        """
        self.touched.update(memories)
        for key, memory in memories.items():
            before = self._live.get(key)
            self._live[key] = memory
            if key in saved:
                self._unsaved.pop(key, None)
            else:
                self._unsaved[key] = None
            if looked or before is None or before.conditions is not memory.conditions:
                self._reschedule(key, memory)

    def unsaved(self, most: int) -> dict[Key, DeviceMemory]:
        """Memories that are newer than the ledger's, those that changed first."""
        return {key: self._live[key] for _, key in zip(range(most), self._unsaved, strict=False)}

    def saved(self, keys: Iterable[Key]) -> None:
        """Note that these were written."""
        for key in keys:
            self._unsaved.pop(key, None)

    def forget_leaves(self, rules: Collection[str]) -> None:
        """Forget what the conditions of these rules (by id) remember: they are others now. Phases and holds stay."""
        for key, memory in self._live.items():
            watched = self.roster.find(key)
            if watched is None:
                continue
            stale = {name for name in memory.conditions if f"{watched.device.kind}.{name}" in rules}
            if stale:
                conditions = {
                    name: msgspec.structs.replace(one, leaves=()) if name in stale else one
                    for name, one in memory.conditions.items()
                }
                self._live[key] = DeviceMemory(memory.facts, conditions)
                self._unsaved[key] = None

    def judge_afresh(self, keys: Iterable[Key]) -> None:
        """Have these judged by every rule as soon as we are caught up."""
        self._afresh.update(dict.fromkeys(keys))

    def look(self, at: datetime, *, session_ms: int | None, backlog: int) -> None:
        """Note what we can see now."""
        before, at_ms = self.sight, to_ms(at)
        self.sight = look(before, at_ms, session_ms=session_ms, backlog=backlog)
        if self.sight.watching_ms is not None and before.watching_ms is None:
            self.judge_afresh(self.roster.keys())  # silence counts again, for everybody from now
        if self._waiting and self.sight.free_ms <= at_ms:
            for key in self._waiting:
                self._due.put(key, at_ms)
            self._waiting = set()

    def blocked(self, at_ms: int) -> bool:
        """Whether holds that ran out still wait for what the broker kept for us."""
        return at_ms < self.sight.free_ms

    def take_due(self, at_ms: int, most: int) -> list[Key]:
        """Take devices that are due off the list, first ones first."""
        return self._due.take(at_ms, most)

    def take_afresh(self, at_ms: int, most: int) -> list[Key]:
        """Take devices to judge by every rule off their list; none before we are caught up."""
        if self.blocked(at_ms):
            return []
        keys = [key for _, key in zip(range(most), self._afresh, strict=False)]
        for key in keys:
            del self._afresh[key]
        return keys

    def put_off(self, keys: Iterable[Key], until_ms: int) -> None:
        """Look at these again at `until_ms`."""
        for key in keys:
            self._due.put(key, until_ms)

    @property
    def next_due_ms(self) -> int | None:
        """When there is something to look at again, as far as is known."""
        if self._afresh:
            first_ms = self._due.first_ms
            return self.sight.free_ms if first_ms is None else min(first_ms, self.sight.free_ms)
        return self._due.first_ms

    def _reschedule(self, key: Key, memory: DeviceMemory) -> None:
        watched = self.roster.find(key)
        if watched is None or not memory.conditions:
            return
        free_ms = self.sight.free_ms if self.blocked(self.sight.looked_ms) else None
        self._due.put(key, next_due_ms(watched, memory, free_ms))
        if free_ms is not None and (memory.due_ms or free_ms) < free_ms:
            self._waiting.add(key)
