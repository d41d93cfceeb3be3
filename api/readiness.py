"""Readiness: which part can do its work now.

Promises: an answer within `PATIENCE` even when a part hangs (it is then the part that is not ready); parts are asked
at most once a second however often somebody asks here. Leaves to others: what each part checks.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from api.parts import Parts, PartStatus
from api.watch import watch_of
from domain.errors import Unavailable
from domain.lease import ALERTING, Lease

PATIENCE = timedelta(seconds=2)
FRESH_FOR = timedelta(seconds=1)

Check = Callable[[], Sequence[PartStatus]]

_log = structlog.get_logger(__name__)


class Readiness:
    """Asks every part, and remembers the answers for a second."""

    def __init__(self, parts: Parts, *, patience: timedelta = PATIENCE) -> None:
        self._parts, self._patience_s = parts, patience.total_seconds()
        self._checks: dict[str, Check] = {"ledger": self._ledger, "alerting": self._alerting}
        if parts.history is not None:
            self._checks["history"] = self._history
        for number, contributed in enumerate(parts.readiness):
            self._checks[f"part-{number}"] = contributed
        self._asking: dict[str, asyncio.Future[Sequence[PartStatus]]] = {}
        self._threads = ThreadPoolExecutor(len(self._checks), thread_name_prefix="readiness")
        self._one_at_a_time = asyncio.Lock()
        self._answers: list[PartStatus] = []
        self._asked_at = float("-inf")

    async def look(self) -> list[PartStatus]:
        """Every part, the checks of the last second counting."""
        async with self._one_at_a_time:
            if time.monotonic() - self._asked_at >= FRESH_FOR.total_seconds():
                answers = await asyncio.gather(*(self._ask(name, check) for name, check in self._checks.items()))
                self._answers = [status for answer in answers for status in answer]
                self._asked_at = time.monotonic()
            return self._answers

    def close(self) -> None:
        """Ask nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, name: str, check: Check) -> Sequence[PartStatus]:
        """The part's own answer; a check that still hangs from last time is not started again."""
        if name not in self._asking:
            self._asking[name] = asyncio.get_running_loop().run_in_executor(self._threads, _answer_of, name, check)
        done, _ = await asyncio.wait([self._asking[name]], timeout=self._patience_s)
        if not done:
            return [PartStatus(name, False, f"no answer within {self._patience_s:g} s")]
        return self._asking.pop(name).result()

    def _ledger(self) -> Sequence[PartStatus]:
        self._parts.ledger.check()
        return [PartStatus("ledger", True)]

    def _history(self) -> Sequence[PartStatus]:
        assert self._parts.history is not None
        self._parts.history.check()
        return [PartStatus("history", True)]

    def _alerting(self) -> Sequence[PartStatus]:
        with self._parts.ledger.read() as rows:
            watch = watch_of(rows, self._parts.clock.now())
            lease = rows.leases.get(ALERTING)
        if watch.watching:
            return [PartStatus("alerting", True, _led_by(lease))]
        which = ", ".join(watch.unwatched) or "at all"
        return [PartStatus("alerting", False, f"nobody watches {which}")]


def _led_by(lease: Lease | None) -> str:
    """Who alerts, and whether somebody would go on without them."""
    if lease is None or lease.holder is None:
        return ""
    behind = f"{lease.standby} stands by" if lease.standby else "nobody stands by"
    return f"{lease.holder} leads under epoch {lease.epoch}; {behind}"


def _answer_of(name: str, check: Check) -> Sequence[PartStatus]:
    try:
        return check()
    except Unavailable as error:
        return [PartStatus(name, False, str(error))]
    except Exception as error:
        _log.exception("a readiness check failed", part=name, thread=threading.current_thread().name)
        return [PartStatus(name, False, type(error).__name__)]
