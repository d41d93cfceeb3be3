"""Signing in and out, people, tokens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.passwords import matches
from domain.events import Cursor
from domain.people import Role
from tests.api.property import PASSWORD, Property, TestClient


@pytest.fixture
def stranger(property_: Property) -> Iterator[TestClient]:
    """A browser that nobody has signed in with; `chen` is an operator."""
    property_.person()
    with property_.client(None) as client:
        yield client


def sign_in(client: TestClient, name: str = "chen", password: str = PASSWORD) -> httpx.Response:
    answer: httpx.Response = client.post("/api/v1/session", json={"name": name, "password": password})
    return answer


def signed_in(client: TestClient, name: str = "chen", password: str = PASSWORD) -> str:
    """Sign in; the CSRF token."""
    answer = sign_in(client, name, password)
    assert answer.status_code == 200, answer.text
    csrf: str = answer.json()["csrf"]
    return csrf


def test_a_person_signs_in_and_is_known(stranger: TestClient) -> None:
    answer = sign_in(stranger)
    assert answer.json()["name"] == "chen"
    assert "handle_alarms" in answer.json()["permissions"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert stranger.get("/api/v1/session").json()["type"] == "person"
    assert stranger.get("/api/v1/alarms").status_code == 200


def test_only_digests_of_cookies_and_tokens_are_kept(property_: Property, stranger: TestClient) -> None:
    signed_in(stranger)
    secrets = [stranger.cookies["wk_session"], property_.token()]
    kept = b"".join(path.read_bytes() for path in property_.ledger._anchors_path.parent.iterdir() if path.is_file())
    for secret in [*secrets, PASSWORD]:
        assert secret.encode() not in kept
    with property_.ledger.read() as rows:
        person = rows.accounts.person("chen")
    assert person is not None
    assert person.password_hash.startswith("$argon2id$")


def test_a_change_in_a_session_needs_its_csrf_token(property_: Property, stranger: TestClient) -> None:
    csrf = signed_in(stranger)
    alarm = property_.raise_alarm()
    path = f"/api/v1/alarms/{alarm.id}/acknowledge"
    assert stranger.post(path).status_code == 403
    assert stranger.post(path, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert stranger.post(path, headers={"X-CSRF-Token": csrf}).status_code == 200


def test_a_form_of_another_site_cannot_sign_anybody_in(stranger: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answer = stranger.post(
            "/api/v1/session",
            content=f'{{"name": "chen", "password": "{PASSWORD}"}}',
            headers={"Content-Type": kind},
        )
        assert answer.status_code == 422
        assert "set-cookie" not in answer.headers


def test_signing_out_ends_the_session(stranger: TestClient) -> None:
    csrf = signed_in(stranger)
    cookie = stranger.cookies["wk_session"]
    assert stranger.delete("/api/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    stranger.cookies.clear()
    assert stranger.get("/api/v1/session", headers={"Cookie": f"wk_session={cookie}"}).status_code == 401


def test_signing_in_again_ends_the_session_before(stranger: TestClient) -> None:
    signed_in(stranger)
    before = stranger.cookies["wk_session"]
    signed_in(stranger)
    stranger.cookies.clear()
    assert stranger.get("/api/v1/session", headers={"Cookie": f"wk_session={before}"}).status_code == 401


async def test_an_unused_session_ends_and_a_used_one_goes_on(property_: Property, stranger: TestClient) -> None:
    signed_in(stranger)
    for _ in range(4):
        await property_.clock.advance(timedelta(hours=11))
        assert stranger.get("/api/v1/session").status_code == 200
    await property_.clock.advance(timedelta(hours=13))
    assert stranger.get("/api/v1/session").status_code == 401


async def test_no_session_lasts_longer_than_a_week(property_: Property, stranger: TestClient) -> None:
    signed_in(stranger)
    for _ in range(15):
        await property_.clock.advance(timedelta(hours=11))
        assert stranger.get("/api/v1/session").status_code == 200
    await property_.clock.advance(timedelta(hours=4))
    assert stranger.get("/api/v1/session").status_code == 401


def test_a_wrong_password_and_an_unknown_name_look_the_same(stranger: TestClient) -> None:
    wrong, unknown = sign_in(stranger, password="wrong"), sign_in(stranger, name="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_who_fails_too_often_waits_and_is_told_how_long(property_: Property, stranger: TestClient) -> None:
    assert {sign_in(stranger, password="wrong").status_code for _ in range(5)} == {401}
    refused = sign_in(stranger)
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert int(refused.headers["retry-after"]) == 300
    await property_.clock.advance(timedelta(seconds=301))
    assert sign_in(stranger).status_code == 200


def test_a_password_changes_and_other_sessions_end(property_: Property, stranger: TestClient) -> None:
    csrf = signed_in(stranger)
    with property_.client(None) as elsewhere:
        signed_in(elsewhere)
        headers = {"X-CSRF-Token": csrf}
        path, new = "/api/v1/session/password", "a longer and better one"
        assert stranger.put(path, json={"current": "no", "new": new}, headers=headers).status_code == 403
        assert stranger.put(path, json={"current": PASSWORD, "new": "short"}, headers=headers).status_code == 422
        assert stranger.put(path, json={"current": PASSWORD, "new": new}, headers=headers).status_code == 204
        assert stranger.get("/api/v1/session").status_code == 200
        assert elsewhere.get("/api/v1/session").status_code == 401
        assert sign_in(elsewhere).status_code == 401
        assert sign_in(elsewhere, password=new).status_code == 200


def test_an_administrator_makes_changes_and_disables_accounts(property_: Property, stranger: TestClient) -> None:
    with property_.client(Role.ADMIN) as admin:
        made = admin.post(
            "/api/v1/people",
            json={
                "name": "li",
                "role": "viewer",
                "password": "ten characters",
                "language": "zh-Hans",
                "sites": ["main"],
            },
        )
        assert made.status_code == 201, made.text
        assert "password" not in made.text
        assert (
            admin.post("/api/v1/people", json={"name": "li", "role": "viewer", "password": "x" * 10}).status_code == 409
        )
        signed_in(stranger, "li", "ten characters")
        assert stranger.get("/api/v1/session").json()["sites"] == ["main"]
        changed = admin.patch("/api/v1/people/li", json={"role": "engineer", "sites": None})
        assert (changed.json()["role"], changed.json()["sites"]) == ("engineer", None)
        assert stranger.get("/api/v1/session").status_code == 401
        signed_in(stranger, "li", "ten characters")
        assert admin.patch("/api/v1/people/li", json={"disabled": True}).json()["disabled"] is True
        assert stranger.get("/api/v1/session").status_code == 401
        assert sign_in(stranger, "li", "ten characters").status_code == 401
        assert {person["name"] for person in admin.get("/api/v1/people").json()["items"]} == {"chen", "li"}
        assert admin.patch("/api/v1/people/nobody", json={"disabled": True}).status_code == 404


def test_the_last_administrator_stays_one(property_: Property) -> None:
    property_.person("root", Role.ADMIN)
    with property_.client(Role.ADMIN) as admin:
        for change in ({"role": "viewer"}, {"disabled": True}, {"sites": ["main"]}):
            assert admin.patch("/api/v1/people/root", json=change).status_code == 409
        property_.person("second", Role.ADMIN)
        assert admin.patch("/api/v1/people/root", json={"role": "viewer"}).status_code == 200


def test_nobody_gives_more_reach_than_their_own(property_: Property) -> None:
    property_.person("root", Role.ADMIN)
    with property_.client(Role.ADMIN, sites=("main",)) as admin:
        person = {"name": "li", "role": "admin", "password": "ten characters"}
        assert admin.post("/api/v1/people", json=person).status_code == 403
        assert admin.post("/api/v1/people", json=person | {"sites": ["annex"]}).status_code == 403
        assert admin.post("/api/v1/people", json=person | {"sites": ["main"]}).status_code == 201
        assert admin.patch("/api/v1/people/li", json={"sites": None}).status_code == 403
        assert admin.patch("/api/v1/people/root", json={"password": "mine from now on"}).status_code == 403
        assert admin.post("/api/v1/tokens", json={"name": "all", "role": "admin"}).status_code == 403


async def test_a_token_is_shown_once_and_works_until_it_ends(property_: Property) -> None:
    with property_.client(Role.ADMIN) as admin, property_.client(None) as program:
        until = (property_.clock.now() + timedelta(hours=1)).isoformat()
        made = admin.post("/api/v1/tokens", json={"name": "energy report", "role": "viewer", "expires_at": until})
        assert made.status_code == 201, made.text
        secret = made.json()["token"]
        assert secret.startswith("wk_")
        assert secret not in admin.get("/api/v1/tokens").text
        headers = {"Authorization": f"Bearer {secret}"}
        assert program.get("/api/v1/session", headers=headers).json()["name"] == "energy report"
        await property_.clock.advance(timedelta(hours=2))
        assert program.get("/api/v1/session", headers=headers).status_code == 401
        past = {"name": "late", "role": "viewer", "expires_at": until}
        assert admin.post("/api/v1/tokens", json=past).status_code == 422


def test_a_revoked_token_is_worth_nothing(property_: Property) -> None:
    with property_.client(Role.ADMIN) as admin, property_.client(Role.OPERATOR) as program:
        [theirs] = [each for each in admin.get("/api/v1/tokens").json()["items"] if each["role"] == "operator"]
        assert program.get("/api/v1/alarms").status_code == 200
        assert admin.delete(f"/api/v1/tokens/{theirs['id']}").status_code == 204
        assert program.get("/api/v1/alarms").status_code == 401
        assert admin.delete(f"/api/v1/tokens/{theirs['id']}").status_code == 404


def test_a_damaged_password_hash_lets_nobody_in() -> None:
    assert not matches("not a hash", "not a hash")
    assert not matches(None, "nobody has this password")


def test_colleagues_see_names_of_those_they_share_a_site_with_and_nothing_else(property_: Property) -> None:
    property_.person("lin", Role.MANAGER)
    property_.person("zhou", Role.OPERATOR, sites=("annex",))
    with property_.client(Role.OPERATOR, sites=("main",)) as client:
        names = client.get("/api/v1/people/names").json()["items"]
    assert [(one["name"], one["role"]) for one in names] == [("lin", "manager")]
    assert set(names[0]) == {"name", "full_name", "role"}


def test_an_administrator_signs_somebody_out_everywhere(property_: Property, stranger: TestClient) -> None:
    signed_in(stranger)
    with property_.client(Role.ADMIN) as admin:
        assert admin.delete("/api/v1/people/nobody/sessions").status_code == 404
        assert admin.delete("/api/v1/people/chen/sessions").status_code == 204
    assert stranger.get("/api/v1/session").status_code == 401
    signed_in(stranger)  # the password is as good as before
    with property_.client(Role.ADMIN, sites=("main",)) as lesser:
        assert lesser.delete("/api/v1/people/chen/sessions").status_code == 403
    assert stranger.get("/api/v1/session").status_code == 200


def test_every_change_of_an_account_is_in_the_journal_of_the_sites_it_reaches(property_: Property) -> None:
    with property_.client(Role.ADMIN) as admin:
        password = "ten characters"
        made = {"name": "li", "role": "viewer", "password": password, "sites": ["main"]}
        assert admin.post("/api/v1/people", json=made).status_code == 201
        change = {"role": "engineer", "sites": ["annex"], "password": "ten others"}
        assert admin.patch("/api/v1/people/li", json=change).status_code == 200
        assert admin.patch("/api/v1/people/li", json={"role": "engineer"}).status_code == 200  # as it is
        assert admin.delete("/api/v1/people/li/sessions").status_code == 204
        issued = admin.post("/api/v1/tokens", json={"name": "board", "role": "viewer", "sites": ["main"]}).json()
        assert admin.delete(f"/api/v1/tokens/{issued['id']}").status_code in {200, 204}

    def told(site: str) -> list[tuple[str, Any, Any, Any]]:
        with property_.ledger.read() as rows:
            events = rows.events.after(Cursor({}), sites=frozenset({site}), most=500)
        return [
            (event.type.value, event.data["account"], event.data["role"], event.data.get("changed"))
            for event in events
            if event.data.get("account") in {"li", "board"}
        ]

    changed = ["password", "role", "sites"]
    assert told("main") == [
        ("account.added", "li", "viewer", None),
        ("account.changed", "li", "engineer", changed),  # it reached this site before
        ("token.issued", "board", "viewer", None),
        ("token.revoked", "board", "viewer", None),
    ]
    assert told("annex") == [
        ("account.changed", "li", "engineer", changed),
        ("account.signed_out", "li", "engineer", None),
    ]
    with property_.ledger.read() as rows:
        everything = repr([event.data for event in rows.events.after(Cursor({}), sites=None, most=500)])
    assert password not in everything
    assert "ten others" not in everything
    assert "argon2" not in everything
    assert issued["token"] not in everything
