"""What goes on beside a test, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beside(work: Callable[[], None], enough: threading.Event, *, name: str) -> Iterator[None]:
    """`work` runs until the end of the block: it ends by itself soon after `enough` is set."""
    thread = threading.Thread(target=work, name=name)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
