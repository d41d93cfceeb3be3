"""The app: routes, guards, error handlers and the console, put together.

Promises: `create_app` is the only way in; everything under `/api/v1` but signing in asks who you are. Leaves to
others: what each route does (`api.routes`), building the parts and serving (`watchkeeper.roles`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Lifespan

from api.access import who_asks
from api.console import ConsoleFiles
from api.guards import BodyLimit, SecurityHeaders
from api.measures import Measures
from api.openapi import PROBLEMS, describe
from api.parts import Parts
from api.problems import install_problems
from api.routes import (
    accounts,
    alarms,
    backup,
    devices,
    duties,
    events,
    floods,
    health,
    history,
    journal,
    maintenance,
    measures,
    notices,
    order_papers,
    overrides,
    quarantine,
    reports,
    rounds,
    rules,
    work_orders,
)
from api.running import Running, running

PREFIX = "/api/v1"
_FILES = re.compile(rf"{PREFIX}/work-orders/[^/]+/attachments")

_DESCRIPTION = """Alarms, work orders, devices and their history.

Every call needs a bearer token or a session; a change made in a session also needs the header `X-CSRF-Token`.
Lists answer `{"items": [...], "next": cursor or null}`; errors are RFC 9457 problem documents with a stable `code`.
"""


def _version() -> str:
    try:
        return version("watchkeeper")
    except PackageNotFoundError:  # a checkout that was never installed
        return "0"


def _name_of(route: APIRoute) -> str:
    return route.name


@cache
def _routes() -> APIRouter:
    """Every route. The framework works each out once, a quarter of a second for all, however many apps have them."""
    router, guarded = APIRouter(generate_unique_id_function=_name_of), APIRouter()
    for noun in (
        floods,  # before alarms: its names would be read as ids there
        alarms,
        measures,
        maintenance,
        order_papers,  # before the steps, whose path would take its place
        work_orders,
        notices,
        rounds,
        duties,
        devices,
        history,
        rules,
        overrides,
        quarantine,
        events,
        journal,
        reports,
        accounts,
        backup,
    ):
        guarded.include_router(noun.router)
    # without a prefix it would work out every route of `guarded` here, and again behind the app
    who = [Depends(who_asks)]
    router.include_router(guarded, prefix=PREFIX, dependencies=who, responses=PROBLEMS)
    router.include_router(health.router, dependencies=who, responses=PROBLEMS)
    router.include_router(accounts.public, prefix=PREFIX, responses=PROBLEMS)
    router.include_router(health.public)
    return router


def bare_app(*, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The app with its routes but without parts: enough to describe it."""
    app = FastAPI(
        title="Watchkeeper",
        version=_version(),
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        routes=_routes().routes,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.openapi = cache(lambda: describe(app))  # type: ignore[method-assign]
    return app


def create_app(parts: Parts) -> FastAPI:
    """The whole app over its parts."""
    app = bare_app(lifespan=_lifespan)
    app.state.running = running(parts)
    install_problems(app)
    app.add_middleware(BodyLimit, most_bytes=parts.settings.body_limit_bytes, files=_FILES)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(
        Measures, templates={id(each.route): each.path or "" for each in iter_route_contexts(app.routes)}
    )
    if parts.console_folder is not None:
        app.router.default = ConsoleFiles(parts.console_folder)
    return app


def end_streams(app: FastAPI) -> None:
    """Tell every event stream that the server stops. Call it before the server waits for open connections to end."""
    app.state.running.feed.close()


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The feed runs as long as the app."""
    started: Running = app.state.running
    feeding = asyncio.create_task(started.feed.run(), name="event feed")
    try:
        yield
    finally:
        started.feed.close()
        feeding.cancel()
        with suppress(asyncio.CancelledError):
            await feeding
        started.readiness.close()
