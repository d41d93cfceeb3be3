"""Config files that were refused at a start: the revision in force goes on, and every site is told.

Promises: one system alarm a site from the start until the files are right again, also over a restart; then it ends by
itself. Without a mistake nothing is ever written but the end of what an earlier process told. Leaves to others: reading
files and deciding what to start with (`watchkeeper.starting`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from alerting.desk import Desk
from alerting.system_alarms import tell_site
from domain.assets import Subject, SubjectType
from domain.errors import Fenced, Unavailable
from domain.people import Actor, ActorType
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger
from domain.rules import Equals, Rule, Severity
from domain.texts import text

LOOK_EVERY = timedelta(seconds=60)

CONFIG = Subject(SubjectType.SYSTEM, "config")

CONFIG_REFUSED = Rule(
    kind="system",
    name="config_refused",
    severity=Severity.IMPORTANT,
    title=text("Config files have a mistake", "配置文件有误", "設定檔有誤"),
    consequence=text(
        "What was in force goes on. Nothing that was changed in the files since counts.",
        "继续沿用原有配置，此后对文件的修改均未生效。",
        "繼續沿用原有設定，此後對檔案的修改均未生效。",
    ),
    response=text(
        "Run `watchkeeper check-config`: it names file, place and remedy. Then `watchkeeper reload`.",
        "运行 watchkeeper check-config 查看出错的文件、位置和改法，改正后运行 watchkeeper reload。",
        "執行 watchkeeper check-config 查看出錯的檔案、位置和改法，改正後執行 watchkeeper reload。",
    ),
    time_to_respond=timedelta(hours=8),
    when=Equals(metric="config_valid", value=False),
)

_ACTOR = Actor(ActorType.TIMER, "config")

log = structlog.get_logger(__name__)


class RefusedConfig:
    """Tells of a mistake that a start found, and of its end. `mistake` reads the files again; None: they are right."""

    def __init__(
        self, ledger: Ledger, desk: Desk, clock: Clock, refused: str | None, mistake: Callable[[], str | None]
    ) -> None:
        self._ledger, self._desk, self._clock = ledger, desk, clock
        self._refused, self._mistake = refused, mistake
        self._told = False

    async def run(self) -> None:
        """Tell, and look again every minute until the files are right; then rest. Raises Fenced."""
        while True:
            try:
                await asyncio.to_thread(self.step)
            except Fenced:
                raise
            except Unavailable:
                self._told = False  # nothing was written: the next look tells
            except Exception:  # must not end the role that raises alarms
                log.exception("config_trouble_untold")
            await self._clock.sleep(LOOK_EVERY)

    def step(self) -> None:
        """Look once. Raises Unavailable: then step again."""
        if self._told and self._refused is None:
            return
        if self._told:
            self._refused = self._mistake()
            if self._refused is not None:
                return
        at = self._clock.now()
        why = {"mistakes": self._refused, "found_at": at.isoformat()} if self._refused is not None else None
        with self._ledger.read() as rows:
            sites = sorted(site.id for site in rows.devices.sites())
        with self._ledger.write(at=at, actor=_ACTOR) as tx:
            for site in sites:
                tell_site(tx, self._desk, site=site, subject=CONFIG, rule=CONFIG_REFUSED, why=why, at=at)
        self._told = True
