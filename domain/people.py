"""People, programs and what each may do.

Promises: roles as an enum, permissions as one table, and the actor that every act and event names.
Leaves to others: proving who somebody is (`api.accounts`), keeping accounts (`domain.ports.ledger`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.errors import NotAllowed
from domain.texts import Language


class Role(StrEnum):
    """What somebody is to Watchkeeper. Each may do what the table below says, and nothing else."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    MANAGER = "manager"
    ADMIN = "admin"


class Permission(StrEnum):
    """One thing that can be allowed."""

    READ = "read"
    HANDLE_ALARMS = "handle_alarms"  # acknowledge, comment, raise by hand, end
    HANDLE_ORDERS = "handle_orders"  # every step of a work order but those below
    APPROVE_ORDERS = "approve_orders"  # waiting, cancelling
    EXPORT_HISTORY = "export_history"
    READ_QUARANTINE = "read_quarantine"
    ADOPT_DEVICES = "adopt_devices"
    TAKE_OUT_OF_SERVICE = "take_out_of_service"
    READ_JOURNAL = "read_journal"  # everything that happened, and who did it
    MANAGE_ACCOUNTS = "manage_accounts"
    MAKE_BACKUPS = "make_backups"
    CHANGE_RULES = "change_rules"  # for all sites


_P = Permission
_OPERATOR = frozenset({_P.READ, _P.HANDLE_ALARMS, _P.HANDLE_ORDERS, _P.EXPORT_HISTORY, _P.READ_QUARANTINE})
_ENGINEER = _OPERATOR | {_P.ADOPT_DEVICES, _P.TAKE_OUT_OF_SERVICE, _P.CHANGE_RULES}
_MANAGER = _ENGINEER | {_P.APPROVE_ORDERS, _P.READ_JOURNAL}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({_P.READ}),
    Role.OPERATOR: _OPERATOR,
    Role.ENGINEER: _ENGINEER,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: frozenset(Permission),
}


class ActorType(StrEnum):
    """Who can act."""

    PERSON = "person"
    PROGRAM = "program"
    RULE = "rule"
    TIMER = "timer"


class Actor(msgspec.Struct, frozen=True):
    """Who does an act. `name` is an account's or token's name, a rule's id, or a timer's name."""

    type: ActorType
    name: str
    role: Role | None = None
    sites: frozenset[str] | None = None
    """Sites this actor may see and change; None means all."""

    def may(self, permission: Permission, site: str | None = None) -> bool:
        """Whether the table allows it. Rules and timers act by design and may do everything."""
        if self.type in (ActorType.RULE, ActorType.TIMER):
            return True
        in_reach = site is None or self.sites is None or site in self.sites
        return in_reach and self.role is not None and permission in PERMISSIONS[self.role]

    def require(self, permission: Permission, site: str | None = None) -> None:
        """Raises NotAllowed, naming the permission, when `may` says no."""
        if not self.may(permission, site):
            raise NotAllowed(f"{self.name} may not {permission.replace('_', ' ')}" + (f" on {site}" if site else ""))


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a person. `password_hash` is argon2's encoded form; it never leaves the ledger and the API."""

    name: str
    role: Role
    password_hash: str
    full_name: str = ""
    language: Language = Language.EN
    sites: frozenset[str] | None = None
    disabled: bool = False
    created_at: datetime | None = None


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A bearer token of a program. Only `digest` (SHA-256 of the token, hex) is kept."""

    name: str
    role: Role
    digest: str
    created_at: datetime
    expires_at: datetime | None = None
    sites: frozenset[str] | None = None
    revoked_at: datetime | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person's sign-in. Only the digest of its cookie is kept; `csrf` must come back in a header on every change."""

    digest: str
    person: str
    csrf: str
    created_at: datetime
    expires_at: datetime
