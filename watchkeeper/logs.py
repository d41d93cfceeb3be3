"""Logs: one structured line a fact, on standard error.

Promises: every role logs alike (instant, level, role, event, then keys); secrets are never bound; a line that cannot be
written (a full disk, a reader that went away) is lost, and nothing else happens.
Leaves to others: keeping and searching them (journald, Loki, ...).
"""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from watchkeeper.settings import LogFormat, Settings


class _Indifferent:
    """A stream that takes whatever the one below takes. To log must never end a process that watches."""

    def __init__(self, below: TextIO) -> None:
        self._below = below

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._below.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._below.flush()


def configure_logs(settings: Settings, role: str) -> None:
    """Set up structlog, and the standard library's logging behind it, for this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    plain = settings.log_format is LogFormat.JSON
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if plain
        # plain tracebacks: the pretty ones print local variables, and a local variable can hold a password
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer] if plain else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Indifferent(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(role=role)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))
