"""The OpenAPI document: `python -m api.openapi` prints it; the console's client is generated from it.

Promises: the document needs no ledger and no server; errors are described as what they are, problem documents.
Leaves to others: the routes it describes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.problems import MEDIA_TYPE, Problem
from api.schemas.stream import TellEnd, TellEvent, TellReset, TellWatch

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request could not be read."},
    401: {"model": Problem, "description": "Sign in, or send a token."},
    403: {"model": Problem, "description": "The role does not permit it."},
    404: {"model": Problem, "description": "There is no such thing in reach."},
    409: {"model": Problem, "description": "Its state does not allow it; `winner` names who was faster."},
    413: {"model": Problem, "description": "The body is too large."},
    422: {"model": Problem, "description": "A value is missing or wrong."},
    429: {"model": Problem, "description": "Too many at once; `Retry-After` says when to come again."},
    503: {"model": Problem, "description": "A part is away; `part` names it."},
}
"""What any route may answer instead of what it was asked for."""

_TAGS = [
    {"name": "alarms", "description": "One occurrence of a condition, from raise to end."},
    {"name": "standing", "description": "What is shelved, out of service and under test."},
    {"name": "work orders", "description": "Jobs with running clocks."},
    {"name": "rounds", "description": "Routes to walk, and what became of each round."},
    {"name": "duties", "description": "What must be done every so often: by when, and when it was done last."},
    {"name": "devices", "description": "What is watched, with its latest state."},
    {"name": "history", "description": "The time series of a device."},
    {"name": "rules", "description": "Kinds, rules and templates as they are now."},
    {"name": "quarantine", "description": "What could not be read."},
    {"name": "events", "description": "The event stream, and the journal of what happened."},
    {"name": "reports", "description": "Figures over a span of days."},
    {"name": "accounts", "description": "Signing in, people, tokens."},
    {"name": "health", "description": "Liveness, readiness, metrics."},
    {"name": "care", "description": "Looking after the installation."},
]

_STREAMED: tuple[type[BaseModel], ...] = (TellEvent, TellWatch, TellReset, TellEnd)


def describe(app: FastAPI) -> dict[str, Any]:
    """The app's OpenAPI document."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
    )
    schemas = document["components"]["schemas"]
    for model in _STREAMED:  # the stream's `data:` has no place in OpenAPI 3.1, but its client wants the types
        made = model.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
        for name, schema in made.pop("$defs", {}).items():
            schemas.setdefault(name, schema)
        schemas[model.__name__] = made
    for path in document["paths"].values():
        for operation in path.values():
            _as_problems(operation["responses"])
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _as_problems(responses: dict[str, Any]) -> None:
    for answer in responses.values():
        content = answer.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith("/Problem"):
            content[MEDIA_TYPE] = content.pop("application/json")


def write(path: Path) -> None:
    """Write the document to a file, as the console's build reads it."""
    path.write_text(text(), encoding="utf-8")


def text() -> str:
    """The document, indented, with a line's end."""
    from api.app import bare_app

    return json.dumps(bare_app().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write(Path(sys.argv[1]))
    else:
        sys.stdout.write(text())
