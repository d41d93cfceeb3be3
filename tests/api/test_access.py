"""Who may do what: every route against every role, sites out of reach, sessions and their tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from api.app import bare_app
from api.openapi import describe
from domain.people import PERMISSIONS, Permission, Role
from tests.api.property import Property, TestClient

PUBLIC = {("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/api/v1/session")}
"""All that answers without a credential."""

_P = Permission
NEEDS: dict[str, Permission | None] = {
    "list_alarms": _P.READ,
    "list_alarm_groups": _P.READ,
    "acknowledge_alarms": _P.HANDLE_ALARMS,
    "list_bad_actors": _P.READ,
    "raise_alarm": _P.HANDLE_ALARMS,
    "get_alarm": _P.READ,
    "acknowledge_alarm": _P.HANDLE_ALARMS,
    "comment_alarm": _P.HANDLE_ALARMS,
    "end_alarm": _P.HANDLE_ALARMS,
    "list_measures": _P.READ,
    "shelve_alarm": _P.HANDLE_ALARMS,
    "unshelve_alarm": _P.HANDLE_ALARMS,
    "take_device_out": _P.TAKE_OUT_OF_SERVICE,
    "return_device": _P.TAKE_OUT_OF_SERVICE,
    "list_maintenance": _P.READ,
    "end_maintenance": _P.TAKE_OUT_OF_SERVICE,
    "begin_test": _P.HANDLE_ALARMS,
    "end_test": _P.HANDLE_ALARMS,
    "list_work_orders": _P.READ,
    "get_work_order": _P.READ,
    "note_work_order": _P.HANDLE_ORDERS,
    "promise_work_order": _P.HANDLE_ORDERS,
    "stamp_work_order": _P.HANDLE_ORDERS,
    "take_work_order_step": _P.HANDLE_ORDERS,
    "open_work_order": _P.HANDLE_ORDERS,
    "attach_file": _P.HANDLE_ORDERS,
    "download_file": _P.READ,
    "note_affected": _P.HANDLE_ORDERS,
    "enter_cost": _P.HANDLE_ORDERS,
    "sign_work_order": _P.HANDLE_ORDERS,
    "edit_residents_notice": _P.HANDLE_ORDERS,
    "publish_residents_notice": _P.HANDLE_ORDERS,
    "list_sites": _P.READ,
    "list_devices": _P.READ,
    "get_device": _P.READ,
    "adopt_device": _P.ADOPT_DEVICES,
    "get_history": _P.READ,
    "export_history": _P.EXPORT_HISTORY,
    "read_readings": _P.EXPORT_HISTORY,
    "list_kinds": _P.READ,
    "list_rules": _P.READ,
    "list_overrides": _P.READ,
    "set_override": _P.CHANGE_RULES,
    "remove_override": _P.CHANGE_RULES,
    "reload_rules": _P.CHANGE_RULES,
    "list_templates": _P.READ,
    "list_notices": _P.READ,
    "list_routes": _P.READ,
    "list_rounds": _P.READ,
    "round_completion": _P.READ,
    "get_round": _P.READ,
    "list_duties": _P.READ,
    "duty_completion": _P.READ,
    "get_duty": _P.READ,
    "record_duty": _P.APPROVE_ORDERS,
    "accept_cycle": _P.APPROVE_ORDERS,
    "decline_cycle": _P.APPROVE_ORDERS,
    "restore_cycle": _P.APPROVE_ORDERS,
    "list_quarantine": _P.READ_QUARANTINE,
    "stream_events": _P.READ,
    "list_journal": _P.READ_JOURNAL,
    "report_alarms": _P.READ,
    "report_orders": _P.READ,
    "get_session": None,
    "sign_out": None,
    "change_password": None,
    "list_names": _P.HANDLE_ALARMS,
    "list_people": _P.MANAGE_ACCOUNTS,
    "create_account": _P.MANAGE_ACCOUNTS,
    "change_account": _P.MANAGE_ACCOUNTS,
    "end_sessions": _P.MANAGE_ACCOUNTS,
    "list_tokens": _P.MANAGE_ACCOUNTS,
    "create_token": _P.MANAGE_ACCOUNTS,
    "delete_token": _P.MANAGE_ACCOUNTS,
    "copy_history": _P.MAKE_BACKUPS,
    "metrics": _P.READ,
}
"""What each route asks for; None: whoever is signed in, for themselves."""

_EXAMPLES = {
    "{alarm_id}": "a-1",
    "{order_id}": "o-1",
    "{attachment_id}": "main-F1",
    "{test_id}": "main-M1",
    "{override_id}": "main-V1",
    "{measure_id}": "main-M1",
    "{step}": "accept",
    "{site}": "main",
    "{device}": "E-01",
    "{round_id}": "main.R-01.20260314T080000Z",
    "{duty_id}": "main.maintenance.E-01",
    "{name}": "nobody",
    "{token_id}": "0" * 16,
}


def operations() -> Iterator[tuple[str, str, str]]:
    """(operation id, method, path with examples) of every route there is."""
    for path, methods in describe(bare_app())["paths"].items():
        for method, operation in methods.items():
            filled = path
            for place, example in _EXAMPLES.items():
                filled = filled.replace(place, example)
            yield operation["operationId"], method.upper(), filled


GUARDED = [each for each in operations() if (each[1], each[2]) not in PUBLIC]


def test_every_route_is_in_the_table() -> None:
    assert {operation for operation, _, _ in GUARDED} == set(NEEDS)


def test_the_description_leaves_no_route_out() -> None:
    hidden = [route.path for route in bare_app().routes if isinstance(route, APIRoute) and not route.include_in_schema]
    assert set(hidden) <= {"/api/v1/openapi.json"}


def test_nothing_answers_without_a_credential(property_: Property) -> None:
    with property_.client(None) as stranger:
        for operation, method, path in [*GUARDED, ("openapi", "GET", "/api/v1/openapi.json")]:
            answer = stranger.request(method, path)
            assert answer.status_code == 401, operation
            assert answer.json()["code"] == "not_signed_in", operation
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_wrong_token_is_nobody(property_: Property) -> None:
    with property_.client(None) as stranger:
        for header in ("Bearer wk_wrong", "Bearer ", "Basic Y2hlbjpwdw==", "Bearer \x7f"):
            assert stranger.get("/api/v1/alarms", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_the_table_says_and_nothing_else(property_: Property, role: Role) -> None:
    """What is allowed gets past the guard: to an answer, or to a complaint about the request itself."""
    with property_.client(role) as client:
        for operation, method, path in GUARDED:
            needed = NEEDS[operation]
            if needed is None or operation == "stream_events":
                continue
            allowed = needed in PERMISSIONS[role]
            answer = client.request(method, path)
            refused = answer.status_code == 403
            assert refused is not allowed, f"{role} {method} {path}: {answer.status_code} {answer.text}"


def test_a_site_out_of_reach_does_not_seem_to_exist(property_: Property) -> None:
    hidden = property_.raise_alarm("E-01", site="annex")
    property_.raise_alarm("E-01", site="main")
    with property_.client(Role.ADMIN, sites=("main",)) as client:
        assert {alarm["site"] for alarm in client.get("/api/v1/alarms").json()["items"]} == {"main"}
        assert {order["site"] for order in client.get("/api/v1/work-orders").json()["items"]} == {"main"}
        assert {device["site"] for device in client.get("/api/v1/devices").json()["items"]} == {"main"}
        assert [site["id"] for site in client.get("/api/v1/sites").json()["items"]] == ["main"]
        assert client.get("/api/v1/alarms?site=annex").status_code == 403
        assert client.get(f"/api/v1/alarms/{hidden.id}").status_code == 404
        assert client.get(f"/api/v1/work-orders/{hidden.work_order}").status_code == 404
        assert client.get("/api/v1/devices/annex/E-01").status_code == 404
        assert client.post("/api/v1/devices/annex/E-01/adopt", json={}).status_code == 404
        assert client.get("/api/v1/history/annex/E-01?metric=floor").status_code == 404
        assert client.get("/api/v1/history/annex/E-01/export.csv").status_code == 404
        assert client.get("/api/v1/history/annex/E-01/readings").status_code == 404
        assert client.post(f"/api/v1/alarms/{hidden.id}/acknowledge").status_code == 404
        assert client.post(f"/api/v1/work-orders/{hidden.work_order}/accept").status_code == 404
        raised = client.post(
            "/api/v1/alarms",
            json={
                "site": "annex",
                "subject": {"type": "device", "id": "E-01"},
                "severity": "urgent",
                "title": "stuck",
                "note": "seen",
            },
        )
        assert raised.status_code == 403
    with property_.ledger.read() as rows:
        assert rows.alarms.get(hidden.id) == hidden


def test_a_body_that_is_too_large_is_refused(operator: TestClient) -> None:
    declared = operator.post("/api/v1/alarms", content=b"x" * 70_000, headers={"Content-Type": "application/json"})
    assert (declared.status_code, declared.json()["code"]) == (413, "too_large")

    def endless() -> Iterator[bytes]:
        for _ in range(70):
            yield b"x" * 1000

    streamed = operator.post("/api/v1/alarms", content=endless(), headers={"Content-Type": "application/json"})
    assert streamed.status_code == 413


def test_what_was_sent_does_not_come_back_in_a_complaint(operator: TestClient) -> None:
    answer = operator.post("/api/v1/session", json={"name": "chen chen", "password": "my secret"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == "body.name"
    assert "secret" not in answer.text
