"""Post: the far ends of all channels, played, and the real courier that sends to them.

Promises: notices leave by `alerting.notices.Courier` as in production; what each receiver took is kept in order, to be
held against the ledger. A receiver can be away, gone for good, or take a letter in the instant in which the
process dies. Nothing leaves this process. Leaves to others: when there is something to send (`stage`).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import msgspec

from alerting.desk import Desk
from alerting.notices import Courier, OpenChannels
from domain.errors import NotifierUnavailable, Undeliverable
from domain.escalation import Plan
from domain.notices import Status
from domain.ports.ledger import Ledger
from domain.ports.notifier import Letter, Notifier

P = ParamSpec("P")
T = TypeVar("T")


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """One letter that a receiver took."""

    at: datetime
    key: str
    number: int
    lane: str
    receivers: tuple[str, ...]
    status: Status


class Receiver:
    """The far end of one channel."""

    def __init__(self, taken: list[Taken], now: Callable[[], datetime]) -> None:
        self._taken, self._now = taken, now
        self.away = False
        self.gone = False
        self.dying_after: int | None = None
        """The process dies when so many letters more were taken, before that is recorded."""

    async def send(self, letter: Letter) -> None:
        """Take it. Raises what a real channel raises."""
        if self.gone:
            raise Undeliverable("it answered that it is gone (HTTP 410)", gone=True)
        if self.away:
            raise NotifierUnavailable("it does not answer")
        notice = letter.notice
        self._taken.append(
            Taken(
                at=self._now(),
                key=notice.key,
                number=notice.number,
                lane=notice.lane,
                receivers=notice.receivers,
                status=notice.status,
            )
        )
        if self.dying_after is not None:
            self.dying_after -= 1
            if self.dying_after <= 0:
                self.dying_after = None
                raise asyncio.CancelledError  # what follows does not happen any more, as after kill -9

    def close(self) -> None:
        """Nothing to let go of."""


class Post:
    """All channels that leave, and the courier while alerting runs. One thread."""

    def __init__(self, ledger: Ledger, desk: Desk, plan: Plan, now: Callable[[], datetime]) -> None:
        self._ledger, self._desk = ledger, desk
        self._clock = _StageClock(now)
        self.taken: list[Taken] = []
        """What all receivers took, in order."""
        self.died_with: Counter[str] = Counter()
        """How often the process died while a letter was taken, so that it may not have been recorded, by key."""
        self.receivers = {name: Receiver(self.taken, now) for name in plan.channels if plan.leaves(name)}
        self._worker = _AtOnce()
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(self._worker)
        self._courier: Courier | None = None

    def start(self) -> None:
        """A courier that knows nothing but the ledger."""
        notifiers: dict[str, Notifier] = dict(self.receivers)
        self._courier = Courier(self._ledger, self._desk, OpenChannels(notifiers), self._clock, worker=self._worker)

    def stop(self) -> None:
        """No courier any more; what it was about to write is not written."""
        if self._courier is not None:
            self._loop.run_until_complete(self._courier.close())
        self._courier = None

    def close(self) -> None:
        """The end of the play."""
        self.stop()
        self._loop.close()

    def deliver(self) -> bool:
        """Send what is due; whether the process survived it. Raises LedgerUnavailable."""
        if self._courier is None:
            return True
        begun = len(self.taken)
        try:
            self._loop.run_until_complete(self._courier.deliver())
        except asyncio.CancelledError:
            self.stop()
            self.died_with.update(taken.key for taken in self.taken[begun:])
            return False
        return True


class _AtOnce(ThreadPoolExecutor):
    """Does in the caller's thread, at once, what a worker would do: a stage has one thread, and nothing to wait for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Done when this returns."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # whoever waits for it is told
            done.set_exception(error)
        return done


class _StageClock:
    """The stage's time. Nothing sleeps on it: time is moved by the stage."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now

    async def sleep(self, span: timedelta) -> None:
        raise RuntimeError(f"nothing sleeps on a stage, not even {span}")


if TYPE_CHECKING:

    def _is_a_notifier(receiver: Receiver) -> Notifier:
        return receiver

    def _is_a_clock(clock: _StageClock) -> Any:
        from domain.ports.clock import Clock

        told: Clock = clock
        return told
