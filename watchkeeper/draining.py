"""`serve ingest --drain N`: a replica leaves for good.

Promises: it is out of the share before anything else, so no new message is dealt to it; all that the broker and its
spool still hold for it is stored and acknowledged; only then its session is ended, and that was seen. Stopped before
the end it can be begun again. Leaves to others: when everything is worked off (`ingest.draining`), storing
(`ingest.loop`).
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from time import monotonic

from domain.errors import BrokerUnavailable, Conflict, Invalid
from domain.ports.clock import Clock
from domain.ports.ledger import Ledger, ProcessBeat
from ingest.presence import BEAT_EVERY, INGEST
from watchkeeper.composition import SYSTEM, open_history, open_ledger, open_spool, opened_ledger
from watchkeeper.logs import configure_logs
from watchkeeper.sessions import leaving_session
from watchkeeper.settings import MOST_REPLICAS, PREFIX, BrokerChoice, Settings

_ENDING_LIMIT = timedelta(seconds=30)
_POLL_SECONDS = 0.05


def drain(settings: Settings, ordinal: int) -> str:
    """Take an ordinal out; what was done, in a sentence.

    Raises Invalid for an ordinal that has to stay, Conflict or SpoolUnavailable while its process runs,
    BrokerUnavailable when it was stopped before the end.
    """
    if not 0 < ordinal < MOST_REPLICAS:
        raise Invalid(
            f"ordinal {ordinal} cannot be taken out: 1 to {MOST_REPLICAS - 1} can. Ordinal 0 stays, for somebody has "
            "to store; start it elsewhere to move it"
        )
    if settings.broker is BrokerChoice.EMBEDDED:
        raise Invalid(f"the embedded broker has no replicas; set {PREFIX}BROKER to the one that has them")
    configure_logs(settings, f"drain-{ordinal}")
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        worked_off = runner.run(_work_off(settings, ordinal))
        runner.run(_end_session(settings, ordinal))
    with opened_ledger(settings) as ledger, ledger.write(at=datetime.now(UTC), actor=SYSTEM) as transaction:
        transaction.heartbeats.forget_process(INGEST, ordinal)
    return f"ordinal {ordinal} is out: {worked_off} messages worked off, its session at the broker is ended"


async def _require_stopped(ledger: Ledger, ordinal: int, clock: Clock) -> None:
    """Raises Conflict when a process that is this ordinal still lives: two of one name throw each other out.

    It compares no clocks: whoever lives beats again while we wait.
    """

    def newest() -> ProcessBeat | None:
        with ledger.read() as rows:
            return next((beat for beat in rows.heartbeats.processes(INGEST) if beat.ordinal == ordinal), None)

    seen = await asyncio.to_thread(newest)
    if seen is None or not seen.process:
        return
    await clock.sleep(3 * BEAT_EVERY)
    again = await asyncio.to_thread(newest)
    if again != seen and again is not None and again.process:
        raise Conflict(f"ordinal {ordinal} still runs as {again.process}: stop it first", winner=again.process)


async def _work_off(settings: Settings, ordinal: int) -> int:
    """How many messages it took."""
    from adapters.clock import SystemClock
    from devices.registry import kinds
    from ingest.draining import Seen, until_worked_off
    from ingest.loop import IngestLoop
    from ingest.turn import Replica

    stop, clock = asyncio.Event(), SystemClock()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as open_parts:
        ledger = open_ledger(settings)
        open_parts.callback(ledger.close)
        await _require_stopped(ledger, ordinal, clock)
        history = open_history(settings)
        open_parts.callback(history.close)
        session = leaving_session(settings, ordinal)
        replica = Replica(ordinal, settings.ingest_replicas)
        loop = IngestLoop(session, history, ledger, kinds(), clock, open_spool(settings, ordinal), replica)
        await open_parts.enter_async_context(session)

        def see() -> Seen:
            return Seen(session.counters.received, loop.idle and not session.backlog)

        storing = asyncio.create_task(loop.run())
        watching = asyncio.create_task(until_worked_off(session.answers, see, clock))
        stopping = asyncio.create_task(stop.wait())
        tasks = (storing, watching, stopping)
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finished = watching.done() and not watching.exception()
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        if not finished:
            raise BrokerUnavailable(f"ordinal {ordinal} was stopped before all was worked off; begin again")
        return session.counters.received


async def _end_session(settings: Settings, ordinal: int) -> None:
    """Sign in as it once more, with a clean start and a session that ends with the connection; gone on return."""
    from adapters.broker.session import MqttSession

    leaving = leaving_session(settings, ordinal)
    give_up = monotonic() + _ENDING_LIMIT.total_seconds()
    async with MqttSession(
        leaving.address, client_id=leaving.client_id, clean_start=True, session_expiry=timedelta()
    ) as last:
        while not last.connected:
            if monotonic() > give_up:
                raise BrokerUnavailable(f"all is stored, but the session of ordinal {ordinal} did not end; begin again")
            await asyncio.sleep(_POLL_SECONDS)
