"""Cutting a chain at its beginning, so that it stays proof of what is left.

    before   events 1 .. 900, of which 1 .. 400 are old; rows named by them
    after    events 401 .. 900 and 901 `chain.pruned`, which names number and seal of event 400, the file that the old
             ones went to, its digest, and the rows that are gone

Promises: within one transaction the old events, and the rows that ended with them, leave the tables; they go to an
excerpt first, a file that is on the disk before the commit. Nothing is cut that does not fit its seal: a damage is not
cut away. Rows that stay, and were named by old events alone, are named anew by `chain.pruned`, as long as they are what
those events left. Leaves to others: when, and how much at a time (`alerting.pruning`), replaying what is left
(`verify`), keeping the excerpts.
"""

from __future__ import annotations

import gzip
import hashlib
import hmac
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row, Table, delete, func, select

from adapters.ledger.act import Act, Look
from adapters.ledger.bodies import digest_of
from adapters.ledger.chain import event_seal
from adapters.ledger.tables import alarms, attachments, duty_cycles, events, notices, rounds, work_orders
from domain.errors import LedgerDamaged
from domain.events import Event, EventType

_READ_EVENT = msgspec.json.Decoder(Event).decode
_TABLES: dict[str, Table] = {
    "alarm": alarms,
    "workorder": work_orders,
    "round": rounds,
    "duty": duty_cycles,
    "attachment": attachments,
}
"""By the noun with which events name a row."""
_MOST_NAMED = 500
"""Ids in one statement."""


class Beginning(msgspec.Struct, frozen=True):
    """Where a chain begins: the number and seal of the event before its first one; 0 and "" for a whole one."""

    number: int = 0
    seal: str = ""


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `chain.pruned` says in its `data`: the last event that was cut off, and what became of it.

    `excerpt` is a file's name and `sha256` its digest; `gone` names the rows that left with their events.
    """

    last: int
    seal: str
    excerpt: str
    sha256: str
    gone: tuple[str, ...] = ()


def cut_of(event: Event) -> Cut | None:
    """What an event says of a cut, if that is what it is about."""
    return msgspec.convert(event.data, Cut) if event.type is EventType.CHAIN_PRUNED else None


def beginning_of(look: Look, site: str) -> Beginning:
    """Where a site's chain begins, as its newest `chain.pruned` says."""
    first = look.fetch(select(func.min(events.c.number)).where(events.c.site == site)).scalar()
    if first is None or first == 1:
        return Beginning()
    of_type = (events.c.site == site, events.c.type == EventType.CHAIN_PRUNED.value)
    body = look.fetch(select(events.c.body).where(*of_type).order_by(events.c.number.desc()).limit(1)).scalar()
    cut = None if body is None else _cut_in(body)
    return Beginning() if cut is None else Beginning(cut.last, cut.seal)


def _cut_in(body: str) -> Cut | None:
    """What an event's body says of a cut; None for one that was edited, which its seal tells."""
    with suppress(msgspec.MsgspecError):
        return cut_of(_READ_EVENT(body))
    return None


