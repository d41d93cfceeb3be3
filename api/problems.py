"""Errors as RFC 9457 problem documents: the one edge where errors become answers.

Promises: every refusal has a stable `code`; a loser of a race is told the winner; nothing that was sent in (a
password, a token) comes back; an unexpected error is logged once and says nothing of our inside.
Leaves to others: raising the right error (`domain.errors`).
"""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.access import NotSignedIn
from api.throttle import Throttled
from domain.errors import (
    ConfigError,
    ConfigErrors,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    Unavailable,
    WatchkeeperError,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:problem-type:watchkeeper:"
RETRY_UNAVAILABLE_S = 2

_log = structlog.get_logger(__name__)

MOST_PLACES = 50
"""Mistakes of config files that one answer lists."""

_STATUS: dict[type[Refused], int] = {
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    Invalid: 422,
    Throttled: 429,
    Refused: 400,
}

_HTTP_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}
"""Codes of errors that the framework raises."""


class WrongPlace(BaseModel):
    """One value that is missing or wrong, and where (`body.note`)."""

    place: str
    problem: str


class Problem(BaseModel):
    """An RFC 9457 problem document. `code` is stable, for programs; `winner` names who was faster."""

    type: str = Field(examples=[TYPE_PREFIX + "conflict"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["an alarm that is acknowledged cannot be acknowledged"])
    code: str = Field(examples=["conflict"])
    winner: str | None = Field(default=None, examples=["chen"])
    part: str | None = Field(default=None, description="Which part is away (503).", examples=["history"])
    errors: list[WrongPlace] | None = None


def problem_response(
    status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """A problem document as an answer."""
    problem = Problem(
        type=TYPE_PREFIX + code, title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, **more
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True), status_code=status, media_type=MEDIA_TYPE, headers=headers
    )


def _refused(error: Refused) -> JSONResponse:
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(max(1, math.ceil(error.wait.total_seconds())))
    winner = error.winner if isinstance(error, Conflict) else None
    return problem_response(status, error.code, str(error), headers=headers, winner=winner)


def _unavailable(error: Unavailable) -> JSONResponse:
    headers = {"Retry-After": str(RETRY_UNAVAILABLE_S)}
    return problem_response(503, "unavailable", f"{error.part} is away; try again", headers=headers, part=error.part)


def _wrong_request(error: RequestValidationError) -> JSONResponse:
    places = [
        WrongPlace(place=".".join(str(step) for step in wrong["loc"]), problem=wrong["msg"])
        for wrong in error.errors()[:20]
    ]
    return problem_response(422, Invalid.code, "a value is missing or wrong", errors=places)


def _wrong_config(error: ConfigError) -> JSONResponse:
    errors = error.errors if isinstance(error, ConfigErrors) else (error,)
    places = [WrongPlace(place=f"{one.file}: {one.place}", problem=f"{one.problem}. {one.remedy}") for one in errors]
    detail = "the config files are wrong; what was in force still is"
    return problem_response(422, "wrong_config", detail, errors=places[:MOST_PLACES])


def _http_error(error: HTTPException) -> JSONResponse:
    code = _HTTP_CODES.get(error.status_code, f"http_{error.status_code}")
    return problem_response(error.status_code, code, str(error.detail), headers=dict(error.headers or {}))


def install_problems(app: FastAPI) -> None:
    """Give the app its error handlers."""

    @app.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return _refused(error)

    @app.exception_handler(Unavailable)
    async def unavailable(request: Request, error: Unavailable) -> JSONResponse:
        _log.warning("a part is away", part=error.part, path=request.url.path, error=str(error))
        return _unavailable(error)

    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> JSONResponse:
        return _wrong_request(error)

    @app.exception_handler(ConfigError)
    async def wrong_config(_: Request, error: ConfigError) -> JSONResponse:
        return _wrong_config(error)

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        return _http_error(error)

    @app.exception_handler(WatchkeeperError)
    async def on_purpose(request: Request, error: WatchkeeperError) -> JSONResponse:
        _log.error("a request failed", path=request.url.path, error=str(error), kind=type(error).__name__)
        return problem_response(500, "internal_error", "this could not be done; the log says why")

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        _log.error("a request failed unexpectedly", path=request.url.path, exc_info=error)
        return problem_response(500, "internal_error", "this could not be done; the log says why")
