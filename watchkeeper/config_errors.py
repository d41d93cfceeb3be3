"""Problems in config files: all of a file at once, each with its place and what to do.

Promises: whoever edits a file hears of every mistake in one go, with the nearest right word where there is one.
Leaves to others: finding the mistakes (`watchkeeper.config_*`), printing them (`watchkeeper.cli`).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from domain.errors import ConfigError, ConfigErrors


class Problems:
    """The problems of one file, gathered while it is read."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._errors: list[ConfigError] = []

    def add(self, place: str, problem: str, remedy: str) -> None:
        """One more."""
        self._errors.append(ConfigError(file=self.file, place=place, problem=problem, remedy=remedy))

    def unknown(self, place: str, what: str, word: str, known: Iterable[str]) -> None:
        """A word that is none of `known`: the remedy names the nearest, or all."""
        self.add(place, f"unknown {what} {word!r}", instead(word, known))

    @property
    def errors(self) -> tuple[ConfigError, ...]:
        """What was found so far."""
        return tuple(self._errors)

    def __len__(self) -> int:
        return len(self._errors)


def refuse(problems: Iterable[Problems]) -> None:
    """Raises ConfigErrors (ConfigError where there is only one) when any were found."""
    errors = [error for each in problems for error in each.errors]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ConfigErrors(errors)


def instead(word: str, known: Iterable[str]) -> str:
    """`Did you mean "metric"?`, or what is possible."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    if not words:
        return "Remove it."
    shown = ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
    return f"Use one of: {shown}."
