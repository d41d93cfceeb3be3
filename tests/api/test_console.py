"""The console's files and the headers that guard a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.clock import ManualClock
from tests.api.property import START, Property, TestClient, new_ledger


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A browser before a build of the console."""
    tmp_path = tmp_path_factory.mktemp("console")
    build = tmp_path / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text("<!doctype html><title>Watchkeeper</title>")
    (build / "assets" / "index-abc123.js").write_text("console.log(1)")
    (build / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    ledger = new_ledger(tmp_path)
    with Property(ledger, ManualClock(START), console_folder=build).client(None) as client:
        yield client
    ledger.close()


@pytest.mark.parametrize("address", ["/", "/alarms", "/devices/main/E-01", "/index.html"])
def test_the_page_is_served_for_the_consoles_addresses_and_never_kept(browser: TestClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 200
    assert "<title>Watchkeeper</title>" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_files_named_by_their_content_are_kept_for_good(browser: TestClient) -> None:
    answer = browser.get("/assets/index-abc123.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert browser.get("/favicon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("address", ["/assets/gone.js", "/api/v1/nothing", "/api", "/robots.txt"])
def test_what_is_not_there_is_not_the_page(browser: TestClient, address: str) -> None:
    answer = browser.get(address)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt"])
def test_nothing_outside_the_build_is_served(browser: TestClient, address: str) -> None:
    assert "secret" not in browser.get(address).text


def test_files_can_only_be_read(browser: TestClient) -> None:
    assert browser.post("/alarms").status_code == 405


@pytest.mark.parametrize("address", ["/", "/healthz", "/api/v1/alarms"])
def test_a_browser_is_told_to_run_nothing_of_others(browser: TestClient, address: str) -> None:
    headers = browser.get(address).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_answers_of_the_api_are_not_cached(browser: TestClient) -> None:
    assert browser.get("/api/v1/alarms").headers["cache-control"] == "no-store"


def test_without_a_build_there_is_nothing_to_see(operator: TestClient) -> None:
    assert operator.get("/").status_code == 404
