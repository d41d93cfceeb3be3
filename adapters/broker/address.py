"""Where a broker is and how to sign in to it.

Promises: a value that can be logged; the password never shows in its text. Leaves to others: connecting.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class BrokerAddress:
    """A broker and an account there. With `ca` (a PEM file) the connection is TLS and the broker's name is checked.

    `certificate` and `key` (PEM files) are our own, for a broker that asks for one; only with `ca`.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def tls(self) -> ssl.SSLContext | None:
        """What to connect with, None for plain TCP. Raises OSError where a file cannot be read."""
        if self.ca is None:
            return None
        context = ssl.create_default_context(cafile=self.ca)
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context
