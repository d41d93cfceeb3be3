"""Our own machine watched: a disk that is nearly full and a clock that moved are alarms of every site.

Promises: each is told once in the log, shown in metrics, and one system alarm a site that ends when its cause has, also
over a restart. Needs the ledger alone: it goes on while history cannot be written, and the ledger's last megabytes are
kept from history and spool for it. Leaves to others: the decisions (`domain.machine`), looking (`adapters.machine`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog

from alerting import metrics
from alerting.desk import Desk
from alerting.system_alarms import tell_site
from domain.assets import Subject, SubjectType
from domain.errors import Fenced, Unavailable
from domain.machine import (
    JUMP_S,
    NEARLY_FULL_PCT,
    ROOMY_AGAIN_PCT,
    ClockMemory,
    DiskUse,
    MachineLook,
    begin_clock,
    look_at_clock,
    nearly_full,
)
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger
from domain.rules import Above, Rule, Severity
from domain.texts import text

LOOK_EVERY = timedelta(seconds=5)

DISK, CLOCK = Subject(SubjectType.SYSTEM, "disk"), Subject(SubjectType.SYSTEM, "clock")

DISK_NEARLY_FULL = Rule(
    kind="system",
    name="disk_nearly_full",
    severity=Severity.IMPORTANT,
    title=text("Watchkeeper's disk is nearly full", "值守系统的磁盘快满了", "值守系統的磁碟快滿了"),
    consequence=text(
        "When it is full, readings are no longer stored, and later alarms cannot be recorded.",
        "磁盘写满后监测数据无法保存，随后报警也无法记录。",
        "磁碟寫滿後監測資料無法儲存，隨後警報也無法記錄。",
    ),
    response=text(
        "Free some of it: move old backups away, keep history for fewer days, or give it a larger disk.",
        "清理磁盘：移走旧备份、缩短历史数据保存天数，或换更大的磁盘。",
        "清理磁碟：移走舊備份、縮短歷史資料保存天數，或換更大的磁碟。",
    ),
    time_to_respond=timedelta(hours=8),
    when=Above(metric="used_pct", level=NEARLY_FULL_PCT, clear=ROOMY_AGAIN_PCT),
)

CLOCK_MOVED = Rule(
    kind="system",
    name="clock_moved",
    severity=Severity.IMPORTANT,
    title=text("Watchkeeper's clock moved", "值守系统的时钟发生跳变", "值守系統的時鐘發生跳變"),
    consequence=text(
        "Times of alarms, rounds and work orders from about now may be wrong, and timers may be early or late.",
        "此刻前后的报警、巡更和工单时间可能有误，计时可能提前或延后。",
        "此刻前後的警報、巡更和工單時間可能有誤，計時可能提前或延後。",
    ),
    response=text(
        "Check the machine's time service (timedatectl) and who set the clock.",
        "检查服务器的时间同步服务（timedatectl），查明是谁改了时间。",
        "檢查伺服器的時間同步服務（timedatectl），查明是誰改了時間。",
    ),
    time_to_respond=timedelta(hours=1),
    when=Above(metric="moved_s", level=JUMP_S),
)

OWN_MACHINE = Actor(ActorType.TIMER, "own machine")

log = structlog.get_logger(__name__)


class OwnMachine:
    """One machine. `run` it in a task beside the alerting loop; `step` it in simulated time."""

    def __init__(self, ledger: Ledger, desk: Desk, clock: Clock, look: Callable[[], MachineLook]) -> None:
        self._ledger, self._desk, self._clock, self._look = ledger, desk, clock, look
        self._memory: ClockMemory | None = None
        self._full: frozenset[str] = frozenset()
        self._known: dict[tuple[str, str], bool] = {}  # by site and rule: whether the ledger has its alarm active
        self._failing = False

    async def run(self) -> None:
        """Look every few seconds until cancelled. Raises Fenced when another process alerts in our place."""
        while True:
            try:
                await asyncio.to_thread(self._look_and_step)
                self._failing = False
            except Fenced:
                raise
            except Unavailable as error:
                if not self._failing:
                    log.warning("our own machine cannot be told about, trying again", error=str(error))
                self._failing = True
            except Exception:  # must not end the role that raises alarms
                if not self._failing:
                    log.exception("our own machine is not watched, trying again")
                self._failing = True
            await self._clock.sleep(LOOK_EVERY)

    def step(self, look: MachineLook, at: datetime) -> int:
        """Decide and enter what follows; how many alarms began or ended. Raises LedgerUnavailable: then step again."""
        full = self._full_disks(look)
        before, self._memory = self._memory, _next(self._memory, look)
        move = self._memory.move
        if move is not None and (before is None or before.move is not move):
            log.warning("the clock moved", seconds=round(move.seconds, 3), jumped=move.jumped, now=at.isoformat())
            metrics.CLOCK_MOVES.inc()
        disks = [
            {"folder": use.folder, "used_pct": round(use.used_pct, 1), "free_bytes": use.free_bytes} for use in full
        ]
        changed = self._settle(DISK, DISK_NEARLY_FULL, {"disks": disks} if full else None, at)
        moved = {"moved_s": round(move.seconds, 3), "jumped": move.jumped} if move is not None else None
        return changed + self._settle(CLOCK, CLOCK_MOVED, moved, at)

    def _look_and_step(self) -> None:
        self.step(self._look(), self._clock.now())

    def _full_disks(self, look: MachineLook) -> list[DiskUse]:
        full = [use for use in look.disks if nearly_full(use, was=use.name in self._full)]
        for use in look.disks:
            metrics.DISK_USED.labels(use.name).set(use.used_pct / 100)
        for use in full:
            if use.name not in self._full:
                log.warning("disk nearly full", folder=use.folder, used_pct=round(use.used_pct, 1))
        self._full = frozenset(use.name for use in full)
        return full

    def _settle(self, subject: Subject, rule: Rule, why: dict[str, Any] | None, at: datetime) -> int:
        """Have every site's alarm be active when there is a `why`, and ended when there is none."""
        active = why is not None
        with self._ledger.read() as rows:
            sites = [site.id for site in rows.devices.sites() if self._known.get((site.id, rule.id)) is not active]
        if not sites:
            return 0
        with self._ledger.write(at=at, actor=OWN_MACHINE) as tx:
            changed = [
                tell_site(tx, self._desk, site=site, subject=subject, rule=rule, why=why, at=at) for site in sites
            ]
        self._known.update(((site, rule.id), active) for site in sites)
        return sum(changed)


def _next(memory: ClockMemory | None, look: MachineLook) -> ClockMemory:
    return begin_clock(look.clock) if memory is None else look_at_clock(memory, look.clock)
