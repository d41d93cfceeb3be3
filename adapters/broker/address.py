"""Where a broker is and how to sign in to it.

Promises: a value that can be logged; the password never shows in its text. Leaves to others: connecting.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BrokerAddress:
    """A broker and an account there. With `ca` (a PEM file) the connection is TLS and the broker's name is checked."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def tls(self) -> ssl.SSLContext | None:
        """What to connect with, None for plain TCP. Raises OSError where `ca` cannot be read."""
        return None if self.ca is None else ssl.create_default_context(cafile=self.ca)
