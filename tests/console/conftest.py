"""A browser, a stage that is served, and somebody signed in at it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from api.app import create_app
from tests.api.conftest import quick_passwords
from tests.api.serving import served
from tests.console.staging import OPERATOR, PASSWORD, Stage, staged
from tests.services import REPOSITORY, require

BUILD = REPOSITORY / "console/dist"
DESK = ViewportSize(width=1280, height=720)
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_EXPECTED = ("401", "409", "422", "503", "ERR_")
"""What a browser's console says of refusals and broken connections that a test is about."""

expect.set_options(timeout=20_000)  # in ms: the suite's other half may have every processor
SignIn = Callable[..., Page]

__all__ = ["quick_passwords"]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. It ends with these tests: its event loop stands in the way of every asynchronous one."""
    program = require("chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program, args=list(_QUIET))


@pytest.fixture(scope="session")
def build() -> Path:
    """The console's build."""
    if not (BUILD / "index.html").is_file():
        reason = "the console is not built (make setup, or npm ci && npm run build in console/)"
        if os.environ.get("WATCHKEEPER_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return BUILD


@pytest.fixture
def stage(tmp_path: Path, build: Path) -> Iterator[Stage]:
    """The demo property, nothing abnormal yet, and nobody watching unless the test beats."""
    with staged(tmp_path, console=build) as set_up:
        yield set_up


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """Where the stage is served."""
    with served(create_app(stage.parts)) as url:
        yield url


@pytest.fixture
def sign_in(browser: Browser) -> Iterator[SignIn]:
    """Signs somebody in at an address; at the end no page may have complained of anything unexpected."""
    complaints: list[str] = []
    contexts = []

    def arrive(address: str, *, name: str = OPERATOR, viewport: ViewportSize = DESK, deaf: bool = False) -> Page:
        context = browser.new_context(viewport=viewport, locale="en-GB", color_scheme="dark")
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        if deaf:
            page.route("**/api/v1/events*", lambda route: route.abort())
        page.goto(address)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("navigation").wait_for()
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert [one for one in complaints if not any(word in one for word in _EXPECTED)] == []
