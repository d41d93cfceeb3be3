"""The stage: a watchroom over a ledger, a broker that keeps what we have not heard, and time moved by hand.

Promises: what production puts together in `watchkeeper.roles`, put together here without threads. Time moves only by
`pass_until`; it stops wherever something falls due, so that a day costs seconds and nothing is late. What arrives while
nobody listens waits, as it would at a broker with a persistent session. Leaves to others: what arrives and who acts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self, TypeVar

import msgspec
from msgspec.structs import replace

from alerting.desk import Desk
from alerting.turn import Watchroom
from domain.assets import Device, Site
from domain.duties import NO_DUTIES, DutyBook
from domain.errors import LedgerUnavailable
from domain.instants import to_ms
from domain.kinds import Kind
from domain.notices import free_at
from domain.people import Actor, ActorType, Person, Role
from domain.ports.ledger import Ledger, Rows, Transaction
from domain.readings import Message
from domain.routes import Route
from watchkeeper.config_files import Configuration
from watchkeeper.rehearsal.ledgers import InAFile, LedgerPlace
from watchkeeper.rehearsal.post import Post

T = TypeVar("T")

LOOK_EVERY = timedelta(seconds=10)
"""Looks further apart count as a stall (`alerting.watch`)."""

AGAIN_AFTER = timedelta(milliseconds=100)
"""What is due and was not done (a tick comes too soon after the one before it) is tried again after this."""

AT_ONCE = timedelta(microseconds=1)
"""Before an instant, and after everything that came before it."""

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_IMPORT = Actor(ActorType.PROGRAM, "import", Role.ADMIN)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the stage when the curtain rises.

    `tick_every`: time's turn comes at least this often, beside every instant at which something is known to fall due.
    `people` have accounts, so that they can approve. Of the duties of the config only `duties` are owed.
    """

    kinds: dict[str, Kind]
    configuration: Configuration
    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    begins: datetime
    people: dict[str, Role]
    tick_every: timedelta = LOOK_EVERY
    routes: tuple[Route, ...] = ()
    duties: DutyBook = NO_DUTIES


