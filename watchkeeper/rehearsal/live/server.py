"""Server: the API of a running installation, as the people of a script use it.

Promises: each person calls with a token of their own; a refusal comes back as an answer, not as an exception; anything
else that goes wrong is an Unavailable. Leaves to others: what is called (`hands`, `looks`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
import urllib3

from domain.errors import Invalid, Unavailable

_PAGE = 500
_TIMEOUT_S = 10.0
_REFUSED = (403, 404, 409, 422)


class ServerUnavailable(Unavailable):
    """The server does not answer, or not as it should."""

    part = "server"


class Answer(msgspec.Struct, frozen=True):
    """What a call came to. `refused` is why not, in the server's words; `winner` names who was faster."""

    body: Any
    refused: str | None = None
    winner: str | None = None


class Server:
    """The server at an address. `tokens` are bearer tokens by the names of people."""

    def __init__(self, address: str, tokens: Mapping[str, str]) -> None:
        if not tokens:
            raise Invalid('tokens: nobody is named; write lin = "wk_..." for each person of the script')
        self._address, self._tokens = address.rstrip("/"), dict(tokens)
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT_S)

    @property
    def people(self) -> frozenset[str]:
        """Who can act."""
        return frozenset(self._tokens)

    def get(self, path: str, **query: str) -> Any:
        """Look at something. Raises ServerUnavailable."""
        answer = self._call("GET", path + (f"?{urlencode(query)}" if query else ""), next(iter(self._tokens)), None)
        if answer.refused is not None:
            raise ServerUnavailable(f"{path}: {answer.refused}")
        return answer.body

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The newest of a list, newest first. Raises ServerUnavailable."""
        found: list[dict[str, Any]] = self.get(path, limit=str(_PAGE), **query)["items"]
        return found

    def act(self, who: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Do something. Raises ServerUnavailable."""
        told = {name: one for name, one in (body or {}).items() if one is not None}
        return self._call("POST", path, who, json.dumps(msgspec.to_builtins(told)).encode())

    def _call(self, method: str, path: str, who: str, body: bytes | None) -> Answer:
        headers = {"Authorization": f"Bearer {self._tokens[who]}", "Content-Type": "application/json"}
        try:
            answer = self._pool.request(method, self._address + path, headers=headers, body=body)
            told = json.loads(answer.data) if answer.data else None
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise ServerUnavailable(f"{self._address}{path}: {error}") from error
        if answer.status in _REFUSED and isinstance(told, dict):
            return Answer(None, str(told.get("detail", answer.status)), told.get("winner"))
        if answer.status >= 400:
            raise ServerUnavailable(f"{path}: HTTP {answer.status}")
        return Answer(told)
