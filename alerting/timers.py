"""Timers: what time alone brings about.

Promises: `tick` judges devices that fall due (holds, presses, silence), runs the clocks of work orders, proves that
somebody watches, and writes memories that may follow later. One device or one clock that fails is logged, counted and
tried again; it stops nothing else. Leaves to others: what falls due (`alerting.board`), when to tick
(`alerting.loop`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from alerting import metrics
from alerting.board import Board
from alerting.desk import Desk
from alerting.duties import Duties
from alerting.entry import MOST_STEPS, Step, StepsRefused, enter_heartbeats, enter_memories, enter_steps
from alerting.examine import elapse
from alerting.maintenance import Maintenance
from alerting.memory import DeviceMemory
from alerting.outage import Outage
from alerting.review import Review
from alerting.roster import Key
from alerting.rounds import NOTHING_LOOKED_AT, Looked, Rounds
from domain.errors import Fenced, Unavailable
from domain.instants import to_ms
from domain.lease import ALERTING
from domain.people import Actor, ActorType
from domain.ports.ledger import Ledger, Rows, Transaction

T = TypeVar("T")

SECOND_HAND = timedelta(milliseconds=900)
"""Clocks, heartbeats and memories have their turn this often; a little less than the loop's second, so that none of
its ticks misses."""

FLUSH_MOST = 2_000
"""Memories written by one turn of the second hand: 10,000 devices are through in five seconds."""

CALLS_MOST = 500
"""Clocks that one turn of the second hand calls people for; the others have the next."""

DUE_MOST = 2_000
"""Devices looked at by one tick."""

TRY_AGAIN_MS = 10_000
"""A device whose timer failed is looked at again after this long."""

CAUGHT_UP_FOR_MS = 5_000
"""Nobody is said to have missed a round before we listened this long again: what the broker kept comes first."""

TIMERS = Actor(ActorType.TIMER, "watch")

log = structlog.get_logger(__name__)


class _Plan:
    """What devices that are due would bring about, by their place among them. `judged`: so many, from the first on."""

    def __init__(self) -> None:
        self.judged = 0
        self.steps: dict[int, Step] = {}
        self.memories: dict[Key, DeviceMemory] = {}
        self.keep: set[Key] = set()

    def leave_out(self, number: int, key: Key) -> None:
        """Forget what was worked out for one."""
        del self.steps[number], self.memories[key]
        self.keep.discard(key)


class Timers:
    """The timers of a watchroom. One thread at a time."""

    def __init__(
        self, ledger: Ledger, desk: Desk, board: Board, rounds: Rounds, duties: Duties, follow: Callable[[Rows], None]
    ) -> None:
        """`follow` is called with every turn of the second hand, to take up what changed in the registry."""
        self._ledger, self._desk, self._board, self._rounds, self._follow = ledger, desk, board, rounds, follow
        self._review, self._outage, self._duties = Review(desk), Outage(desk, board), duties
        self._maintenance = Maintenance(desk)
        self._second_hand_at: datetime | None = None
        self._called: int | None = None  # up to which call of a clock people were called
        self._followed: tuple[int, str | None] | None = None  # the revisions that were taken up
        self._failing: set[str] = set()

    def tick(self, at: datetime) -> bool:
        """Do what is due at `at`. Returns whether events were written. Raises LedgerUnavailable: then tick again."""
        told = self._judge_due(at)
        moved_at = self._second_hand_at
        if moved_at is None or not timedelta(0) <= at - moved_at < SECOND_HAND:
            self._second_hand_at = at
            try:
                told = self._move_second_hand(at) or told
                told = self._judge_due(at) or told  # what changed in the registry is judged at once
            except Unavailable:
                self._second_hand_at = moved_at
                raise
            except Fenced:
                raise
            except Exception:  # alarms go on; that no heartbeat is written tells that something is wrong
                log.exception("second_hand_failed")
                metrics.TIMER_FAILURES.labels("second hand").inc()
        return told

    def flush(self, at: datetime) -> None:
        """Write every memory that is newer than the ledger's."""
        while unsaved := self._board.unsaved(FLUSH_MOST):
            with self._ledger.write(at=at, actor=TIMERS) as tx:
                enter_memories(tx, unsaved)
            self._board.saved(unsaved)

    def _judge_due(self, at: datetime) -> bool:
        """Judge who is due, in as many transactions as it takes: nobody waits for the next tick because of others."""
        board, at_ms = self._board, to_ms(at)
        due, afresh = board.take_due(at_ms, DUE_MOST), frozenset(board.take_afresh(at_ms, DUE_MOST))
        left = list(dict.fromkeys([*due, *afresh]))
        told = False
        try:
            while left:
                plan = self._work_out(left, afresh, at_ms)
                told = self._enter(plan, left, at) or told
                left = left[plan.judged :]
        except Exception as error:
            waiting = set(left)
            until_ms = at_ms if isinstance(error, Unavailable) else at_ms + TRY_AGAIN_MS
            board.put_off([key for key in due if key in waiting], until_ms)
            board.judge_afresh(key for key in left if key in afresh)  # in order: a seed plays the same day again
            if isinstance(error, Unavailable | Fenced):
                raise
            log.exception("timers_failed", devices=len(left))
            metrics.TIMER_FAILURES.labels("turn").inc()
        return told

    def _enter(self, plan: _Plan, keys: Sequence[Key], at: datetime) -> bool:
        """One transaction, and what follows from its commit. Whether it wrote events."""
        at_ms = to_ms(at)
        while plan.steps or plan.keep:
            try:
                with self._ledger.write(at=at, actor=TIMERS) as tx:
                    enter_steps(tx, self._desk, self._board.roster.sites, list(plan.steps.values()))
                    enter_memories(tx, {key: plan.memories[key] for key in plan.keep})
            except StepsRefused as refusal:
                for number, why in refusal.errors.items():
                    self._fail(keys[number], why, at_ms)
                    plan.leave_out(number, keys[number])
            else:
                break
        self._board.remember(plan.memories, saved=plan.keep, looked=True)
        return bool(plan.steps)

    def _work_out(self, keys: Sequence[Key], afresh: frozenset[Key], at_ms: int) -> _Plan:
        """What time brings about on the first of these, as many as bring about what one transaction takes."""
        plan = _Plan()
        for number, key in enumerate(keys):
            if len(plan.steps) == MOST_STEPS:
                break
            plan.judged = number + 1
            watched = self._board.roster.find(key)
            if watched is None:
                continue
            try:
                outcome = elapse(
                    watched,
                    self._board.memory(key),
                    at_ms,
                    watching_ms=self._board.sight.watching_ms,
                    only_life_safety=self._board.blocked(at_ms),
                    afresh=key in afresh,
                )
            except Exception as error:
                self._fail(key, error, at_ms)
                continue
            plan.memories[key] = outcome.memory
            if outcome.signals:
                plan.steps[number] = Step(number, outcome.signals)
            if outcome.keep:
                plan.keep.add(key)
        return plan

    def _fail(self, key: Key, error: Exception, at_ms: int) -> None:
        site, device = key
        log.error("timer_failed", site=site, device=device, exc_info=error)
        metrics.TIMER_FAILURES.labels("device").inc()
        self._board.put_off([key], at_ms + TRY_AGAIN_MS)

    def _move_second_hand(self, at: datetime) -> bool:
        board = self._board
        unsaved = board.unsaved(FLUSH_MOST)
        with self._ledger.write(at=at, actor=TIMERS) as tx:
            agenda = tx.agenda()
            written = 0
            if (agenda.registry, agenda.rules) != self._followed:  # what cannot be followed leaves what is known
                self._run(tx, "registry", lambda: self._follow(tx), None)
            if _due(agenda.orders_at, at):
                written += self._run(tx, "clocks", lambda: self._desk.run_clocks(tx, at), 0)
                agenda = tx.agenda()
            if _due(agenda.steps_at, at):
                written += self._run(tx, "escalation", lambda: self._desk.run_escalation(tx, at), 0)
            spoke = 0
            if agenda.clock_calls != self._called:
                spoke = self._run(tx, "clock calls", lambda: self._desk.call_for_clocks(tx, most=CALLS_MOST), 0)
                written += spoke
            if _due(agenda.floods_at, at):
                written += self._run(tx, "floods", lambda: self._desk.run_floods(tx, at), 0)
            if agenda.reviews:
                written += self._run(tx, "review", lambda: self._review.look(tx, at), 0)
            if self._duties.waiting or _due(agenda.duties_at, at):
                due = _due(agenda.duties_at, at)
                written += self._run(tx, "duties", lambda: self._duties.look(tx, at, due=due), 0)
            if self._maintenance.due(at):
                written += self._run(tx, "maintenance", lambda: self._maintenance.look(tx, at), 0)
            if self._outage.due:
                written += self._run(tx, "outage", lambda: self._outage.look(tx, at), 0)
            looked, closing = NOTHING_LOOKED_AT, _due(agenda.rounds_at, at)
            if closing or self._rounds.due(at):
                looked = self._run(tx, "rounds", lambda: self._look_at_rounds(tx, at, closing=closing), looked)
            detail: dict[str, object] = {
                "connected": board.sight.connected,
                "caught_up": board.sight.caught_up,
                "backlog": board.sight.backlog,
                "rules": board.roster.rule_count,
                "registry": "registry" not in self._failing,
                "clocks": "clocks" not in self._failing,
                "escalation": not self._failing & {"escalation", "clock calls"},
                "rounds": "rounds" not in self._failing,
                "review": "review" not in self._failing,
                "duties": "duties" not in self._failing,
                "maintenance": "maintenance" not in self._failing,
                "outage": "outage" not in self._failing,
            }
            detail |= _led_by(tx)
            enter_heartbeats(tx, board.roster.sites, at, detail)
            enter_memories(tx, unsaved)
        board.saved(unsaved)
        more = spoke >= CALLS_MOST or "clock calls" in self._failing
        self._called = None if more else agenda.clock_calls
        self._followed = None if "registry" in self._failing else (agenda.registry, agenda.rules)
        self._rounds.keep(looked)
        self._duties.keep()
        self._outage.keep()
        return written + looked.changed > 0

    def _look_at_rounds(self, tx: Transaction, at: datetime, *, closing: bool) -> Looked:
        """Judge rounds that fell due, when we can tell that nobody came."""
        watching_ms = self._board.sight.watching_ms
        if watching_ms is None or to_ms(at) - watching_ms < CAUGHT_UP_FOR_MS:
            return NOTHING_LOOKED_AT
        return self._rounds.look(tx, at, closing=closing)

    def _run(self, tx: Transaction, name: str, work: Callable[[], T], nothing: T) -> T:
        """One hand of the clock. What it cannot write must not stop alarms, nor the proof that we watch."""
        try:
            with tx.savepoint():
                done = work()
        except Unavailable:
            raise
        except Exception:
            metrics.TIMER_FAILURES.labels(name).inc()
            if name not in self._failing:
                log.exception("timer_failed", timer=name)
            self._failing.add(name)
            return nothing
        if name in self._failing:
            log.info("timer_runs_again", timer=name)
        self._failing.discard(name)
        return done


def _due(instant: datetime | None, at: datetime) -> bool:
    return instant is not None and instant <= at


def _led_by(tx: Transaction) -> dict[str, object]:
    """Whose heartbeat it is, and whether another process would go on without us."""
    lease = tx.leases.get(ALERTING)
    if lease is None:
        return {}
    return {"leader": lease.holder, "epoch": lease.epoch, "standby": lease.standby}