class Stage:
    """Alerting at work. Use it as a context: its ledger goes at the end."""

    def __init__(self, setting: Setting, place: LedgerPlace | None = None) -> None:
        """`place` is where its rows are: a SQLite file of its own unless told otherwise."""
        self._place = place or InAFile()
        self.ledger: Ledger = self._place.ledger
        self.away = False
        """Whether the ledger cannot be written now."""
        self.at = setting.begins
        self.setting = setting
        self.kept: list[Message] = []
        """What the broker holds for us: not yet acknowledged, oldest first."""
        config = setting.configuration
        self.desk = Desk(config.templates, config.plan, setting.duties, windows=config.windows)
        with self.ledger.write(at=self.at, actor=_IMPORT) as tx:
            self.desk.register(tx, sites=setting.sites, devices=setting.devices, routes=setting.routes, actor=_IMPORT)
            for name, role in setting.people.items():
                tx.accounts.put_person(Person(name=name, role=role, password_hash="", created_at=self.at))
        plan = setting.configuration.plan
        leaving = any(plan.leaves(channel) for channel in plan.channels)
        self.post = Post(self.ledger, self.desk, plan, lambda: self.at) if leaving else None
        self._send_at: datetime | None = None
        self._session_at: datetime | None = self.at
        self._ticked_at: datetime | None = None
        self._deadline: datetime | None = None
        self._moved = True  # whether rows may have moved since the deadline was read
        self._room: Watchroom | None = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.find_ledger()
        if self.post is not None:
            self.post.close()
        self._place.close()

    # --- the process ---

    def start(self) -> None:
        """Start alerting: what it had only in mind is gone, what the broker kept comes when it listens."""
        room = Watchroom(self.ledger, self.desk, self.setting.kinds, self.setting.configuration.rules)
        room.resume(self.at)
        self._room = room
        if self._session_at is not None:
            self._session_at = self.at  # its session is a new one
        self._ticked_at = None
        if self.post is not None:
            self.post.start()
        self._look()
        self.deliver()

    def kill(self) -> None:
        """End alerting without a word, as `kill -9` does."""
        self._room = None
        if self.post is not None:
            self.post.stop()

    def close(self) -> None:
        """End alerting in an orderly way."""
        if self._room is not None:
            self._room.close(self.at)
        self.kill()

    @property
    def running(self) -> bool:
        """Whether alerting runs."""
        return self._room is not None

    # --- the broker ---

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached."""
        return self._session_at is not None

    def disconnect(self) -> None:
        """The broker is out of reach. It goes on keeping what devices send."""
        self._session_at = None
        self._look()

    def reconnect(self) -> None:
        """The broker is there again, with what it kept."""
        self._session_at = self.at
        self.deliver()

    def receive(self, messages: Iterable[Message]) -> None:
        """Devices send. It is judged at once if somebody listens, else kept."""
        self.kept += messages
        self.deliver()

    def deliver(self) -> bool:
        """Judge what the broker keeps; whether it could be done. It is acknowledged only after the turn."""
        if self._room is None or self._session_at is None:
            return False
        if not self.kept:
            return True
        now_ms = to_ms(self.at)
        batch = [one if one.received_ms == now_ms else replace(one, received_ms=now_ms) for one in self.kept]
        self._look()
        while batch:
            try:
                turned = self._room.turn(batch, self.at)
            except LedgerUnavailable:
                if not self.away:
                    raise
                return False
            self._moved = self._moved or turned.told
            del batch[: turned.judged], self.kept[: turned.judged]
        return True

    # --- the ledger ---

    def lose_ledger(self) -> None:
        """Somebody else holds the ledger's lock for longer than a writer waits."""
        if not self.away:
            self._place.lose()
            self.away = True

    def find_ledger(self) -> None:
        """The ledger can be written again."""
        if self.away:
            self._place.find()
            self.away = False

    # --- time ---

    def pass_until(self, instant: datetime) -> None:
        """Let time pass, with its turn wherever something falls due."""
        while self.at < instant:
            self._look_until(self._next_stop(instant))
            if self._tick_due():
                self.tick()
            if self._send_due():
                self.send()

    def stand_at(self, instant: datetime) -> None:
        """Let time pass to the beginning of an instant: nothing that is due then had its turn yet."""
        self.pass_until(instant - AT_ONCE)
        self.at = instant

    def tick(self) -> bool:
        """Time's turn; whether it could be done."""
        if self._room is None:
            return False
        if not self.deliver() and self.away:
            return False  # the loop insists on the turn at hand before it ticks
        try:
            turned = self._room.tick(self.at)
        except LedgerUnavailable:
            if not self.away:
                raise
            return False
        self._ticked_at = self.at
        self._moved = self._moved or turned.told
        return True

    def send(self) -> None:
        """Send the notices that are due now. A receiver can take one with the process: it starts again at once."""
        if self.post is None or self._room is None or self.away:
            return
        self._moved = True
        if not self.post.deliver():
            self.kill()
            self.start()

    # --- people ---

    def act(self, act: Callable[[Desk, Transaction], T], actor: Actor) -> T:
        """One act at the desk, in a transaction of its own. Raises what the desk raises."""
        self._moved = True
        with self.ledger.write(at=self.at, actor=actor) as tx:
            return act(self.desk, tx)

    def register(self, devices: Sequence[Device]) -> None:
        """Change the registry, as an import does."""
        self.act(lambda desk, tx: desk.register(tx, devices=devices, actor=_IMPORT), _IMPORT)

    def _look(self) -> None:
        if self._room is not None:
            session_ms = None if self._session_at is None else to_ms(self._session_at)
            self._room.look(self.at, session_ms=session_ms, backlog=0)

    def _look_until(self, stop: datetime) -> None:
        """Let time pass with nothing but looks until then, or until a look finds something to do."""
        room = self._room
        if room is None:  # nobody is there to look
            self.at = stop
            return
        due = room.next_due
        while self.at < stop and room.next_due == due:
            self.at = min(self.at + LOOK_EVERY, stop)
            self._look()

    def _next_stop(self, most: datetime) -> datetime:
        """The first instant after now at which there is something to do, `most` at the most."""
        if self._room is None:
            return most
        if self.away:  # it is tried again and again
            return min(self.at + LOOK_EVERY, most)
        stop = most
        for one in (self._room.next_due, self._next_deadline(), self._send_at, self._tick_at()):
            if one is not None and one < stop:
                stop = one if one > self.at else min(stop, self.at + AGAIN_AFTER)
        return stop

    def _tick_due(self) -> bool:
        if self._room is None:
            return False
        if self._tick_at() <= self.at:
            return True
        return any(one is not None and one <= self.at for one in (self._next_deadline(), self._room.next_due))

    def _tick_at(self) -> datetime:
        return self.at if self._ticked_at is None else self._ticked_at + self.setting.tick_every

    def _send_due(self) -> bool:
        self._next_deadline()
        return self._send_at is not None and self._send_at <= self.at

    def _next_deadline(self) -> datetime | None:
        """When the ledger's rows ask to be looked at: clocks, waits, escalation steps, rounds."""
        if self._moved:
            with self.ledger.read() as rows:
                self._deadline = rows.agenda().next_at
                self._send_at = _first_notice(rows) if self.post is not None else None
            self._moved = False
        return self._deadline


def _first_notice(rows: Rows) -> datetime | None:
    return next((free_at(notice) for notice in rows.notices.due(_NEVER, most=1)), None)
