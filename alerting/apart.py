"""Parts of a timer's look that fail apart.

Promises: what a part that fails had written is undone, it is counted, logged when it begins to fail and not each time
again, and stops no other part; a store that is away stops them all. Leaves to others: trying it again.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from alerting import metrics
from domain.errors import Unavailable
from domain.ports.ledger import Transaction

log = structlog.get_logger(__name__)


class Apart:
    """The parts of one timer, and which of them fail. One thread at a time.

    `timer` is what a failure counts as, `failed` what it is called in the log.
    """

    def __init__(self, timer: str, failed: str) -> None:
        self._timer, self._failed = timer, failed
        self._failing: set[tuple[str, ...]] = set()

    def run(self, tx: Transaction, work: Callable[[], int], **which: str) -> int | None:
        """What the part returned; None when it failed. `which` says which part it is."""
        part = tuple(which.values())
        try:
            with tx.savepoint():
                done = work()
        except Unavailable:
            raise
        except Exception:
            metrics.TIMER_FAILURES.labels(self._timer).inc()
            if part not in self._failing:
                log.exception(self._failed, **which)
            self._failing.add(part)
            return None
        self._failing.discard(part)
        return done
