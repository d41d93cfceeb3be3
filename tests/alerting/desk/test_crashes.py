"""Killed at every commit between a press and the notice of it: afterwards all are there once, and somebody was told.

The process dies before or after each transaction that it writes, one after the other, until it comes through without
dying; and at the moment a notice has left and its row does not know yet. What the broker did not have acknowledged it
sends again.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from adapters.clock import ManualClock
from adapters.ledger import SqlLedger
from adapters.notify.webhook import Webhook
from alerting.desk import Desk
from alerting.notices import Courier, OpenChannels
from alerting.turn import Watchroom
from devices.registry import kinds
from domain.events import Cursor
from domain.instants import to_ms
from domain.notices import LEASE, Notice, NoticeState
from domain.people import Actor
from domain.ports.ledger import AlarmFilter, NoticeFilter, OrderFilter, Transaction
from domain.readings import Message
from tests.alerting.desk.calling_scene import PLAN
from tests.alerting.desk.scene import CALL, TEMPLATES, open_in
from tests.alerting.room import message
from tests.receivers import HttpReceiver, http_receiver

PRESSED = {"alarm_button": True}


class Killed(BaseException):
    """The process is gone: nothing that it had in mind happens any more."""


class DyingLedger:
    """A ledger whose process dies at its n-th transaction that is written: before it committed, or right after."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger
        self.dies_at: int | None = None
        self.after_commit = False
        self.written = 0

    @contextmanager
    def write(self, *, at: datetime, actor: Actor) -> Iterator[Transaction]:
        """A transaction, perhaps the last one."""
        self.written += 1
        last = self.written == self.dies_at
        with self._ledger.write(at=at, actor=actor) as tx:
            yield tx
            if last and not self.after_commit:
                raise Killed
        if last:
            raise Killed

    def __getattr__(self, name: str) -> object:
        return getattr(self._ledger, name)


class House:
    """Alerting and its courier over one ledger, at work until they die, and again."""

    def __init__(self, ledger: SqlLedger, receiver: HttpReceiver) -> None:
        self.ledger, self.receiver = DyingLedger(ledger), receiver
        self.clock = ManualClock(datetime(2026, 3, 1, 15, 30, tzinfo=UTC))
        self.unacknowledged: list[Message] = []
        self.deaths = 0
        self.start()

    def start(self) -> None:
        """A process that knows nothing but the ledger."""
        desk = Desk(TEMPLATES, PLAN)
        self.session_ms = to_ms(self.clock.now())
        self.room = Watchroom(self.ledger, desk, kinds(), [CALL])  # type: ignore[arg-type]
        hook = Webhook("hook", self.receiver.url, key=b"k", clock=self.clock)
        mail = Webhook("mail", self.receiver.url, key=b"k", clock=self.clock)  # both tell the same receiver
        self.courier = Courier(self.ledger, desk, OpenChannels({"hook": hook, "mail": mail}), self.clock)  # type: ignore[arg-type]

    def resume(self) -> None:
        """What a start does first, and what the broker does then."""
        self.room.resume(self.clock.now())
        self.look()

    def look(self) -> None:
        """The broker is there, and nothing waits with it."""
        self.room.look(self.clock.now(), session_ms=self.session_ms, backlog=0)

    async def live(self) -> None:
        """Until the second step of the climb is told. Dying starts the next process, which takes over."""
        spans = [1, 60, 1, 1]  # seconds between one turn and the next
        while spans:
            try:
                await self.turn()
            except Killed:
                self.deaths += 1
                await self.courier.close()
                self.ledger.dies_at = None
                await self.clock.advance(LEASE + timedelta(seconds=1))
                self.start()
                self.resume()
                spans += [1, 1]
            await self.clock.advance(timedelta(seconds=spans.pop(0)))

    async def turn(self) -> None:
        """One turn of everything."""
        self.look()
        if self.unacknowledged:
            self.room.turn(self.unacknowledged, self.clock.now())
            self.unacknowledged = []  # acknowledged only now: a death before brings them again
        self.room.tick(self.clock.now())
        await self.courier.deliver()

    def press(self) -> None:
        """Somebody presses the button; the broker has it."""
        at = self.clock.now()
        self.unacknowledged.append(message(PRESSED, at, ts=at, channel="event"))

    def notices(self) -> list[Notice]:
        """All of them."""
        with self.ledger.read() as rows:  # type: ignore[operator]
            return list(rows.notices.page(NoticeFilter(), after=None, most=99).items)


async def one_life(folder: Path, receiver: HttpReceiver, dies_at: int | None, *, after_commit: bool) -> House:
    """From a press until everybody was told, with at most one death on the way."""
    house = House(open_in(folder), receiver)
    house.resume()
    house.ledger.dies_at, house.ledger.after_commit, house.ledger.written = dies_at, after_commit, 0
    house.press()
    await house.live()
    return house


def check(house: House, receiver: HttpReceiver) -> None:
    """All are there once, and each notice went out, at most twice, under its own key."""
    with house.ledger.read() as rows:  # type: ignore[operator]
        (alarm,) = rows.alarms.page(AlarmFilter(open=None), after=None, most=9).items
        (order,) = rows.orders.page(OrderFilter(ended=None), after=None, most=9).items
        events = Counter(event.type.value for event in rows.events.after(Cursor({}), sites=None, most=999))
    assert alarm.occurrences == 1
    assert alarm.work_order == order.id
    notices = house.notices()
    assert {notice.state for notice in notices} == {NoticeState.SENT}
    climbed = [notice.receivers for notice in notices if notice.rule is not None]  # others: of its clocks
    assert sorted(climbed) == [("firm",), ("wu",)]
    sent = Counter(receiver.keys)
    assert sent.keys() == {notice.key for notice in notices}, "never zero times"
    assert max(sent.values()) <= 1 + house.deaths, "twice only where somebody died, with the same key"
    once = ("alarm.raised", "workorder.opened")
    assert [events[name] for name in once] == [1, 1]
    assert (events["alarm.escalated"], events["notice.sent"]) == (len(climbed), len(notices))
    assert house.ledger.verify() == []  # type: ignore[operator]


@pytest.mark.parametrize("after_commit", [False, True], ids=["before", "after"])
async def test_killed_at_any_commit_between_press_and_notice_everything_is_there_once(
    furnished: Path, tmp_path: Path, after_commit: bool
) -> None:
    for dies_at in count(1):
        folder = Path(shutil.copytree(furnished, tmp_path / str(dies_at)))
        with http_receiver() as receiver:
            house = await one_life(folder, receiver, dies_at, after_commit=after_commit)
            check(house, receiver)
            await house.courier.close()
        house.ledger.close()  # type: ignore[operator]
        if not house.deaths:
            break
    assert dies_at > 5, "the way has transactions to die at"


async def test_killed_while_the_receiver_has_it_and_the_row_does_not_know_it_comes_again_with_its_key(
    furnished: Path, tmp_path: Path
) -> None:
    with http_receiver() as receiver:
        house = House(open_in(Path(shutil.copytree(furnished, tmp_path / "data"))), receiver)
        house.resume()
        house.press()
        house.look()
        house.room.turn(house.unacknowledged, house.clock.now())
        house.room.tick(house.clock.now())
        sending = asyncio.create_task(house.courier.deliver())
        await asyncio.to_thread(receiver.arrived.wait)
        sending.cancel()
        await house.courier.close()
        await house.clock.advance(LEASE + timedelta(seconds=1))
        house.unacknowledged = []
        house.deaths = 1
        house.start()
        house.resume()
        await house.live()
        check(house, receiver)
        await house.courier.close()
        house.ledger.close()  # type: ignore[operator]
