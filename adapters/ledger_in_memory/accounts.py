"""People, tokens and sessions in memory."""

from __future__ import annotations

from collections.abc import Callable

from adapters.ledger_in_memory.act import Look
from domain.people import Person, Session, Token


class Accounts:
    """Implements `domain.ports.ledger.AccountRows`."""

    def __init__(self, look: Look) -> None:
        self._look, self._state = look, look.state

    def person(self, name: str) -> Person | None:
        """By name."""
        return self._state.people.get(name)

    def people(self) -> list[Person]:
        """Everybody, by name."""
        return sorted(self._state.people.rows.values(), key=lambda person: person.name)

    def put_person(self, person: Person) -> None:
        """Insert or replace by name."""
        self._look.act().change(self._state.people, person.name, person)

    def token(self, digest: str) -> Token | None:
        """By digest, revoked and expired ones too."""
        return self._state.tokens.get(digest)

    def tokens(self) -> list[Token]:
        """All tokens, by name."""
        return sorted(self._state.tokens.rows.values(), key=lambda token: (token.name, token.digest))

    def put_token(self, token: Token) -> None:
        """Insert or replace by digest."""
        self._look.act().change(self._state.tokens, token.digest, token)

    def session(self, digest: str) -> Session | None:
        """By digest, an expired one too while it is there."""
        return self._state.sessions.get(digest)

    def put_session(self, session: Session) -> None:
        """Insert or replace by digest; expired ones of anybody go."""
        self.drop_expired_sessions()
        self._look.act().change(self._state.sessions, session.digest, session)

    def end_session(self, digest: str) -> None:
        """Sign out here. A no-op when it is gone."""
        self._end(lambda session: session.digest == digest)

    def end_sessions_of(self, person: str) -> None:
        """Sign out everywhere."""
        self._end(lambda session: session.person == person)

    def drop_expired_sessions(self) -> int:
        """Sign-ins that ended by themselves go; how many there were."""
        at = self._look.act().at
        return self._end(lambda session: session.expires_at <= at)

    def _end(self, which: Callable[[Session], bool]) -> int:
        gone = [session.digest for session in self._state.sessions.rows.values() if which(session)]
        for digest in gone:
            self._look.act().change(self._state.sessions, digest, None)
        return len(gone)
