"""What was measured, as a table at the end: how long recovery took, how much memory everything needed at the most.

`WATCHKEEPER_TEST_FAULT_REPORT` names a file that gets it as well.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.faults.beside import beside
from tests.faults.servers import Part

MIB = 1024 * 1024
_SAMPLE_EVERY_SECONDS = 0.5


def tell(*lines: str) -> None:
    """Print lines, and add them to the report if there is one."""
    print("\n".join(lines), flush=True)
    report = os.environ.get("WATCHKEEPER_TEST_FAULT_REPORT")
    if report:
        with Path(report).open("a") as file:
            file.write("\n".join(lines) + "\n")


class Memory:
    """Resident memory of some processes, sampled from a thread of its own. They come and go meanwhile."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._enough = threading.Event()
        self.at_rest_mib: dict[str, float] = self._look()
        self.most_mib = dict(self.at_rest_mib)

    @contextmanager
    def watching(self) -> Iterator[Memory]:
        """Samples until the end of the block."""
        with beside(self._sample, self._enough, name="memory"):
            yield self

    def grown_mib(self, part: str) -> float:
        """By how much a part's memory grew at the most."""
        return self.most_mib[part] - self.at_rest_mib[part]

    def _sample(self) -> None:
        while not self._enough.wait(_SAMPLE_EVERY_SECONDS):
            for name, mib in self._look().items():
                self.most_mib[name] = max(mib, self.most_mib.get(name, 0.0))

    def _look(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, part in self._parts.items():
            pid = part.pid
            if pid is None:
                continue
            try:
                found[name] = psutil.Process(pid).memory_info().rss / MIB
            except psutil.NoSuchProcess:
                continue
        return found
