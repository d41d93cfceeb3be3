"""The one error tree.

Promises: every error that Watchkeeper raises on purpose descends from `WatchkeeperError`; adapters translate
their libraries' errors into it. Leaves to others: turning an error into an exit code (`watchkeeper.cli`) or a
problem document (`api.problems`).
"""

from __future__ import annotations

from collections.abc import Iterable


class WatchkeeperError(Exception):
    """Base of everything that Watchkeeper raises on purpose."""


class ConfigError(WatchkeeperError):
    """A setting or a shipped file cannot be used; the start is refused.

    `file` and `place` say where (`rules.toml`, `rules[3].when.metric`), `problem` what, `remedy` what to change.
    """

    def __init__(self, *, file: str, place: str, problem: str, remedy: str) -> None:
        super().__init__(f"{file}: {place}: {problem}. {remedy}")
        self.file, self.place, self.problem, self.remedy = file, place, problem, remedy


class ConfigErrors(ConfigError):
    """Several problems; it reads as all of them, one a line, and bears the first one's file, place and remedy."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(file=first.file, place=first.place, problem=first.problem, remedy=first.remedy)
        self.args = ("\n".join(str(error) for error in self.errors),)


class Refused(WatchkeeperError):
    """An act by a person or a rule cannot be done as asked. `code` is stable, for programs."""

    code = "refused"


class NotFound(Refused):
    """The thing named does not exist, or the asker may not know that it does."""

    code = "not_found"


class NotAllowed(Refused):
    """The actor's role does not permit this act."""

    code = "not_allowed"


class Invalid(Refused):
    """The request is understood, but a value in it is missing or wrong."""

    code = "invalid"


class Conflict(Refused):
    """The thing's state does not allow the act, often because somebody else was faster.

    `winner` names who changed it last, when that is known, so that the loser of a race is told.
    """

    code = "conflict"

    def __init__(self, message: str, *, winner: str | None = None) -> None:
        super().__init__(message)
        self.winner = winner


class Unavailable(WatchkeeperError):
    """A part outside this process is away; trying again later may work. `part` names it in `/readyz`."""

    part = "unknown"


class HistoryUnavailable(Unavailable):
    """The history store cannot be written or read now. Nothing of the batch may be taken as stored."""

    part = "history"


class SpoolUnavailable(Unavailable):
    """What history cannot take now can also not be kept on the local disk. Nothing of it may be taken as kept."""

    part = "spool"


class FilesUnavailable(Unavailable):
    """Files of work orders cannot be kept or read now. Nothing of a file may be taken as kept."""

    part = "files"


class LedgerUnavailable(Unavailable):
    """The ledger cannot be reached or is locked for too long. The transaction did not happen."""

    part = "ledger"


class Fenced(WatchkeeperError):
    """Another process holds the lease now: the transaction did not happen, and none of this process will any more.

    Not `Unavailable`: trying again never works. The process ends, and starts anew as a standby.
    """


class BrokerUnavailable(Unavailable):
    """The broker refused or dropped the connection."""

    part = "broker"


class NotifierUnavailable(Unavailable):
    """A receiver of notices did not take one; trying again later may work."""

    part = "notices"


class Undeliverable(WatchkeeperError):
    """A receiver will never take this notice. `gone` says that it takes none any more (HTTP 410)."""

    def __init__(self, message: str, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class LedgerDamaged(WatchkeeperError):
    """The event chain and the rows disagree: somebody edited or cut them without the key."""