class Pruning:
    """One cut of one site's chain, which the transaction took."""

    def __init__(self, act: Act, site: str, folder: Path) -> None:
        self._act, self._site, self._folder = act, site, folder
        self._start = beginning_of(act, site)

    def cut(self, *, before: datetime, most: int) -> Cut | None:
        """Cut off up to `most` events from before an instant; None when there are none. The caller records it.

        Raises LedgerDamaged where they do not fit their seals.
        """
        old = self._old(before, most)
        if all(row.type == EventType.CHAIN_PRUNED.value for row in old):
            return None
        named = self._named(old)
        kept, gone = self._judge(named)
        excerpt, digest = self._write(old, gone)
        self._drop(gone, old[-1].number)
        for name, row in kept.items():
            self._act.chains.owe(self._site, name, digest_of(row.body))
        return Cut(old[-1].number, old[-1].seal, excerpt, digest, tuple(sorted(gone)))

    def _old(self, before: datetime, most: int) -> list[Row[Any]]:
        beyond = (events.c.site == self._site, events.c.number > self._start.number)
        rows = self._act.fetch(select(events).where(*beyond).order_by(events.c.number).limit(most)).all()
        return list(takewhile(lambda row: row.at < before, rows))

    def _named(self, old: Sequence[Row[Any]]) -> dict[str, str]:
        """The rows that these events name, each with its newest digest among them."""
        named: dict[str, str] = {}
        number, seal, key = self._start.number, self._start.seal, self._act.chains.key
        for row in old:
            fits = hmac.compare_digest(event_seal(key, seal, row.body), row.seal)
            if not fits or row.number != number + 1:
                raise LedgerDamaged(f"event {row.number} of {self._site} does not fit its seal: nothing is pruned")
            number, seal = row.number, row.seal
            event = _READ_EVENT(row.body)
            named.update(event.digests)
            cut = cut_of(event)
            for gone in cut.gone if cut is not None else ():
                named.pop(gone, None)
        return named

    def _judge(self, named: Mapping[str, str]) -> tuple[dict[str, Row[Any]], dict[str, Row[Any]]]:
        """The rows that stay and must be named anew, and those that go, each by its name.

        A row that is not as these events left it is neither: a later event names it, or it was edited, which
        verification shall go on telling.
        """
        as_left = {
            name: row
            for noun in _TABLES
            for name, row in self._rows(noun, named).items()
            if digest_of(row.body) == named[name]
        }
        gone = {name: row for name, row in as_left.items() if self._ended(name, row)}
        for order in [row.id for name, row in gone.items() if name.startswith("workorder:")]:
            of_order = self._act.fetch(select(attachments).where(attachments.c.order_id == order))
            gone.update((f"attachment:{row.id}", row) for row in of_order)
        return {name: row for name, row in as_left.items() if name not in gone}, gone

    def _rows(self, noun: str, names: Iterable[str]) -> dict[str, Row[Any]]:
        ids = [name.partition(":")[2] for name in names if name.startswith(f"{noun}:")]
        table = _TABLES[noun]
        return {
            f"{noun}:{row.id}": row
            for part in _parts(ids)
            for row in self._act.fetch(select(table).where(table.c.id.in_(part), table.c.site == self._site))
        }

    def _ended(self, name: str, row: Row[Any]) -> bool:
        """Whether nothing that goes on needs it. Files go with their order; a duty's cycle goes on."""
        match name.partition(":")[0]:
            case "alarm":
                return not row.open and not self._any(work_orders, _refers(row.body, "work_order"), "ended", False)
            case "workorder":
                return row.ended and not self._any(alarms, _refers(row.body, "alarms"), "open", True)
            case "round":
                return row.next_at is None
        return False

    def _any(self, table: Table, ids: Sequence[str], column: str, value: bool) -> bool:
        which = select(table.c.id).where(table.c.id.in_(ids), table.c[column].is_(value)).limit(1)
        return bool(ids) and self._act.fetch(which).first() is not None

    def _write(self, old: Sequence[Row[Any]], gone: Mapping[str, Row[Any]]) -> tuple[str, str]:
        """The excerpt, durable on return: its name and digest. Written again after a rollback it is the same name."""
        name = f"{self._site}-{old[0].number:09}-{old[-1].number:09}.jsonl.gz"
        header = {"site": self._site, "begins_upon": self._start.seal, "events": len(old), "rows": len(gone)}
        lines: list[object] = [header]
        lines += [{"event": row.body, "seal": row.seal} for row in old]
        lines += [{"row": key, "body": gone[key].body} for key in sorted(gone)]
        content = gzip.compress(b"\n".join(msgspec.json.encode(line) for line in lines) + b"\n", mtime=0)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._folder / f".{name}.tmp"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._folder / name)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name, hashlib.sha256(content).hexdigest()

    def _drop(self, gone: Mapping[str, Row[Any]], last: int) -> None:
        """Files before their orders; clocks and visits go with their rows."""
        for noun in ("attachment", "alarm", "workorder", "round"):
            ids = [row.id for name, row in gone.items() if name.startswith(f"{noun}:")]
            for part in _parts(ids):
                self._act.fetch(delete(_TABLES[noun]).where(_TABLES[noun].c.id.in_(part)))
                if noun == "alarm":
                    self._act.fetch(delete(notices).where(notices.c.alarm.in_(part)))
        self._act.fetch(delete(events).where(events.c.site == self._site, events.c.number <= last))


def excerpt_damages(look: Look, folder: Path) -> Iterator[str]:
    """A sentence for each excerpt that is there and is not what its event says. One that was moved away is none."""
    for body in look.fetch(select(events.c.body).where(events.c.type == EventType.CHAIN_PRUNED.value)).scalars():
        cut = _cut_in(body)
        file = folder / (cut.excerpt if cut is not None else "")
        if cut is not None and file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() != cut.sha256:
            yield f"The excerpt {cut.excerpt} is not the one that was written: it was edited."


def _refers(body: str, field: str) -> list[str]:
    """The ids that a row's body has in a field."""
    found = msgspec.json.decode(body).get(field) or []
    return [found] if isinstance(found, str) else list(found)


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for begin in range(0, len(ids), _MOST_NAMED):
        yield ids[begin : begin + _MOST_NAMED]
