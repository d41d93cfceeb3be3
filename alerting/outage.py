"""Outage: our own loss of the broker, as an alarm of its own.

Promises: after `BLIND_AFTER` without a session every site has one system alarm, which ends when the session is back,
also over a restart. Leaves to others: that no device's silence counts meanwhile (`alerting.watch`), when to tick
(`alerting.timers`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from alerting.board import Board
from alerting.desk import Desk
from alerting.system_alarms import tell_site
from domain.assets import Subject, SubjectType
from domain.ports.ledger import Transaction
from domain.rules import Rule, Severity, Silent
from domain.texts import text

BLIND_AFTER = timedelta(seconds=30)
"""A reconnect takes a few seconds; nothing is lost in half a minute that the broker does not keep for us."""

BROKER = Subject(SubjectType.SYSTEM, "broker")

BROKER_LOST = Rule(
    kind="system",
    name="broker_lost",
    severity=Severity.URGENT,
    title=text("no connection to the message broker", "与消息服务器的连接中断", "與訊息伺服器的連線中斷"),
    consequence=text(
        "No device is heard: fire, entrapment and all other alarms come late, or not at all.",
        "收不到任何设备的消息：火警、困人等所有报警都会延迟，甚至收不到。",
        "收不到任何設備的訊息：火警、困人等所有警報都會延遲，甚至收不到。",
    ),
    response=text(
        "Watch the fire panel and the elevator intercom in person. Check the broker, its host and the network.",
        "派人值守消防主机和电梯五方对讲；检查消息服务器、所在主机和网络。",
        "派人值守消防主機和電梯五方對講；檢查訊息伺服器、所在主機和網路。",
    ),
    time_to_respond=timedelta(minutes=5),
    when=Silent(after=BLIND_AFTER),
)


class Outage:
    """The outage of a watchroom's session. One thread at a time."""

    def __init__(self, desk: Desk, board: Board) -> None:
        self._desk, self._board = desk, board
        self._since: datetime | None = None
        self._known: dict[str, bool] = {}  # by site: whether the ledger has its alarm active
        self._looked: dict[str, bool] = {}

    @property
    def due(self) -> bool:
        """Whether there is anything to look at: no session, or what the ledger does not know yet of the one we have."""
        if self._since is not None or not self._board.sight.connected:
            return True
        return any(self._known.get(site) is not False for site in self._board.roster.sites)

    def look(self, tx: Transaction, at: datetime) -> int:
        """Raise or end what is due; returns how many sites that was. After the commit call `keep`."""
        self._looked = {}
        if self._board.sight.connected:
            self._since = None
            return self._settle(tx, at, blind=False)
        self._since = self._since or at
        return self._settle(tx, at, blind=True) if at - self._since >= BLIND_AFTER else 0

    def keep(self) -> None:
        """Remember what the last look wrote."""
        self._known.update(self._looked)

    def _settle(self, tx: Transaction, at: datetime, *, blind: bool) -> int:
        sites = sorted(site for site in self._board.roster.sites if self._known.get(site) is not blind)
        why = {"since": (self._since or at).isoformat()} if blind else None
        changed = [
            tell_site(tx, self._desk, site=site, subject=BROKER, rule=BROKER_LOST, why=why, at=at) for site in sites
        ]
        self._looked = dict.fromkeys(sites, blind)
        return sum(changed)
