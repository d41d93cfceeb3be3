"""What the installation keeps of itself in memory: memories of judging, heartbeats, marks, leases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from adapters.ledger_in_memory.act import Look
from domain.errors import Conflict, Fenced
from domain.lease import Lease
from domain.ports.ledger import Heartbeat, ProcessBeat


class Memories:
    """Implements `domain.ports.ledger.MemoryRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.memories

    def load(self, site: str | None = None) -> Iterable[tuple[str, str, bytes]]:
        """(site, device, memory) of all devices. Read it before the transaction ends."""
        return ((*key, memory) for key, memory in self._table.rows.items() if site in (None, key[0]))

    def get(self, site: str, device: str) -> bytes | None:
        """One device's memory."""
        return self._table.get((site, device))

    def put_many(self, rows: Sequence[tuple[str, str, bytes]]) -> None:
        """Insert or replace."""
        act = self._look.act()
        for site, device, memory in rows:
            act.change(self._table, (site, device), memory)


class Heartbeats:
    """Implements `domain.ports.ledger.HeartbeatRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table, self._processes = look, look.state.heartbeats, look.state.processes

    def beat(self, *heartbeats: Heartbeat) -> None:
        """Replace the proof of each site."""
        for one in heartbeats:
            self._look.act().change(self._table, one.site, one)

    def all(self) -> list[Heartbeat]:
        """By site."""
        return [self._table.rows[site] for site in sorted(self._table.rows)]

    def beat_process(self, beat: ProcessBeat) -> None:
        """Replace the process's proof."""
        self._look.act().change(self._processes, (beat.role, beat.ordinal), beat)

    def processes(self, role: str) -> list[ProcessBeat]:
        """By ordinal."""
        return [self._processes.rows[key] for key in sorted(self._processes.rows) if key[0] == role]

    def forget_process(self, role: str, ordinal: int) -> None:
        """Take its row away, if there is one."""
        self._look.act().change(self._processes, (role, ordinal), None)


class Marks:
    """Implements `domain.ports.ledger.MarkRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.marks

    def get(self, name: str) -> str | None:
        """The text of that name, if there is one."""
        return self._table.get(name)

    def put(self, name: str, value: str) -> None:
        """Insert or replace."""
        self._look.act().change(self._table, name, value)


class Leases:
    """Implements `domain.ports.ledger.LeaseRows`: every writing transaction is alone from its beginning."""

    def __init__(self, look: Look) -> None:
        self._look, self._table = look, look.state.leases

    def get(self, name: str) -> Lease | None:
        """As it was committed last."""
        return self._table.get(name)

    def take(self, name: str, holder: str, *, place: str | None, seen: Lease | None) -> Lease:
        """Hold it under a new epoch. Raises Conflict when somebody was faster, or its holder renewed it meanwhile."""
        now = self.get(name)
        if (now is None) != (seen is None) or (now and seen and _held(now) != _held(seen)):
            raise Conflict(f"the lease {name} is held by another process", winner=now.holder if now else None)
        taken = Lease(name=name, holder=holder, epoch=1 if seen is None else seen.epoch + 1, place=place)
        return self._put(taken)

    def renew(self, lease: Lease, *, alone_at: int | None) -> Lease:
        """Say that its holder lives, and forget who waited unless they looked again. Raises Fenced."""
        now = self._ours(lease)
        standby = None if alone_at == now.standby_looks else now.standby
        return self._put(replace(now, renewals=now.renewals + 1, standby=standby))

    def wait(self, name: str, standby: str) -> None:
        """Say that somebody waits for it."""
        now = self.get(name)
        if now is not None:
            self._put(replace(now, standby=standby, standby_looks=now.standby_looks + 1))

    def hold(self, lease: Lease) -> None:
        """Keep it until the transaction ends. Raises Fenced."""
        self._look.act()
        self._ours(lease)

    def release(self, lease: Lease) -> None:
        """Hand it over, if it is still ours."""
        now = self.get(lease.name)
        if now is not None and _same(now, lease):
            self._put(replace(now, holder=None, place=None))

    def _put(self, lease: Lease) -> Lease:
        self._look.act().change(self._table, lease.name, lease)
        return lease

    def _ours(self, lease: Lease) -> Lease:
        now = self.get(lease.name)
        if now is not None and _same(now, lease):
            return now
        whom = "nobody" if now is None or now.holder is None else f"{now.holder} under epoch {now.epoch}"
        raise Fenced(f"{lease.holder} held the lease {lease.name} under epoch {lease.epoch}; now {whom} does")


def _same(now: Lease, lease: Lease) -> bool:
    return (now.holder, now.epoch) == (lease.holder, lease.epoch)


def _held(lease: Lease) -> tuple[str | None, int, int]:
    return lease.holder, lease.epoch, lease.renewals
