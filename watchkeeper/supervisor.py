"""The supervisor: keeps the processes of one machine running.

Promises: children start in order, a crashed one is started again with backoff and said so, a stop ends them in the
opposite order within five seconds, and none outlives this process. Leaves to others: what the children do.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

import structlog

log = structlog.get_logger()

_GRACE_SECONDS = 3.5
"""How long children may take to finish their batch. With the broker's second, a stop stays under five."""

_BROKER_GRACE_SECONDS = 1.0
_BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_SECONDS = 30.0
"""A child that lived this long had a good start: its next crash begins the backoff anew."""

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Program:
    """A process to keep running. `base` ones (the broker) start first and stop last."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    base: bool = False


class Supervisor:
    """Runs programs until told to stop."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self.restarts: dict[str, int] = {program.name: 0 for program in programs}

    def stop(self) -> None:
        """Begin to stop; `run` returns when everything has ended."""
        self._stopping.set()

    async def run(self, *, base_ready: Callable[[], bool], started: Callable[[], None] = lambda: None) -> None:
        """Start the base, wait for it, start the rest; return after `stop` and the end of every child."""
        base = [program for program in self._programs if program.base]
        rest = [program for program in self._programs if not program.base]
        keepers = [asyncio.create_task(self._keep(program), name=program.name) for program in base]
        stopping = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set() and not await asyncio.to_thread(base_ready):
            await asyncio.wait([stopping], timeout=0.05)
        keepers += [asyncio.create_task(self._keep(program), name=program.name) for program in rest]
        started()
        await stopping
        await self._end(rest, _GRACE_SECONDS)
        await self._end(base, _BROKER_GRACE_SECONDS)
        await asyncio.gather(*keepers)

    async def _keep(self, program: Program) -> None:
        attempt = 0
        while not self._stopping.is_set():
            began = monotonic()
            process = await asyncio.create_subprocess_exec(
                *program.argv,
                env={**os.environ, **program.environment},
                stdin=asyncio.subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C in the terminal reaches only this process, which stops in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
            self._processes[program.name] = process
            if self._stopping.is_set():
                process.terminate()
            status = await process.wait()
            if self._stopping.is_set():
                return
            attempt = 0 if monotonic() - began > _STEADY_SECONDS else attempt
            wait_seconds = _BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)]
            attempt += 1
            self.restarts[program.name] += 1
            log.error("process ended, starting it again", process=program.name, status=status, in_seconds=wait_seconds)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_seconds)

    async def _end(self, programs: Sequence[Program], grace_seconds: float) -> None:
        processes = [self._processes[program.name] for program in programs if program.name in self._processes]
        for process in processes:
            _signal(process, signal.SIGTERM)
            _signal(process, signal.SIGCONT)  # one that was stopped by hand must wake to end
        waiting = [asyncio.create_task(process.wait()) for process in processes]
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=grace_seconds)
        for process in processes:
            if process.returncode is None:
                log.warning("process did not stop in time, ending it", pid=process.pid)
                _signal(process, signal.SIGKILL)
        await asyncio.gather(*late)


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _end_with_parent() -> None:
    """In the child, before exec: ask the kernel for SIGTERM when the supervisor is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
