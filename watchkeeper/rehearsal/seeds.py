"""Many seeds: days of chance, one after the other or on several processors.

Promises: each seed comes back with what it was or with what broke, so that one that failed can be played again alone.
Leaves to others: the day itself (`day`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import msgspec

from devices.registry import kinds
from domain.kinds import Kind
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.rehearsal.day import Course, Day, Outcome

SHORT_DAYS = 7
"""A course that long leaves some 200 MB behind, which are collected at its end."""


class SeedResult(msgspec.Struct, frozen=True):
    """How a seed went: `outcome` when all held, else what was `broken`."""

    seed: int
    outcome: Outcome | None
    broken: str = ""


def play_seed(seed: int, course: Course, config: Path) -> SeedResult:
    """One seed, with the config of that folder. Whatever goes wrong is in the result: another seed goes on."""
    with _collecting_later(course):
        try:
            return SeedResult(seed, Day(seed, course, *_played_by(config)).run())
        except Exception as error:  # the audit's word, or a part that failed: both break the seed
            return SeedResult(seed, None, f"{type(error).__name__}: {error}")


@contextmanager
def _collecting_later(course: Course) -> Iterator[None]:
    """Rows that stay for the whole course are not looked through for garbage again and again: a tenth of its time."""
    collecting = gc.isenabled()
    if course.days <= SHORT_DAYS:
        gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
        gc.collect()


@cache
def _played_by(config: Path) -> tuple[dict[str, Kind], Configuration]:
    """The kinds, and the config of that folder: read once a process."""
    known = dict(kinds())
    configuration = load_config(config, known)
    gc.collect()
    gc.freeze()  # all of it stays: no later collection needs to look through it
    return known, configuration


def play_seeds(seeds: Iterable[int], course: Course, config: Path, *, jobs: int) -> Iterator[SeedResult]:
    """All of them, as they end."""
    if jobs == 1:
        yield from (play_seed(seed, course, config) for seed in seeds)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_be_quiet) as pool:
        for played in as_completed([pool.submit(play_seed, seed, course, config) for seed in seeds]):
            yield played.result()


def _be_quiet() -> None:
    """Troubles are played here by the hundred: their log lines would say nothing new."""
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
