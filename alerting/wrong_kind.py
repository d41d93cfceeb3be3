"""Registered devices that speak under another kind's topic.

Promises: an operator sees it: one alarm on the device, from the first such message until none came for `QUIET`;
however much it sends, that is one. What it says there is stored by ingest and judged by no rule: its own kind does not
know those values, and nobody said that it is the other.
Leaves to others: what it says under its own topic, which is judged as ever; strangers, whose kind is what they say.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
import structlog

from alerting import metrics
from alerting.desk import Desk
from alerting.roster import Key, Roster
from alerting.signals import Activation, Return
from domain.assets import Device, Subject, SubjectType
from domain.errors import Fenced, Unavailable
from domain.instants import span_ms, to_ms
from domain.people import Actor, ActorType
from domain.ports.ledger import Ledger, Rows, Transaction
from domain.readings import Reading
from domain.rules import Equals, Rule, Severity
from domain.texts import text

QUIET = timedelta(minutes=30)
"""Nothing under the other topic for so long: it was put right, or a test is over."""

SPEAKS_AS = "speaks_as"

WRONG_KIND = Rule(
    kind="system",
    name="wrong_kind",
    severity=Severity.URGENT,
    title=text("Speaks as another kind of device", "以其他设备类型上报", "以其他設備類型上報"),
    consequence=text(
        "What it reports there is stored and judged by no rule: a fire that it reports is not seen.",
        "其上报的数据只保存，不参与报警判断：它上报的火警将无人知晓。",
        "其上報的資料只保存，不參與警報判斷：它上報的火警將無人知曉。",
    ),
    response=text(
        "Watch the place in person until it is put right: correct the topic in the device, or register what it really "
        "is under another name.",
        "在更正之前派人现场值守；更正设备的上报主题，或以另一名称按实际类型登记。",
        "在更正之前派人現場值守；更正設備的上報主題，或以另一名稱按實際類型登記。",
    ),
    time_to_respond=timedelta(minutes=15),
    when=Equals(metric=SPEAKS_AS, value="another kind"),
)

log = structlog.get_logger(__name__)

_TIMER = Actor(ActorType.TIMER, "wrong_kind")


class Heard(msgspec.Struct, frozen=True):
    """The newest message under another topic: as which kind, and when it was received."""

    device: Device
    kind: str
    at_ms: int


def heard_as(device: Device, reading: Reading) -> Heard:
    """What a reading of another kind than the device's gives away."""
    return Heard(device, reading.kind, reading.received_ms)


class WrongKinds:
    """The devices whose alarm is active. One thread at a time."""

    def __init__(self, ledger: Ledger, desk: Desk, roster: Roster) -> None:
        self._ledger, self._desk, self._roster = ledger, desk, roster
        self._active: dict[Key, Heard] = {}

    def load(self, rows: Rows, at: datetime) -> None:
        """Take up what the ledger has active; each gets a whole `QUIET` from here."""
        self._active = {}
        for site in self._roster.sites:
            for alarm in rows.alarms.open_on(site):
                watched = self._roster.find((site, alarm.subject.id))
                if alarm.rule == WRONG_KIND.id and alarm.signal_active and watched is not None:
                    self._active[watched.key] = Heard(watched.device, "", to_ms(at))

    def news(self, heard: Mapping[Key, Heard]) -> dict[Key, Heard]:
        """Those that no alarm tells of yet."""
        return {key: one for key, one in heard.items() if key not in self._active}

    def enter(self, tx: Transaction, news: Mapping[Key, Heard], at: datetime) -> None:
        """Raise their alarms. After the commit call `remember`."""
        for key, one in news.items():
            tx.take(key[0])
            why = {"holds": True, "metric": SPEAKS_AS, "value": one.kind, "registered": one.device.kind}
            self._desk.activate(
                tx,
                Activation(site=key[0], subject=_subject(key), rule=WRONG_KIND, at=at, why=why, device=one.device),
            )

    def remember(self, heard: Mapping[Key, Heard]) -> None:
        """These alarms are active, and this is what came last."""
        self._active.update(heard)

    def tick(self, at: datetime) -> bool:
        """End what is over; whether anything was. Raises LedgerUnavailable: then tick again."""
        try:
            return self._end(at)
        except (Unavailable, Fenced):
            raise
        except Exception:  # nothing else may stop for it
            log.exception("wrong_kinds_failed")
            metrics.TIMER_FAILURES.labels("wrong kind").inc()
            return False

    def _end(self, at: datetime) -> bool:
        over = [key for key, one in self._active.items() if self._over(key, one, at)]
        if not over:
            return False
        with self._ledger.write(at=at, actor=_TIMER) as tx:
            for key in over:
                tx.take(key[0])
                ended = Return(site=key[0], subject=_subject(key), rule=WRONG_KIND.id, at=at, why={"holds": False})
                self._desk.deactivate(tx, ended)
        for key in over:
            del self._active[key]
        return True

    def _over(self, key: Key, one: Heard, at: datetime) -> bool:
        return self._roster.find(key) is None or to_ms(at) - one.at_ms >= span_ms(QUIET)


def _subject(key: Key) -> Subject:
    return Subject(SubjectType.DEVICE, key[1])
