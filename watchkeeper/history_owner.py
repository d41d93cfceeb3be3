"""Asking the process that owns the embedded history, through its API on this machine: for a copy, or to read.

Promises: the token that is used works for minutes and is revoked afterwards; a certificate of ours is pinned, not
trusted by name. Leaves to others: making the copy (`watchkeeper.backup`).
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.errors import HistoryUnavailable
from domain.people import Actor, ActorType, Role
from watchkeeper.composition import opened_ledger
from watchkeeper.settings import Settings

_BACKUP = Actor(ActorType.PROGRAM, "backup", Role.ADMIN)
_CONNECT_SECONDS = 5
_PATIENCE = timedelta(hours=1)


def ask_owner(settings: Settings, at: datetime) -> str | None:
    """The name of the copy that the owner made; None when nobody listens at the API's port.

    Raises HistoryUnavailable when it answers anything but a copy.
    """
    if not listens(settings):
        return None
    with passing_token(settings, _BACKUP, at, timedelta(minutes=5)) as token:
        request = urllib.request.Request(  # noqa: S310  our own address
            f"{settings.http_address}/api/v1/backup", method="POST", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(  # noqa: S310
                request, timeout=_PATIENCE.total_seconds(), context=pinned(settings)
            ) as answer:
                return str(json.load(answer)["name"])
        except urllib.error.HTTPError as error:
            raise HistoryUnavailable(
                f"{settings.http_address} made no copy of the history: {said(error)}. "
                "Is it the one of this data folder? Name its port with --http-port"
            ) from error
        except urllib.error.URLError as error:
            raise HistoryUnavailable(f"{settings.http_address}: {error.reason}") from error


def listens(settings: Settings) -> bool:
    """Whether somebody answers at the API's port. Raises HistoryUnavailable when that cannot be told."""
    host = urlsplit(settings.http_address).hostname
    try:
        with socket.create_connection((host, settings.http_port), timeout=_CONNECT_SECONDS):
            return True
    except ConnectionRefusedError:
        return False
    except OSError as error:
        raise HistoryUnavailable(f"{settings.http_address}: {error}") from error


@contextmanager
def passing_token(settings: Settings, bearer: Actor, at: datetime, span: timedelta) -> Iterator[str]:
    """A token with the bearer's name and role, for the length of a block and no longer than `span`."""
    from api.accounts import issue_token, revoke_token
    from api.credentials import digest_of

    assert bearer.role is not None
    with opened_ledger(settings) as ledger:
        secret = issue_token(ledger, name=bearer.name, role=bearer.role, at=at, actor=bearer, expires_at=at + span)
        try:
            yield secret
        finally:
            revoke_token(ledger, identity=digest_of(secret)[:16], at=at, actor=bearer)


def pinned(settings: Settings) -> ssl.SSLContext | None:
    """TLS that takes the certificate that we were given, and no other, whatever name is in it."""
    if settings.http_certificate is None:
        return None
    context = ssl.create_default_context(cafile=str(settings.http_certificate))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def said(error: urllib.error.HTTPError) -> str:
    """What a problem document says, or the status."""
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"status {error.code}"
