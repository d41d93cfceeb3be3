"""Entry: from what was worked out to the ledger, in one transaction.

Promises: everything of a turn is entered or nothing is. What one message brings about is entered under a savepoint;
when that fails twice, the message is refused alone, by number, and its caller works the turn out anew without it.
LedgerUnavailable always passes on: then nothing happened, and nothing is anybody's fault.
Leaves to others: working it out (`alerting.turn`), what may be announced (`alerting.suppress`), the acts themselves
(`alerting.desk`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec
import structlog

from alerting.desk import Desk
from alerting.memory import DeviceMemory, encode
from alerting.roster import Key, discovered_site
from alerting.rounds import SiteVisit
from alerting.signals import Activation, Signal
from alerting.suppress import Hiding, consider
from domain.alarms import Alarm
from domain.assets import Device
from domain.errors import Unavailable, WatchkeeperError
from domain.events import EventType
from domain.people import Actor, ActorType
from domain.ports.ledger import WHOLE_INSTALLATION, Heartbeat, Transaction
from domain.readings import Message

ALERTING = Actor(ActorType.RULE, "alerting")
DISCOVERY = Actor(ActorType.RULE, "discovery")

NOWHERE = "system"
"""The chain for a message that was set aside and whose topic names no site."""

TRIES = 2

MOST_STEPS = 100
"""Messages or devices that bring something about, in one transaction. Each takes about a millisecond, two with a new
order, and nobody else can write meanwhile: in a flood people must get in to acknowledge."""

log = structlog.get_logger(__name__)

EnterVisit = Callable[[Transaction, SiteVisit], None]
"""Enters a check-in in its rounds (`alerting.rounds`)."""


class Step(msgspec.Struct, frozen=True):
    """What one message, or one due device, brings about. `number` is its caller's own."""

    number: int
    signals: tuple[Signal, ...]
    discovered: tuple[Device, ...] = ()
    visits: tuple[SiteVisit, ...] = ()

    @property
    def sites(self) -> set[str]:
        """The chains it writes to, as far as is known: a visit that no round expects writes to none."""
        return {signal.site for signal in self.signals} | {device.site for device in self.discovered}


class SetAside(msgspec.Struct, frozen=True):
    """A message that could not be judged, and the class of the error."""

    message: Message
    site: str
    error: str


class StepsRefused(WatchkeeperError):
    """Some steps failed twice. Nothing of the turn was entered."""

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        super().__init__(f"{len(errors)} steps failed")
        self.errors = errors


def no_visits(tx: Transaction, passed: SiteVisit) -> None:
    """For steps of time alone, which bring no visits."""
    raise RuntimeError(f"nobody enters the visit at {passed.visit.checkpoint}")


def enter_steps(
    tx: Transaction,
    desk: Desk,
    known_sites: frozenset[str],
    steps: Sequence[Step],
    enter_visit: EnterVisit = no_visits,
) -> None:
    """Enter all steps. Raises StepsRefused with those that failed twice; then the transaction must go back."""
    for site in sorted({site for step in steps for site in step.sites}):  # one order for all: nobody waits in a ring
        tx.take(site)
    refused: dict[int, Exception] = {}
    for step in steps:
        for left in reversed(range(TRIES)):
            try:
                with tx.savepoint():
                    _enter(tx, desk, known_sites, step, enter_visit)
            except Unavailable:
                raise
            except Exception as error:
                if not left:
                    refused[step.number] = error
            else:
                break
    if refused:
        raise StepsRefused(refused)


def _enter(tx: Transaction, desk: Desk, known_sites: frozenset[str], step: Step, enter_visit: EnterVisit) -> None:
    for device in step.discovered:
        if device.site not in known_sites and all(site.id != device.site for site in tx.devices.sites()):
            site = discovered_site(device.site)
            tx.devices.put_site(site)
            data = {"before": None, "after": msgspec.to_builtins(site)}
            tx.events.record(EventType.SITE_REGISTERED, site.id, data=data, actor=DISCOVERY)
        desk.discover(tx, device)
    for signal in step.signals:
        if isinstance(signal, Activation):
            _review(tx, desk, desk.activate(tx, signal, _hiding(tx, signal)))
        else:
            desk.deactivate(tx, signal)
    for passed in step.visits:
        enter_visit(tx, passed)


def _hiding(tx: Transaction, activation: Activation) -> Hiding | None:
    """What keeps it from being announced. A failure to find that out hides nothing."""
    try:
        return consider(tx, activation, tx.at)
    except Unavailable:
        raise
    except Exception:
        log.exception("suppression_failed", site=activation.site, subject=activation.subject.id)
        return None


def _review(tx: Transaction, desk: Desk, alarm: Alarm) -> None:
    """See whether its device fails too often. A failure to see that stops no alarm."""
    try:
        with tx.savepoint():
            desk.review_faults(tx, alarm)
    except Unavailable:
        raise
    except Exception:
        log.exception("fault_review_failed", alarm=alarm.id)


def enter_set_aside(tx: Transaction, aside: Sequence[SetAside]) -> None:
    """Record messages that were set aside, each on its site's chain."""
    for site in sorted({one.site for one in aside}):
        tx.take(site)
    for one in aside:
        data = {
            "topic": one.message.topic[:512],
            "digest": hashlib.sha256(one.message.payload).hexdigest(),
            "bytes": len(one.message.payload),
            "error": one.error,
        }
        tx.events.record(EventType.MESSAGE_SET_ASIDE, one.site, data=data)


def enter_memories(tx: Transaction, memories: Mapping[Key, DeviceMemory]) -> None:
    """Keep what is remembered of these devices."""
    tx.memories.put_many([(site, device, encode(memory)) for (site, device), memory in _in_order(memories)])


def _in_order(memories: Mapping[Key, DeviceMemory]) -> list[tuple[Key, DeviceMemory]]:
    """In one order, so that two writers never wait for each other's rows."""
    return sorted(memories.items(), key=lambda item: item[0])


def enter_heartbeats(tx: Transaction, sites: frozenset[str], at: datetime, detail: Mapping[str, object]) -> None:
    """Prove that a turn was judged, for every site and for the installation that may have none yet."""
    tx.heartbeats.beat(*(Heartbeat(site, at, dict(detail)) for site in sorted({WHOLE_INSTALLATION, *sites})))
