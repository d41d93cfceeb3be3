"""What a process without the API tells by HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx

from api.parts import PartStatus
from tests.services import free_port
from watchkeeper.probes import HANGS_AFTER_SECONDS, Probes, serve_probes


@contextmanager
def probed(
    still: float, readiness: Sequence[Callable[[], Sequence[PartStatus]]]
) -> Iterator[Callable[[str], httpx.Response]]:
    port = free_port()
    end = serve_probes(Probes(lambda: still, readiness), "127.0.0.1", port)
    try:
        yield lambda path: httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10)
    finally:
        end()


def test_a_process_that_turns_and_has_its_parts_is_alive_and_ready() -> None:
    with probed(0.5, [lambda: [PartStatus("broker", True)], lambda: [PartStatus("ingest", True, "")]]) as get:
        assert (get("/healthz").status_code, get("/readyz").status_code) == (200, 200)
        assert [part["part"] for part in get("/readyz").json()["parts"]] == ["broker", "ingest"]
        assert "python_info" in get("/metrics").text
        assert get("/else").status_code == 404


def test_a_part_that_is_away_is_named_and_is_no_reason_to_restart() -> None:
    with probed(0.5, [lambda: [PartStatus("broker", False, "refused the login")]]) as get:
        assert get("/healthz").status_code == 200
        answer = get("/readyz")
        assert (answer.status_code, answer.json()["parts"][0]["detail"]) == (503, "refused the login")


def test_a_loop_that_hangs_is_told_by_a_thread_that_does_not() -> None:
    with probed(HANGS_AFTER_SECONDS, [lambda: [PartStatus("broker", True)]]) as get:
        assert get("/healthz").status_code == 503


def test_who_has_nothing_yet_is_not_ready() -> None:
    with probed(0.0, []) as get:
        assert get("/readyz").status_code == 503
