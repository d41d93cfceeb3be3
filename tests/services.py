"""Real servers for tests: found on this machine, skipped with a reason where missing.

With `WATCHKEEPER_REQUIRE_SERVICES=1` a missing server fails the test instead.
"""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

_SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/postgresql/15/bin"])


def require(program: str) -> str:
    """The path of an installed program; skips or fails the test when it is missing."""
    found = shutil.which(program, path=_SEARCH)
    if found is not None:
        return found
    reason = f"{program} is not installed (Debian has it)"
    if os.environ.get("WATCHKEEPER_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


REPOSITORY = Path(__file__).resolve().parent.parent
"""The root of the checkout."""
