"""Notices: route > send > record, apart from everything that judges.

    claim    one transaction: the head of each lane that is due, and a few behind it, are ours for a lease
    send     no transaction: lanes side by side, within a lane one after the other, each try bounded
    record   one transaction a notice: sent, to be tried again, or given up

Promises: a notice is sent at least once, with the same key each time, or given up and said so; in order within its
lane; a receiver that hangs holds up only its own lanes. One that cannot be delivered is an alarm about ourselves, which
ends when the channel delivers again. A crash at any point leaves a row that is free again when its lease ends.
Leaves to others: making notices (`alerting.calling`), technology (`adapters.notify`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

import structlog

from alerting import metrics
from alerting.desk import Desk
from alerting.letters import letter
from alerting.signals import Activation, Return
from domain.assets import Subject, SubjectType
from domain.backoff import pause_after
from domain.callout import Callee
from domain.errors import Fenced, NotifierUnavailable, Unavailable, Undeliverable
from domain.events import EventType
from domain.notices import Notice, NoticeState, after_failure, claimed, failed, free_at, released, sent
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger, Transaction
from domain.ports.notifier import Letter, Notifier
from domain.rules import Equals, Rule, Severity
from domain.texts import Language, text

T = TypeVar("T")

ASK_EVERY = timedelta(seconds=1)
FIRST_PAUSE = timedelta(milliseconds=200)
LONGEST_PAUSE = timedelta(seconds=10)

MOST_LANES = 50
"""Claimed at once; the others have their turn when these are done or late."""

MOST_OF_A_LANE = 10
"""Claimed of one lane at once: a receiver that is back is told quickly."""

TRY_LIMIT = timedelta(seconds=30)
"""A try takes no longer, whatever its channel promises; well under the lease. None begins that could outlast it."""

LATE_AFTER = timedelta(minutes=15)
"""A notice that could not be delivered for so long is an alarm, though it is still tried."""

GONE_AT_ONCE = 500
"""Notices given up with the one whose receiver said that it is gone; more of a lane are told so themselves."""

NOTICES = Actor(ActorType.TIMER, "notices")

UNDELIVERABLE = Rule(
    kind="system",
    name="notice_undeliverable",
    severity=Severity.IMPORTANT,
    title=text("Notices cannot be delivered", "通知无法送达", "通知無法送達"),
    consequence=text(
        "People are not told of alarms by this channel.",
        "相关人员无法通过此渠道得知报警。",
        "相關人員無法透過此渠道得知警報。",
    ),
    response=text(
        "Call those who should have been told, then repair the channel or its address.",
        "先致电应被通知的人员，再修复该渠道或其地址。",
        "先致電應被通知的人員，再修復該渠道或其地址。",
    ),
    time_to_respond=timedelta(minutes=15),
    when=Equals(metric="delivered", value=False),
)
"""The rule behind the alarm; its subject is the channel."""

log = structlog.get_logger(__name__)


class Channels(Protocol):
    """The channels that are open."""

    def get(self, name: str) -> Notifier | None:
        """The channel of that name, if it is open."""
        ...

    def follow(self, declared: Mapping[str, Mapping[str, Any]]) -> None:
        """Open what is declared differently now, and close what is declared no more."""
        ...

    def close(self) -> None:
        """Let go of all of them."""
        ...


class OpenChannels:
    """Channels that were opened once and for all."""

    def __init__(self, notifiers: Mapping[str, Notifier]) -> None:
        self._notifiers = dict(notifiers)

    def get(self, name: str) -> Notifier | None:
        """See `Channels`."""
        return self._notifiers.get(name)

    def follow(self, declared: Mapping[str, Mapping[str, Any]]) -> None:
        """They stay as they are."""

    def close(self) -> None:
        """See `Channels`."""
        for notifier in self._notifiers.values():
            notifier.close()


class Courier:
    """Sends what waits, by the desk's plan, which says who has which contact.

    `worker` does the ledger's work, one piece at a time, and is shut down with the courier; a thread without one.
    """

    def __init__(
        self, ledger: Ledger, desk: Desk, channels: Channels, clock: Clock, *, worker: Executor | None = None
    ) -> None:
        self._ledger, self._desk = ledger, desk
        self._channels, self._clock = channels, clock
        self._declared: Mapping[str, Mapping[str, Any]] | None = None
        self._worker = worker or ThreadPoolExecutor(max_workers=1, thread_name_prefix="notices")
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._zones: dict[str, str] = {}
        self._away = False

    async def run(self) -> None:
        """Send until cancelled. What is under way is left to its lease. Raises Fenced."""
        failures = 0
        try:
            while True:
                try:
                    await self._start_due()
                except Fenced:
                    raise
                except Exception as error:  # a notice waits in its row: whatever it is, the next look may work
                    failures += 1
                    self._went_away(error)
                    await self._clock.sleep(pause_after(failures, first=FIRST_PAUSE, most=LONGEST_PAUSE))
                else:
                    failures, self._away = 0, False
                    await self._clock.sleep(ASK_EVERY)
        finally:
            await self.close()

    async def deliver(self) -> int:
        """Send everything that is due now and return when every try has ended. Returns how many lanes were tried."""
        tried = await self._start_due()
        while self._busy:
            await asyncio.gather(*self._busy.values())
        return tried

    async def close(self) -> None:
        """Stop sending and let go of the channels."""
        tasks = list(self._busy.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._channels.close()
        await asyncio.to_thread(self._worker.shutdown)

    async def _start_due(self) -> int:
        """Claim what is due and set a task on each lane."""
        if self._desk.channels is not None and self._desk.channels is not self._declared:
            self._declared = self._desk.channels
            self._channels.follow(self._declared)
        busy = frozenset(self._busy)
        runs = await self._in_ledger(lambda at: self._claim(at, busy))
        for run in runs:
            lane = run[0].lane
            task = asyncio.create_task(self._work(lane, run), name=f"notices {lane}")
            self._busy[lane] = task
        return len(runs)

    def _claim(self, at: datetime, busy: frozenset[str]) -> list[list[Notice]]:
        with self._ledger.read() as rows:
            heads = [head for head in rows.notices.due(at, most=MOST_LANES) if head.lane not in busy]
            if heads:
                self._zones = {site.id: site.time_zone for site in rows.devices.sites()}
        if not heads:
            return []
        runs: list[list[Notice]] = []
        with self._ledger.write(at=at, actor=NOTICES) as tx:
            for site in sorted({head.site for head in heads}):
                tx.take(site)
            for head in tx.notices.due(at, most=MOST_LANES):  # read after the lock: another process may be faster
                if head.lane in busy or head.site not in {one.site for one in heads}:
                    continue
                behind = tx.notices.behind(head, most=MOST_OF_A_LANE - 1)
                run = [claimed(one, at) for one in (head, *_free(behind, at))]
                for one in run:
                    tx.notices.put(one)
                runs.append(run)
        return runs

    async def _work(self, lane: str, run: Sequence[Notice]) -> None:
        """Send a run of one lane, in order, up to the first that cannot be sent now."""
        try:
            for place, notice in enumerate(run):
                rest = tuple(run[place + 1 :])
                if notice.leased_until is not None and self._clock.now() + TRY_LIMIT > notice.leased_until:
                    await self._in_ledger(lambda at, r=(notice, *rest): self._release(at, r))  # type: ignore[misc]
                    return
                outcome = await self._try(notice)
                if await self._in_ledger(lambda at, n=notice, o=outcome, r=rest: self._record(at, n, o, r)):  # type: ignore[misc]
                    return
        except Exception as error:  # rows and leases are the memory: the lane is tried again
            self._went_away(error)
        finally:
            self._busy.pop(lane, None)

    async def _try(self, notice: Notice) -> Exception | None:
        """Send one. Returns None, or why not."""
        try:
            notifier, written = self._written(notice)
            async with asyncio.timeout(TRY_LIMIT.total_seconds()):
                await notifier.send(written)
        except (NotifierUnavailable, Undeliverable) as error:
            return error
        except TimeoutError:
            return NotifierUnavailable(f"it took longer than {TRY_LIMIT.total_seconds():.0f} s")
        except Exception as error:  # a mistake in a channel must not end the lane
            log.exception("notice_failed_unexpectedly", channel=notice.channel, notice=notice.key)
            return NotifierUnavailable(f"unexpected: {type(error).__name__}")
        return None

    def _written(self, notice: Notice) -> tuple[Notifier, Letter]:
        notifier = self._channels.get(notice.channel)
        if notifier is None:
            raise Undeliverable(f"there is no channel {notice.channel} any more")
        channel = self._desk.plan.channels.get(notice.channel)
        person: Callee | None = None
        if channel is not None and channel.personal:
            person = self._desk.plan.directory.people.get(notice.receivers[0]) if notice.receivers else None
            if person is None:
                raise Undeliverable(f"nobody is called {', '.join(notice.receivers) or '(nobody)'} any more")
        language = person.language if person is not None else Language.EN
        return notifier, letter(notice, language=language, time_zone=self._zones.get(notice.site), person=person)

    def _record(self, at: datetime, notice: Notice, why: Exception | None, rest: Sequence[Notice]) -> bool:
        """Write what came of a try. Returns whether the lane must wait: then what is behind is free again."""
        with self._ledger.write(at=at, actor=NOTICES) as tx:
            tx.take(notice.site)
            if why is None:
                self._record_sent(tx, notice, at)
                return False
            after = self._after(notice, why, at)
            tx.notices.put(after)
            outcome = "failed" if after.state is NoticeState.FAILED else "postponed"
            metrics.NOTICES.labels(notice.channel, outcome).inc()
            gone = isinstance(why, Undeliverable) and why.gone
            if after.state is NoticeState.FAILED:
                _tell(tx, EventType.NOTICE_FAILED, after)
                if gone:
                    self._give_up(tx, after, at)
                self._raise(tx, after, at)
            elif at - notice.made_at >= LATE_AFTER:
                self._raise(tx, after, at, late=True)
            waits = after.state is NoticeState.WAITING or gone
            for one in rest if waits and not gone else ():
                tx.notices.put(released(one))
        return waits

    def _release(self, at: datetime, run: Sequence[Notice]) -> None:
        """Let go of what could not be tried within the lease."""
        with self._ledger.write(at=at, actor=NOTICES) as tx:
            for notice in run:
                tx.notices.put(released(notice))

    def _after(self, notice: Notice, why: Exception, at: datetime) -> Notice:
        if isinstance(why, Undeliverable):
            return failed(notice, at, str(why))
        channel = self._desk.plan.channels.get(notice.channel)
        give_up_after = channel.give_up_after if channel is not None else timedelta(0)
        return after_failure(notice, at, str(why), give_up_after=give_up_after)

    def _record_sent(self, tx: Transaction, notice: Notice, at: datetime) -> None:
        done = sent(notice, at)
        tx.notices.put(done)
        _tell(tx, EventType.NOTICE_SENT, done)
        metrics.NOTICES.labels(notice.channel, "sent").inc()
        why = {"notice": notice.key, "delivered_at": at.isoformat()}
        over = Return(site=notice.site, subject=_subject(notice.channel), rule=UNDELIVERABLE.id, at=at, why=why)
        _apart(tx, notice, lambda: self._desk.deactivate(tx, over))

    def _give_up(self, tx: Transaction, first: Notice, at: datetime) -> None:
        """What stands behind a notice whose receiver is gone will never be taken either."""
        for one in tx.notices.behind(first, most=GONE_AT_ONCE):
            given_up = failed(one, at, first.last_error or "")
            tx.notices.put(given_up)
            _tell(tx, EventType.NOTICE_FAILED, given_up)

    def _raise(self, tx: Transaction, notice: Notice, at: datetime, *, late: bool = False) -> None:
        subject = _subject(notice.channel)
        known = tx.alarms.open_for(notice.site, subject, UNDELIVERABLE.id)
        if known is not None and (late or notice.rule == UNDELIVERABLE.id):
            return  # told already; and a notice about this very alarm must not call people anew for ever
        why: dict[str, Any] = {
            "channel": notice.channel,
            "receivers": list(notice.receivers),
            "notice": notice.key,
            "tries": notice.tries,
            "error": notice.last_error,
            "given_up": not late,
            "decided_at": at.isoformat(),
        }
        begun = Activation(site=notice.site, subject=subject, rule=UNDELIVERABLE, at=at, why=why, held_on=True)
        _apart(tx, notice, lambda: self._desk.activate(tx, begun))

    async def _in_ledger(self, work: Callable[[datetime], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work, self._clock.now())

    def _went_away(self, error: Exception) -> None:
        if not self._away:
            quiet = isinstance(error, Unavailable)
            log.error("notices wait", error=str(error), exc_info=None if quiet else error)
        self._away = True


def _free(behind: Sequence[Notice], at: datetime) -> list[Notice]:
    """Those of a lane that may be claimed with its head: up to the first that somebody else holds."""
    run: list[Notice] = []
    for notice in behind:
        free = free_at(notice)
        if free is None or free > at:
            break
        run.append(notice)
    return run


def _apart(tx: Transaction, notice: Notice, work: Callable[[], object]) -> None:
    """Do what may fail without taking with it what became of the notice: it would be sent again for ever."""
    try:
        with tx.savepoint():
            work()
    except Unavailable:
        raise
    except Exception:
        log.exception("channel_alarm_failed", channel=notice.channel)


def _subject(channel: str) -> Subject:
    return Subject(SubjectType.SYSTEM, f"channel-{channel}")


def _tell(tx: Transaction, type: EventType, notice: Notice) -> None:
    data = {
        "notice": notice.key,
        "channel": notice.channel,
        "receivers": list(notice.receivers),
        "status": notice.status.value,
        "tries": notice.tries,
        "made_at": notice.made_at.isoformat(),
        "error": notice.last_error,
    }
    tx.events.record(
        type,
        notice.site,
        alarm=notice.alarm,
        work_order=notice.work_order,
        device=notice.device,
        data={name: value for name, value in data.items() if value is not None},
    )
